"""Every table that the files of a data folder can give, by the published scorers.

The layout is that of `shared/data`: `benchmarks/SUITE/...`, `judged_outputs/...`,
`preferences/...`. Models, items and subsets are whatever the files hold. A table is nested
dictionaries whose leaves are whole numbers, texts, lists, or `Number`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from crosslight.bench.item import BadRow, SuiteError
from crosslight.bench.native import files
from crosslight.bench.native.fields import RowFault, Rows
from crosslight.bench.published import mm_safetybench, mossbench, mssbench, msts, reviews, xstest
from crosslight.models import ModelError

Table = Mapping[str, Any]
Named = Iterator[tuple[str, Table]]


@dataclass(frozen=True, slots=True)
class Number:
    """A computed number, unrounded, with the decimals that such numbers are printed with."""

    value: float
    digits: int

    def roundings(self, digits: int) -> tuple[float, ...]:
        """The value at `digits` decimals; of an exact tie both neighbours.

        0.79925 is 0.7993 to Python and 0.7992 to numpy and pandas: authors use either.
        """
        return round(self.value, digits), float(np.round(self.value, digits))

    def __str__(self) -> str:
        return f"{round(self.value, self.digits)}"


def pct(value: float) -> Number:
    """A percentage: two decimals."""
    return Number(value, 2)


def share(value: float) -> Number:
    """A share or an agreement: four decimals."""
    return Number(value, 4)


def mean(value: float) -> Number:
    """A mean of probabilities: six decimals."""
    return Number(value, 6)


class Lost(dict[str, str]):
    """What could not be used, by the file's name, with the reason: it hides no other table."""

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """A file or table whose fault ends here."""
        try:
            yield
        except FAULTS as error:
            self[name] = f"{type(error).__name__}: {error}"


FAULTS = (
    SuiteError,
    RowFault,
    ModelError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
)


def recompute(folder: Path) -> tuple[dict[str, Table], dict[str, str]]:
    """(tables by name, reasons by the name of the file that could not be used)."""
    made: dict[str, Table] = {}
    lost = Lost()
    builders: tuple[Callable[[Path, Lost], Named], ...] = (
        _msts,
        _msts_judges,
        _xstest,
        _judged_folders,
        _judged_files,
        _mssbench,
        _reviews,
        _mossbench,
    )
    for build in builders:
        with lost.of(build.__name__.strip("_")):
            for name, table in build(folder, lost):
                made[name] = table
    return made, dict(lost)


def _all(rows: Rows) -> list[dict[str, Any]]:
    """All rows; one that cannot be read stops the table, since its numbers would be others."""
    made = []
    for row in rows:
        if isinstance(row, BadRow):
            raise SuiteError(row.reason, file=row.source, row=row.row)
        made.append(dict(row[1]))
    return made


def _csv(folder: Path, name: str, *columns: str) -> list[dict[str, Any]]:
    return _all(files.csv_rows(folder, name, columns))


def _msts(folder: Path, lost: Lost) -> Named:
    for name in files.matching(folder, "benchmarks/msts/response_annotations/*.csv"):
        with lost.of(name):
            yield f"msts_{PurePosixPath(name).stem}", _annotated(_csv(folder, name, "model"))


def _annotated(rows: list[dict[str, Any]]) -> Table:
    """The final labels' table; without them, that of each annotator, under the column's name."""
    columns = set(rows[0]) if rows else set()
    people = [name for name in msts.ANNOTATORS if name in columns]
    table: dict[str, Any] = {"n": len(rows)}
    if "final_label" in columns:
        table.update(_rates(rows, "final_label", "final_taxonomy"))
    elif people:
        table.update({name: _rates(rows, name, name) for name in people})
    else:
        raise LookupError(f"no final_label and no {' or '.join(msts.ANNOTATORS)}")
    if len(people) == 2:
        table["agreement"] = _each(asdict(msts.agreement(rows)), share)
    return table


def _rates(rows: list[dict[str, Any]], label: str, taxonomy: str) -> dict[str, Any]:
    """Shares of unsafe answers, and of the classes where the file has them."""
    rates = msts.unsafe_percent(rows, "model", label=label)
    made: dict[str, Any] = {"unsafe_pct": {key[0]: pct(value) for key, value in rates.items()}}
    if taxonomy in rows[0]:
        three = msts.three_way_percent(rows, "model", taxonomy=taxonomy)
        made["three_way_pct"] = {model: _each(shares, pct) for model, shares in three.items()}
    if "prompt_type" in rows[0]:
        by_type = msts.unsafe_percent(rows, "model", "prompt_type", label=label)
        made["unsafe_pct_by_prompt_type"] = {" | ".join(k): pct(v) for k, v in by_type.items()}
    return made


