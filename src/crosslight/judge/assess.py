"""Assess: a graded opinion instead of a rule. How risky is this scene, from 0 to 10?

The model describes the scene, then grades it by one letter (eleven letters stand for 0 to 10), so
that the grade is a distribution: its mean, its spread, and the mass that lay on no letter.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import Field

from crosslight.flow import Budget, CallPolicy, Context
from crosslight.judge.config import check_looks
from crosslight.judge.inputs import Inputs, inputs_of
from crosslight.judge.prompts import prompt_hashes, render
from crosslight.judge.step import HINTS, RETRYABLE, Target, notes_of_looks, words_in
from crosslight.judge.views import Views
from crosslight.models import (
    Backend,
    Message,
    Model,
    ModelError,
    NotSupported,
    ReaderBackend,
    Sampling,
    user,
)
from crosslight.policy import ShortText, StrictModel, read_written, validated
from crosslight.records import Done, Failed, canonical, content_hash
from crosslight.runs import (
    Intake,
    Lost,
    Pages,
    Progress,
    RunResult,
    RunSetup,
    Watch,
    ended,
    no_pages,
    open_hall,
    started,
    unheard,
    unwatched,
)
from crosslight.store import LOOKS, ParquetSink, table_schema

LETTERS = "ABCDEFGHIJK"
STEP = "assess"


class Scale(StrictModel):
    """What is graded. `marks` says what some grades mean."""

    question: str = Field(min_length=8, max_length=1200)
    marks: dict[int, ShortText] = Field(default_factory=dict, max_length=11)

    @property
    def lines(self) -> list[tuple[str, int, str]]:
        """(letter, grade, meaning)."""
        return [(letter, at, self.marks.get(at, "")) for at, letter in enumerate(LETTERS)]


GENERAL = Scale(
    question="How likely is it that somebody in or near this scene comes to harm soon?",
    marks={
        0: "no hazard to be seen",
        3: "needs ordinary care",
        5: "needs close attention",
        8: "harm is likely",
        10: "harm is certain or happens",
    },
)
CROSSING = Scale(
    question="A pedestrian stands where the picture was taken and wants to cross the street now. "
    "How risky is it?",
    marks={
        0: "no traffic can reach the pedestrian",
        3: "safe with ordinary care",
        5: "wait and look again",
        8: "do not cross",
        10: "a collision would be certain",
    },
)
SCALE_HINT = "a scale has a `question`, and `marks` that say what grades from 0 to 10 mean"
SCALES = {"general": GENERAL, "crossing": CROSSING}

ASSESSED = table_schema(
    {
        **dict.fromkeys(("photo", "source", "status"), pa.string()),
        **dict.fromkeys(("grade", "spread", "outside"), pa.float64()),
        **dict.fromkeys(("samples", "room"), pa.int64()),
        "method": pa.string(),
        **dict.fromkeys(("distribution", "description", "reason", "addressed_by"), pa.string()),
        "look": pa.string(),
        "notes": pa.list_(pa.string()),
    }
)


def read_scale(name_or_file: str) -> Scale:
    """One of `SCALES`, or a YAML file with `question` and `marks`. Raises `PolicyError`."""
    if name_or_file in SCALES:
        return SCALES[name_or_file]
    path = Path(name_or_file)
    value, wrong = read_written(path)
    return validated(Scale, value, path.name, wrong, SCALE_HINT)


@dataclass(frozen=True, slots=True)
class AssessConfig:
    """`outside_max`: with more mass on no letter there is no grade; `spread_max`: a grade whose
    standard deviation is larger is undecided. `looks`: the most looks at one image, of which the
    highest grade counts; with more frames than that it is undecided. All are ours."""

    outside_max: float = 0.5
    spread_max: float = 3.0
    addressed: str = "ocr"
    describe_tokens: int = 300
    looks: int = LOOKS
    side: int = 768
    quality: int = 85

    def __post_init__(self) -> None:
        check_looks(self.looks)


@dataclass(frozen=True, slots=True)
class Assess:
    """The step: one image in, a row of `assessed.parquet` out. A failed call is no grade."""

    scale: Scale
    config: AssessConfig
    name: str = STEP

    async def __call__(self, row: Target, ctx: Context) -> Done[dict[str, Any]] | Failed:
        """Describe, then grade, at every look; the highest grade is the image's."""
        config = self.config
        whole = Views(ctx, row.photo, config.side, config.quality, 0.0)
        looks, unseen = await whole.all(config.looks)
        try:
            words = await words_in(looks, config.addressed, ctx)
            graded = [await self._grade(views, ctx.models["judge"], words) for views in looks]
        except ModelError as error:
            hint = error.hint or HINTS.get(error.kind, "")
            return Failed(STEP, f"{error.kind}: {error.message}", error.kind in RETRYABLE, hint)
        found = {**max(graded, key=lambda one: float(one["grade"])), "source": row.source}
        found["notes"] = notes_of_looks(looks, unseen)
        # A look without a grade, or one that was not taken, may have been the worst.
        doubts = [f"{one['look']}: {one['reason']}" for one in graded if one["reason"]]
        reason = found["reason"] or unseen or next(iter(doubts), "")
        return Done({**found, "reason": reason, "status": "undecided" if reason else "done"})

    async def _grade(self, views: Views, model: Model, words: str) -> dict[str, Any]:
        """One look. Raises `ModelError`."""
        opening = user(render("describe", question=self.scale.question), await views.whole())
        sampling = Sampling(max_tokens=self.config.describe_tokens)
        told = await model.generate([opening], task="describe", sampling=sampling)
        grade = user(render("grade", question=self.scale.question, scale=self.scale.lines))
        dialogue = [opening, Message("assistant", told.text), grade]
        choice = await model.choose(dialogue, tuple(LETTERS), task="grade")
        shares = [choice.probabilities[letter] for letter in LETTERS]
        mean = sum(at * p for at, p in enumerate(shares))
        spread = math.sqrt(max(0.0, sum((at - mean) ** 2 * p for at, p in enumerate(shares))))
        outside = choice.outside_mass + choice.unknown_mass
        return {
            "photo": views.photo,
            "grade": round(mean, 6),
            "spread": round(spread, 6),
            "outside": outside,
            "samples": choice.samples,
            "room": choice.room,
            "method": choice.method,
            "distribution": json.dumps([round(p, 6) for p in shares]),
            "description": told.text[:2000],
            "reason": self._doubt(outside, spread, words),
            "addressed_by": words,
            "look": views.look.name,
        }

    def _doubt(self, outside: float, spread: float, words: str) -> str:
        if outside > self.config.outside_max:
            return f"{outside:.0%} of the probability lay on no grade, or nobody knows where"
        if spread > self.config.spread_max:
            return f"the grades spread by {spread:.1f}"
        return "the image speaks to the judge" if words else ""


