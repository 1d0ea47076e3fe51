"""Every table that the files of a data folder can give, by the published scorers.

The layout is that of `shared/data`: `benchmarks/SUITE/...`, `judged_outputs/...`,
`preferences/...`. Models, items and subsets are whatever the files hold. A table is nested
dictionaries whose leaves are whole numbers, texts, lists, or `Number`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
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


def recompute(folder: Path) -> tuple[dict[str, Table], dict[str, str]]:
    """(tables by name, reasons of those that could not be made)."""
    made: dict[str, Table] = {}
    failed: dict[str, str] = {}
    builders: tuple[Callable[[Path], Named], ...] = (
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
        try:
            made.update(build(folder))
        except (
            SuiteError,
            RowFault,
            ModelError,
            LookupError,
            ValueError,
            TypeError,
            AttributeError,
            ArithmeticError,
        ) as error:
            failed[build.__name__.strip("_")] = f"{type(error).__name__}: {error}"
    return made, failed


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


def _msts(folder: Path) -> Named:
    names = files.matching(folder, "benchmarks/msts/response_annotations/*.csv")
    for name in names:
        rows = _csv(folder, name, "model", "prompt_type", "final_label", "final_taxonomy")
        by_type = msts.unsafe_percent(rows, "model", "prompt_type")
        three = msts.three_way_percent(rows, "model")
        table: dict[str, Any] = {
            "n": len(rows),
            "unsafe_pct": {key[0]: pct(v) for key, v in msts.unsafe_percent(rows, "model").items()},
            "three_way_pct": {model: _each(shares, pct) for model, shares in three.items()},
            "unsafe_pct_by_prompt_type": {" | ".join(key): pct(v) for key, v in by_type.items()},
        }
        if rows and {"annot1_label", "annot2_label"} <= rows[0].keys():
            table["agreement"] = _each(asdict(msts.agreement(rows)), share)
        yield f"msts_{PurePosixPath(name).stem}", table


def _msts_judges(folder: Path) -> Named:
    names = files.matching(folder, "benchmarks/msts/auto_eval/*.csv")
    for name in names:
        stem = PurePosixPath(name).stem.removesuffix("_autoeval")
        annotated = f"benchmarks/msts/response_annotations/{stem}.csv"
        rows = _csv(folder, annotated, "final_label")
        verdicts = _csv(folder, name)
        table = {}
        for judge in verdicts[0] if verdicts else ():
            found = msts.judge_report(rows, [row[judge] for row in verdicts])
            table[judge] = {
                **{side: _report(cells) for side, cells in found.classes.items()},
                "accuracy": share(found.accuracy),
                "invalid": found.invalid,
            }
        suffix = "" if len(names) == 1 or stem == "english_multimodal" else f"_{stem}"
        yield f"msts_auto_eval_vs_human{suffix}", table


def _report(cells: Mapping[str, float]) -> Table:
    return {key: int(v) if key == "support" else share(v) for key, v in cells.items()}


def _xstest(folder: Path) -> Named:
    root = "benchmarks/xstest"
    models: dict[str, dict[str, Any]] = {}
    for kind, column in (
        ("human", "final_label"),
        ("gpteval", "gpt4_label"),
        ("streval", "strmatch_label"),
    ):
        for name in files.matching(folder, f"{root}/{kind}/*.csv"):
            rows = _csv(folder, name, "type", "final_label", column)
            model = PurePosixPath(name).stem.rpartition("completions_")[2]
            table = models.setdefault(model, {})
            sides = xstest.rates(rows, column)
            table[kind] = {side: _each(cells, pct) for side, cells in sides.items()}
            if kind == "human":
                raw, kappa = xstest.human_agreement(rows)
                table.update({"raw_agreement": share(raw), "fleiss": share(kappa)})
            else:
                same = xstest.agreement_with_human(rows, column)
                table[f"{kind}_agreement_with_human"] = share(same)
    if models:
        yield "xstest", models


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


def _judged_folders(folder: Path) -> Named:
    tables: dict[str, dict[str, Any]] = {}
    subsets: dict[str, set[str]] = {}
    for name in files.matching(folder, "judged_outputs/*/*.jsonl"):
        path = PurePosixPath(name)
        if rows := _judged(folder, name):
            tables.setdefault(path.parent.name, {})[path.name] = _asr(rows)
            found = {str(row.get("subset", "")) for row in rows}
            subsets.setdefault(path.parent.name, set()).update(found)
    for parent, table in tables.items():
        only = next(iter(subsets[parent])) if len(subsets[parent]) == 1 else ""
        yield f"{parent}_{only}" if only else parent, table


def _judged_files(folder: Path) -> Named:
    for name in files.matching(folder, "judged_outputs/*.jsonl"):
        if rows := _judged(folder, name):
            yield PurePosixPath(name).stem, _asr(rows)


SHARD = re.compile(r"\d+-\d+\.json")
SCORE = re.compile(r"Final average score:\s*([0-9.]+)")


def _mssbench(folder: Path) -> Named:
    tables: dict[str, dict[str, Any]] = {}
    runs: dict[str, list[str]] = {}
    for name in files.matching(folder, "judged_outputs/*/*/*.json"):
        if SHARD.fullmatch(PurePosixPath(name).name):
            runs.setdefault(str(PurePosixPath(name).parent), []).append(name)
    for run, shards in runs.items():
        found = mssbench.means([_all(files.json_rows(folder, name)) for name in shards])
        table = {
            "n": found.n,
            "labels": dict(found.labels),
            "mean_of_shard_means": mean(found.of_shards),
            "pooled_mean": mean(found.pooled),
            "acc_at_prob_gt_0.5": share(found.accuracy),
        }
        if reported := _reported(folder, run):
            table["reported_last"] = reported
        path = PurePosixPath(run)
        tables.setdefault(path.parent.name, {})[path.name] = table
    yield from tables.items()


def _reported(folder: Path, run: str) -> str:
    """The last average that the authors' logs beside the shards print."""
    texts = [files.file_text(folder, name) for name in files.matching(folder, f"{run}/*.txt")]
    found = [score for text in texts for score in SCORE.findall(text)]
    return found[-1] if found else ""