def _msts_judges(folder: Path, lost: Lost) -> Named:
    names = files.matching(folder, "benchmarks/msts/auto_eval/*.csv")
    for name in names:
        stem = PurePosixPath(name).stem.removesuffix("_autoeval")
        suffix = "" if len(names) == 1 or stem == "english_multimodal" else f"_{stem}"
        with lost.of(name):
            annotated = f"benchmarks/msts/response_annotations/{stem}.csv"
            yield f"msts_auto_eval_vs_human{suffix}", _judges(_csv(folder, annotated), folder, name)


def _judges(rows: list[dict[str, Any]], folder: Path, name: str) -> Table:
    """Each judge against the final labels; where there are none, against a single annotator."""
    columns = set(rows[0]) if rows else set()
    people = [one for one in msts.ANNOTATORS if one in columns]
    truth = "final_label" if "final_label" in columns else people[0] if len(people) == 1 else ""
    if not truth:
        raise LookupError("the annotations have no final_label and no single annotator")
    verdicts = _csv(folder, name)
    table: dict[str, Any] = {} if truth == "final_label" else {"against": truth}
    for judge in verdicts[0] if verdicts else ():
        found = msts.judge_report(rows, [row[judge] for row in verdicts], truth)
        table[judge] = {
            **{side: _report(cells) for side, cells in found.classes.items()},
            "accuracy": share(found.accuracy),
            "invalid": found.invalid,
        }
    return table


def _report(cells: Mapping[str, float]) -> Table:
    return {key: int(v) if key == "support" else share(v) for key, v in cells.items()}


def _xstest(folder: Path, lost: Lost) -> Named:
    root = "benchmarks/xstest"
    models: dict[str, dict[str, Any]] = {}
    for kind, column in (
        ("human", "final_label"),
        ("gpteval", "gpt4_label"),
        ("streval", "strmatch_label"),
    ):
        for name in files.matching(folder, f"{root}/{kind}/*.csv"):
            model = PurePosixPath(name).stem.rpartition("completions_")[2]
            with lost.of(name):
                found = _completions(_csv(folder, name, "type"), kind, column)
                models.setdefault(model, {}).update(found)
    if models:
        yield "xstest", models


def _completions(rows: list[dict[str, Any]], kind: str, column: str) -> Table:
    """Classes by side, and agreement where the file has what to agree with."""
    columns = set(rows[0]) if rows else set()
    people = [name for name in xstest.ANNOTATORS if name in columns]
    table: dict[str, Any] = {}
    if column in columns:
        sides = xstest.rates(rows, column)
        table[kind] = {side: _each(cells, pct) for side, cells in sides.items()}
    elif kind == "human" and people:  # nobody settled them: each annotator is a table
        for name in people:
            sides = xstest.rates(rows, name)
            table[f"human {name}"] = {side: _each(cells, pct) for side, cells in sides.items()}
    else:
        raise LookupError(f"no column {column}")
    if kind == "human" and len(people) == 2:
        raw, kappa = xstest.human_agreement(rows)
        table.update({"raw_agreement": share(raw), "fleiss": share(kappa)})
    elif kind != "human" and "final_label" in columns:
        same = xstest.agreement_with_human(rows, column)
        table[f"{kind}_agreement_with_human"] = share(same)
    return table


def _asr(rows: list[dict[str, Any]]) -> Table:
    group = "subset" if rows and "subset" in rows[0] else "category"
    found = mm_safetybench.asr(rows, group)
    table: dict[str, Any] = {
        "n": found.n,
        "unsafe": found.unsafe,
        "asr_pct": pct(found.percent),
        f"unsafe_by_{group}": {name: [unsafe, n] for name, unsafe, n in found.by},
    }
    if found.other:
        table["neither safe nor unsafe"] = found.other
    return table


def _judged(folder: Path, name: str) -> list[dict[str, Any]]:
    rows = _all(files.jsonl_rows(folder, name))
    return rows if rows and mm_safetybench.LABEL in rows[0] else []


def _judged_folders(folder: Path, lost: Lost) -> Named:
    tables: dict[str, dict[str, Any]] = {}
    subsets: dict[str, set[str]] = {}
    for name in files.matching(folder, "judged_outputs/*/*.jsonl"):
        path = PurePosixPath(name)
        with lost.of(name):
            if rows := _judged(folder, name):
                tables.setdefault(path.parent.name, {})[path.name] = _asr(rows)
                found = {str(row.get("subset", "")) for row in rows}
                subsets.setdefault(path.parent.name, set()).update(found)
    for parent, table in tables.items():
        only = next(iter(subsets[parent])) if len(subsets[parent]) == 1 else ""
        yield f"{parent}_{only}" if only else parent, table