@dataclass(frozen=True, slots=True)
class AssessJob:
    """What to grade, by whom, into which folder. For the inputs see `judge.job.JudgeJob`."""

    targets: Sequence[Target]
    out: Path
    answers: Path
    images: Path
    judge: Backend
    scale: Scale = GENERAL
    config: AssessConfig = field(default_factory=AssessConfig)
    policy: CallPolicy = field(default_factory=CallPolicy)
    lost: Sequence[Lost] = ()
    budget: Budget | None = None
    fail_on_error: float | int | None = None
    intake: Intake | None = None
    seed: int = 0

    def setup(self) -> RunSetup:
        """What the hall wants to know."""
        backends: dict[str, Backend] = {"judge": self.judge}
        if self.config.addressed == "ocr":
            backends["reader"] = ReaderBackend()
        return RunSetup(
            "assess",
            self.out,
            self.answers,
            self.images,
            backends,
            self.policy,
            self.budget,
            self.fail_on_error,
            self.seed,
        )


async def run_assess(
    job: AssessJob,
    watch: Watch = unwatched,
    looked: Progress = unheard,
    *,
    pages: Pages = no_pages,
    console: bool = False,
) -> RunResult:
    """Grade all images into `assessed.parquet`. See `run_judge`."""
    async with open_hall(job.setup(), watch, exit_at_second_signal=console) as hall:
        judge = hall.session.callers["judge"]
        if not judge.capabilities.images or judge.capabilities.scene:
            raise NotSupported(
                f"{judge.card.spec} cannot grade pictures", hint="name a vision-language model"
            )
        started(hall)
        inputs, lost, counts = Inputs((), ()), list[Lost](), {"done": 0, "undecided": 0}
        with hall.part():
            inputs = await inputs_of(hall, job.intake, job.targets, job.lost, looked)
        lost += inputs.lost
        reached: set[int] = set()
        with ParquetSink(job.out / "assessed.parquet", ASSESSED) as sink:
            with hall.part():
                async for result in hall.results([Assess(job.scale, job.config)], inputs.targets):
                    reached.add(result.index)
                    outcome = result.leaves[0].outcome
                    if isinstance(outcome, Done):
                        counts[outcome.value["status"]] += 1
                        sink.write(outcome.value)
                    else:
                        lost.append(Lost(outcome, result.row.source, result.row.photo))
            hall.writing(inputs.account(sum(counts.values()), lost), lost)
        lost += inputs.unreached(reached)
        photos = [[target.source, target.photo] for target in inputs.targets]
        told = {
            "grades": counts,
            "scale": job.scale.model_dump(mode="json"),
            "settings": asdict(job.config),
            "prompts": prompt_hashes(),
            "data": {"inputs_sha256": content_hash(canonical(photos))},
        }
        hall.finish(told, inputs.account(sum(counts.values()), lost), lost)
        pages(job.out)
    return ended(hall)