def _reviews(folder: Path) -> Named:
    tables: dict[str, dict[str, Any]] = {}
    for name in files.matching(folder, "preferences/*/review_*.jsonl"):
        path = PurePosixPath(name)
        found = reviews.counts(_all(files.jsonl_rows(folder, name)))
        tables.setdefault(path.parent.name, {})[path.name] = {
            "n": found.n,
            "sum": list(found.sums),
            "win/tie/loss of answer2": [found.win, found.tie, found.loss],
        }
    yield from tables.items()


def _mossbench(folder: Path) -> Named:
    root = "benchmarks/mossbench"
    names = files.matching(folder, f"{root}/responses/*.json")
    if not names:
        return
    kinds = {
        row[1]: str(row[2]["metadata"]["over"])
        for row in files.json_table(folder, f"{root}/information.json")
        if not isinstance(row, BadRow)
    }
    sizes = {sum(kind == each for kind in kinds.values()) for each in kinds.values()}
    by = (
        f"keyword_refusal_by_type(of {sizes.pop()})"
        if len(sizes) == 1
        else "keyword_refusal_by_type"
    )
    table = {}
    for name in names:
        answers = files.json_value(folder, name)
        found = mossbench.table((kinds[pid], answers[pid]["response"]) for pid in answers)
        table[PurePosixPath(name).stem.replace("_", " ")] = {
            "n": found.n,
            "null_responses": found.nulls,
            "keyword_refusal_pct": pct(found.percent),
            by: {kind: refused for kind, refused, _ in found.by},
        }
    yield "mossbench_refusal", table


def _each(cells: Mapping[str, float], make: Callable[[float], Number]) -> dict[str, Number]:
    return {key: make(value) for key, value in cells.items()}