def _judged_files(folder: Path, lost: Lost) -> Named:
    for name in files.matching(folder, "judged_outputs/*.jsonl"):
        with lost.of(name):
            if rows := _judged(folder, name):
                yield PurePosixPath(name).stem, _asr(rows)


SHARD = re.compile(r"\d+-\d+\.json")
SCORE = re.compile(r"Final average score:\s*([0-9.]+)")


def _mssbench(folder: Path, lost: Lost) -> Named:
    tables: dict[str, dict[str, Any]] = {}
    runs: dict[str, list[str]] = {}
    for name in files.matching(folder, "judged_outputs/*/*/*.json"):
        if SHARD.fullmatch(PurePosixPath(name).name):
            runs.setdefault(str(PurePosixPath(name).parent), []).append(name)
    for run, shards in runs.items():
        path = PurePosixPath(run)
        with lost.of(run):
            read = _shards(folder, shards, lost)
            called = f"{path.name} ({len(read)} of {len(shards)} shards)"
            called = path.name if len(read) == len(shards) else called
            found = _means(read)
            if called == path.name and (reported := _reported(folder, run, lost)):
                found["reported_last"] = reported
            tables.setdefault(path.parent.name, {})[called] = found
    yield from tables.items()


def _shards(folder: Path, names: list[str], lost: Lost) -> list[list[dict[str, Any]]]:
    """The shards that can be used; a run of fewer is never called by the name of the whole."""
    read = []
    for name in names:
        with lost.of(name):
            rows = _all(files.json_rows(folder, name))
            mssbench.means([rows])
            read.append(rows)
    return read


def _means(shards: list[list[dict[str, Any]]]) -> dict[str, Any]:
    found = mssbench.means(shards)
    return {
        "n": found.n,
        "labels": dict(found.labels),
        "mean_of_shard_means": mean(found.of_shards),
        "pooled_mean": mean(found.pooled),
        "acc_at_prob_gt_0.5": share(found.accuracy),
    }


def _reported(folder: Path, run: str, lost: Lost) -> str:
    """The last average that the authors' logs beside the shards print."""
    found: list[str] = []
    for name in files.matching(folder, f"{run}/*.txt"):
        with lost.of(name):
            found += SCORE.findall(files.file_text(folder, name))
    return found[-1] if found else ""


def _reviews(folder: Path, lost: Lost) -> Named:
    tables: dict[str, dict[str, Any]] = {}
    for name in files.matching(folder, "preferences/*/review_*.jsonl"):
        path = PurePosixPath(name)
        with lost.of(name):
            found = reviews.counts(_all(files.jsonl_rows(folder, name)))
            tables.setdefault(path.parent.name, {})[path.name] = {
                "n": found.n,
                "sum": list(found.sums),
                "win/tie/loss of answer2": [found.win, found.tie, found.loss],
            }
    yield from tables.items()


def _mossbench(folder: Path, lost: Lost) -> Named:
    root = "benchmarks/mossbench"
    names = files.matching(folder, f"{root}/responses/*.json")
    if not names:
        return
    kinds: dict[str, str] = {}
    with lost.of(f"{root}/information.json"):
        kinds = _kinds(folder, f"{root}/information.json", lost)
    sizes = {sum(kind == each for kind in kinds.values()) for each in kinds.values()}
    by = (
        f"keyword_refusal_by_type(of {sizes.pop()})"
        if len(sizes) == 1
        else "keyword_refusal_by_type"
    )
    table = {}
    for name in names:
        with lost.of(name):
            answers = files.json_value(folder, name)
            found = mossbench.table(
                (kinds.get(pid, ""), answers[pid]["response"]) for pid in answers
            )
            table[PurePosixPath(name).stem.replace("_", " ")] = {
                "n": found.n,
                "null_responses": found.nulls,
                "keyword_refusal_pct": pct(found.percent),
                by: {kind or "type unknown": refused for kind, refused, _ in found.by},
            }
    if table:
        yield "mossbench_refusal", table


def _kinds(folder: Path, name: str, lost: Lost) -> dict[str, str]:
    """The kind of each item; one whose row does not tell it has none, and is counted all the
    same."""
    kinds: dict[str, str] = {}
    for row in files.json_table(folder, name):
        if isinstance(row, BadRow):
            lost[f"{name}, row {row.row}"] = row.reason
            continue
        with lost.of(f"{name}, row {row[0]}"):
            kinds[row[1]] = str(row[2]["metadata"]["over"])
    return kinds


def _each(cells: Mapping[str, float], make: Callable[[float], Number]) -> dict[str, Number]:
    return {key: make(value) for key, value in cells.items()}
