"""The policy-flip test: declare the violated rules allowed; does the verdict follow the policy?

A judge that calls the image unsafe whatever the policy says judges by its own taste. For methods
that show the model the whole policy the images are asked again; for the others the rule is simply
no longer asked, so that only a verdict that rests on other rules can stay.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from crosslight.flow import RunStop
from crosslight.judge.card import FLIPS_FILE, measured_on
from crosslight.judge.job import JudgeJob
from crosslight.judge.run import run_judge
from crosslight.judge.step import Target
from crosslight.judge.tables import read_verdicts
from crosslight.records import Status, Verdict
from crosslight.stats import clopper_pearson
from crosslight.store import write_json


@dataclass(frozen=True, slots=True)
class Flips:
    """Of the `asked` unsafe images with a named rule, how many are unsafe no more. `share` is the
    policy exception rate, of those that are known, between `low` and `high` (Clopper, Pearson)."""

    asked: int
    flipped: int
    stayed: int
    unknown: int
    share: float | None
    low: float
    high: float

    def as_json(self) -> dict[str, Any]:
        """For the report card."""
        return asdict(self)


async def flips_after(job: JudgeJob) -> dict[str, Any]:
    """The policy-flip test over the verdicts of a run that goes on: for `run_judge(after=...)`.

    Writes `flips.json`; the test's own runs lie in `flips/`.
    """
    flips = (await flip_test(job, read_verdicts(job.out))).as_json()
    write_json(job.out / FLIPS_FILE, {**flips, "verdicts_sha256": measured_on(job.out)})
    return {"flips": flips}


async def flip_test(job: JudgeJob, verdicts: Sequence[Verdict], rules: Sequence[str] = ()) -> Flips:
    """Judge the unsafe images anew with their violated rules declared allowed.

    `rules` names the rules to allow for methods that do not tell rules apart. Images that share
    their violated rules are judged in one run, in a folder below `job.out`. Raises `RunStop` when
    one of these is stopped: there is no share then.
    """
    groups: dict[tuple[str, ...], list[Target]] = {}
    for v in verdicts:
        named = tuple(sorted(set(rules) or {r for r in v.violated if r != "*"}))
        if v.status is Status.UNSAFE and named:
            groups.setdefault(named, []).append(Target(v.photo, v.source, v.licence, v.origin))
    asked = flipped = stayed = 0
    for number, (named, targets) in enumerate(sorted(groups.items())):
        out = job.out / "flips" / f"{number:03d}"
        constitution = job.constitution.allowing(*named)
        asked += len(targets)
        if not constitution.active:
            flipped += len(targets)  # nothing is forbidden any more
            continue
        again = replace(
            job, targets=targets, lost=(), intake=None, out=out, constitution=constitution
        )
        end = await run_judge(again)
        if end.status != "complete":
            stop = RunStop(end.reason, hint=end.hint)
            stop.status = end.status
            raise stop
        for v in read_verdicts(out):
            flipped += v.status is Status.SAFE
            stayed += v.status is Status.UNSAFE
    known = flipped + stayed
    share = flipped / known if known else None
    low, high = clopper_pearson(flipped, known)
    return Flips(asked, flipped, stayed, asked - known, share, low, high)
