"""One run of `tune judge` on vectors: read, look, fit, measure, write."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from crosslight.flow import in_thread
from crosslight.models import KeptScenes, write_head
from crosslight.records import Dropped, Failed
from crosslight.runs import (
    Account,
    Hall,
    Lost,
    Pages,
    RunResult,
    RunSetup,
    ended,
    no_pages,
    open_hall,
    started,
)
from crosslight.store import write_json
from crosslight.tune.judge.card import write_judge_card
from crosslight.tune.judge.gathered import Gathered, gather
from crosslight.tune.judge.head import Head, fit_head
from crosslight.tune.judge.job import KIND, VECTORS, JudgeTuneJob
from crosslight.tune.judge.measure import measure
from crosslight.tune.judge.vectors import vectors_of

REPORT = "report.json"
GO_ON = "what was seen of pictures is kept: run the same command again to go on"
BROKEN = ("unreadable row", "picture that cannot be read")
"""Reasons for which a row was left out that are errors."""
Told = Callable[[int, int], None]


def _silent(done: int, of: int) -> None:
    """Shows nothing."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a finished fit leaves to be written. `told` are the fields of `tuned.json`."""

    head: Head
    told: dict[str, Any]
    perception: str
    report: dict[str, Any]
    files: dict[str, str]


async def run_judge_tuning(
    job: JudgeTuneJob, pages: Pages = no_pages, looked: Told = _silent, *, console: bool = False
) -> RunResult:
    """Tune a judge into `job.out`. Raises what a person must mend.

    Ended by a signal, the pictures that were looked at are kept: the same command goes on from
    there. A run that is complete is made again, to the same bytes.
    """
    setup = RunSetup(KIND, job.out, job.answers, job.images, {}, seed=job.seed, go_on=GO_ON)
    async with open_hall(setup, exit_at_second_signal=console) as hall:
        found: Gathered | None = None
        done: Fitted | None = None
        with hall.part():
            gathering = partial(gather, sensitive=job.sensitive)
            found = await hall.aside(in_thread(gathering, job.data, job.most, job.seed, hall.check))
            started(hall)
            done = await hall.aside(in_thread(_fitted, job, found, hall, looked))
        _finish(job, hall, found, done)
        pages(job.out)
    return ended(hall)


def _fitted(job: JudgeTuneJob, found: Gathered, hall: Hall, looked: Told) -> Fitted:
    def tell(at: int, of: int) -> None:
        hall.check()
        looked(at, of)

    rows = found.rows
    x = vectors_of(rows, tell=tell)
    hall.check()
    head = fit_head(
        x,
        [row.unsafe for row in rows],
        [row.group for row in rows],
        job.seed,
        categories=[row.category[:200] for row in rows],
    )
    report = measure(rows, x, job.seed, hall.check)
    hall.check()
    told = {
        "name": job.out.resolve().name or "judge",
        "data": tuple(data.name for data in found.sets),
        "licence": "; ".join(dict.fromkeys(data.licence for data in found.sets))[:600],
        "texts": share([bool(row.text.strip()) for row in rows]),
        "answers": share([bool(row.answer.strip()) for row in rows]),
        "pictures": share([row.image is not None for row in rows]),
    }
    seen = KeptScenes().revision if told["pictures"] != "none" else ""
    report |= {"categories": list(head.names), "answers": told["answers"]}
    report |= {"pictures": told["pictures"], "sets": _sets(found)}
    files = {f"{d.name}/{name}": sha for d in found.sets for name, sha in d.files}
    return Fitted(head, told, seen, report, files)


def share(flags: Sequence[bool]) -> Literal["none", "some", "all"]:
    """In how many rows something is."""
    return "all" if all(flags) else "some" if any(flags) else "none"


def _sets(found: Gathered) -> list[dict[str, Any]]:
    kept = [row.source for row in found.rows]
    return [
        {
            "name": data.name,
            "rows": len(data.rows),
            "trained_on": kept.count(data.name),
            "unsafe": sum(row.unsafe for row in data.rows),
            "licence": data.licence,
            "left_out": dict(data.left_out),
        }
        for data in found.sets
    ]


def lost_of(found: Gathered) -> list[Lost]:
    """A line for each row that is not trained on: an error where it could not be read."""
    lost = []
    for name, reason, count in found.left_out:
        outcome = Failed("read", reason) if reason in BROKEN else Dropped("read", reason)
        lost += [Lost(outcome, name)] * count
    return lost


def _finish(job: JudgeTuneJob, hall: Hall, found: Gathered | None, done: Fitted | None) -> None:
    inputs = found.inputs if found else 0
    lost = lost_of(found) if found else []
    finished = inputs - len(lost) if done else 0
    account = Account.of(inputs, finished, (one.outcome for one in lost))
    told: dict[str, Any] = {
        "method": "judge",
        "base": VECTORS,
        "data": {
            "sets": [data.name for data in found.sets] if found else [],
            "files": done.files if done else {},
        },
        "settings": {"most": job.most, "include_sensitive": job.sensitive},
        "notes": list(found.notes) if found else [],
    }
    # From here on files are replaced: a run that was stopped leaves an earlier judge as it was.
    hall.writing(account, lost)
    if done:
        write_head(job.out, done.head, done.told, done.perception)
        write_json(job.out / REPORT, done.report)
        told["report"] = done.report
        write_judge_card(job.out, {"report": done.report, "notes": told["notes"]})
    hall.finish(told, account, lost)
