"""`tune judge --base hf:...`: a language model learns to judge, by the trainer of `tune sft`."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from crosslight.models import AdapterFile, JudgeFormat, locate_repository, write_adapter
from crosslight.records import BadSetting, Dropped
from crosslight.runs import RUN_FILE, RunResult, begin, held_folder, read_run, write_lost
from crosslight.store import file_sha256, write_json, write_text
from crosslight.text import markdown
from crosslight.tune.job import TuneJob
from crosslight.tune.judge.flips import with_flips
from crosslight.tune.judge.gathered import Gathered, gather
from crosslight.tune.judge.job import KIND, JudgeTuneJob
from crosslight.tune.judge.rows import JudgeRow
from crosslight.tune.judge.run import lost_of, share
from crosslight.tune.judge.texts import category_names, write_rows
from crosslight.tune.run import run_tune

ROWS, TUNING, MODEL = "rows", "tuning", "tuning/model"
LACKING = "its picture is not here"


def run_language_judge(job: JudgeTuneJob, tuning: TuneJob) -> RunResult:
    """Write the rows as texts, tune on them (`tuning` says how), and leave a judge.

    Ended by a signal while it trains, the same command goes on from the last checkpoint. Raises
    what a person must mend.
    """
    with held_folder(job.out, KIND) as held:
        former = read_run(job.out)
        found = shown_alone(
            gather(job.data, job.most, job.seed, lambda: None, sensitive=job.sensitive)
        )
        if {row.unsafe for row in found.rows} != {0, 1}:
            raise BadSetting(
                "all rows have one label: a judge learns from both", "add a set with the other"
            )
        names = category_names(found.rows)
        rows = list(with_flips(found.rows, names, job.seed, flips=job.flips))
        held.keep = True
        if former.get("status") != "complete":
            begin(job.out, KIND)  # killed from the first file on, the folder is that of a tune run
        write_rows(job.out / ROWS, job.format, rows, names)
        result = run_tune(replace(tuning, data=job.out / ROWS, out=job.out / TUNING))
        if result.status == "complete":
            _write_judge(job, found, names)
        return _told(job, found, len(rows), names, result)


def shown_alone(found: Gathered) -> Gathered:
    """Without the rows whose picture is not here: as a text, such a row would be one without a
    picture, and its label may hang on the picture."""
    rows = tuple(row for row in found.rows if not row.lacks_picture)
    gone = len(found.rows) - len(rows)
    if not gone:
        return found
    return replace(found, rows=rows, left_out=(*found.left_out, ("all", LACKING, gone)))


def _write_judge(job: JudgeTuneJob, found: Gathered, names: tuple[str, ...]) -> None:
    base = job.base if job.base.startswith("hf:") else f"hf:{job.base}"
    licence = "; ".join(dict.fromkeys(data.licence for data in found.sets))
    told = about(job.out, tuple(data.name for data in found.sets), licence, found.rows)
    leave_judge(job.out, base, job.format, names, told)


def about(
    out: Path, sets: tuple[str, ...], licence: str, rows: Sequence[JudgeRow]
) -> dict[str, Any]:
    """The fields of `tuned.json` that tell what a judge was tuned on."""
    return {
        "name": out.resolve().name or "judge",
        "data": sets,
        "licence": licence[:600],
        "texts": share([bool(row.text.strip()) for row in rows]),
        "answers": share([bool(row.answer.strip()) for row in rows]),
        "pictures": share([row.image is not None for row in rows]),
    }


def leave_judge(
    out: Path, base: str, form: JudgeFormat, names: tuple[str, ...], told: dict[str, Any]
) -> None:
    """Write `tuned.json` beside the network that was tuned in `out`. `base`: with `hf:`."""
    place = out / MODEL
    _, revision = locate_repository(base)
    adapter = AdapterFile(
        base=base,
        revision=revision,
        format=form,
        categories=names,
        whole=not (place / "adapter_config.json").is_file(),
        files={p.name: file_sha256(p) for p in sorted(place.iterdir()) if p.is_file()},
    )
    write_adapter(out, adapter, told)


def _told(
    job: JudgeTuneJob, found: Gathered, texts: int, names: tuple[str, ...], result: RunResult
) -> RunResult:
    """`run.json` of the judge: what its tuning said, over the rows of the datasets."""
    lost = lost_of(found)
    done = result.status == "complete"
    dropped = sum(isinstance(one.outcome, Dropped) for one in lost)
    finished = len(found.rows) if done else 0
    account = {
        "inputs": found.inputs,
        "finished": finished,
        "dropped": dropped,
        "failed": len(lost) - dropped,
        "not_reached": len(found.rows) - finished,
    }
    files = {f"{d.name}/{name}": sha for d in found.sets for name, sha in d.files}
    record: dict[str, Any] = {
        **result.summary,
        "kind": KIND,
        "method": "judge",
        "base": job.base,
        "format": job.format,
        "categories": list(names),
        "texts": texts,
        "flips": job.flips,
        "account": account,
        "rows": finished,
        **{name: account[name] for name in ("inputs", "dropped", "failed")},
        "data": {"sets": [data.name for data in found.sets], "files": files},
        "notes": [*found.notes, *result.summary.get("notes", ())],
    }
    write_lost(job.out, lost)
    if done:
        write_text(job.out / "README.md", _card(job, record, found))
    write_json(job.out / RUN_FILE, record)
    return RunResult(result.status, result.reason, result.hint, record)


def _card(job: JudgeTuneJob, record: dict[str, Any], found: Gathered) -> str:
    lines = [
        f"# {markdown(job.out.resolve().name)}: a judge in the format of {job.format}",
        "",
        f"Made by `crosslight tune judge` from {record['rows']:,} rows as {record['texts']:,} "
        f"texts ({'with' if job.flips else 'without'} policy flips), out of "
        f"{markdown(record['models'][0]['spec'])}. Use it as `tuned:DIR`.",
        "",
        "**How well it judges has not been measured here.** `crosslight rate` and `crosslight "
        "bench` do that. Its rationales are sentences made of labels, not reasons of a person.",
        "",
        "The training itself is told in `tuning/README.md`.",
        "",
        "| set | rows | licence |",
        "|---|---:|---|",
        *(f"| {markdown(d.name)} | {len(d.rows):,} | {markdown(d.licence)} |" for d in found.sets),
        "",
        *(f"- {markdown(note)}" for note in found.notes),
        "",
    ]
    return "\n".join(lines)
