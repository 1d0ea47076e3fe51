"""Assess: a graded opinion instead of a rule. How risky is this scene, from 0 to 10?

The model describes the scene, then grades it by one letter (eleven letters stand for 0 to 10), so
that the grade is a distribution: its mean, its spread, and the mass that lay on no letter. What
the model says without the image is taken off (`grading`). The embedded perception grades crossings
by what it finds (`crossing`).
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from crosslight.flow import Budget, CallPolicy, Context
from crosslight.judge.config import check_looks
from crosslight.judge.crossing import street_of
from crosslight.judge.grading import (
    Bounds,
    Grade,
    Letters,
    graded,
    perceived,
    rounded,
    why_no_prior,
)
from crosslight.judge.inputs import Inputs, inputs_of
from crosslight.judge.prompts import prompt_hashes, render
from crosslight.judge.scales import CROSSING, GENERAL, LETTERS, Scale
from crosslight.judge.step import HINTS, RETRYABLE, Target, notes_of_looks, words_in
from crosslight.judge.views import Views
from crosslight.models import (
    Backend,
    Choice,
    Message,
    Model,
    ModelError,
    NoOption,
    NotSupported,
    ReaderBackend,
    Sampling,
    Scene,
    user,
)
from crosslight.records import BadSetting, Done, Failed, canonical, content_hash
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

STEP = "assess"
PARTS = ("debias", "describe")
RULE_OF_THUMB = "a rule of thumb over boxes, not measured: it warns, and clears nothing"

ASSESSED = table_schema(
    {
        **dict.fromkeys(("photo", "source", "status"), pa.string()),
        **dict.fromkeys(("grade", "spread", "evenness", "outside"), pa.float64()),
        **dict.fromkeys(("samples", "room"), pa.int64()),
        "method": pa.string(),
        **dict.fromkeys(("distribution", "shown", "prior"), pa.string()),
        **dict.fromkeys(("description", "reason", "addressed_by"), pa.string()),
        "look": pa.string(),
        "notes": pa.list_(pa.string()),
        **dict.fromkeys(("licence", "origin"), pa.string()),
    }
)


@dataclass(frozen=True, slots=True)
class AssessConfig:
    """`without`: parts to leave out: `debias`, by which a letter counts as far as the image makes
    it likelier; `describe`, the turn before the grade. For the bounds see `grading.Bounds`.
    `looks`: the most looks at one image, of which the highest grade counts; with more frames than
    that it is undecided."""

    without: tuple[str, ...] = ()
    outside_max: float = 0.5
    spread_max: float = 3.0
    even_max: float = 0.85
    prior_floor: float = 0.1
    addressed: str = "ocr"
    describe_tokens: int = 300
    looks: int = LOOKS
    side: int = 768
    quality: int = 85

    def __post_init__(self) -> None:
        check_looks(self.looks)
        odd = sorted(set(self.without) - set(PARTS))
        if odd:
            raise BadSetting(
                f"{odd[0][:40]!r} is no part of assess", hint=f"parts are {', '.join(PARTS)}"
            )

    @property
    def bounds(self) -> Bounds:
        """From where on there is no grade."""
        return Bounds(self.outside_max, self.spread_max, self.even_max, self.prior_floor)


@dataclass(frozen=True, slots=True)
class Assess:
    """The step: one image in, a row of `assessed.parquet` out. A failed call is no grade."""

    scale: Scale
    config: AssessConfig
    name: str = STEP

    async def __call__(self, row: Target, ctx: Context) -> Done[dict[str, Any]] | Failed:
        """Grade at every look; the highest grade is the image's."""
        config = self.config
        whole = Views(ctx, row.photo, config.side, config.quality, 0.0)
        looks, unseen = await whole.all(config.looks)
        judge = ctx.models["judge"]
        grade = self._perceive if judge.capabilities.scene else self._grade
        try:
            words = await words_in(looks, config.addressed, ctx)
            grades = [await grade(views, judge) for views in looks]
        except ModelError as error:
            hint = error.hint or HINTS.get(error.kind, "")
            return Failed(STEP, f"{error.kind}: {error.message}", error.kind in RETRYABLE, hint)
        worst = max(grades, key=lambda one: -1.0 if one["grade"] is None else one["grade"])
        # A look without a grade, or one that was not taken, may have been the worst.
        doubts = [f"{one['look']}: {one['reason']}" for one in grades if one["reason"]]
        spoken = "the image speaks to the judge" if words else ""
        reason = worst["reason"] or spoken or unseen or next(iter(doubts), "")
        notes = [*worst["notes"], *notes_of_looks(looks, unseen)]
        told = {"source": row.source, "addressed_by": words, "notes": notes, "reason": reason}
        told |= {"licence": row.licence, "origin": row.origin}
        return Done({**worst, **told, "status": "undecided" if reason else "done"})

    async def _grade(self, views: Views, model: Model) -> dict[str, Any]:
        """One look. Raises `ModelError`."""
        image, asked = await views.whole(), self._asked()
        if "describe" in self.config.without:
            text, dialogue = "", [user(asked, image)]
        else:
            opening = user(render("describe", question=self.scale.question), image)
            sampling = Sampling(max_tokens=self.config.describe_tokens)
            text = (await model.generate([opening], task="describe", sampling=sampling)).text
            dialogue = [opening, Message("assistant", text), user(asked)]
        choice = await model.choose(dialogue, tuple(LETTERS), task="grade")
        shown, notes = Letters.of(choice), list[str]()
        prior, why = await self._prior(model, choice)
        if why:
            notes.append(why)
        row = self._row(views, graded(shown, prior, self.config.bounds), notes)
        return row | {
            "outside": shown.outside,
            "samples": choice.samples,
            "room": choice.room,
            "method": choice.method,
            "shown": json.dumps(rounded(shown.shares)),
            "prior": json.dumps(rounded(prior.shares)) if prior else "",
            "description": text[:2000],
        }

    async def _prior(self, model: Model, shown: Choice) -> tuple[Letters | None, str]:
        """The letters without an image (asked once: the answer is kept), or why they are not used.
        Raises `ModelError`."""
        if "debias" in self.config.without:
            return None, ""
        if shown.samples:
            return None, f"counted in {shown.samples} replies: letters are not debiased"
        try:
            choice = await model.choose([user(self._asked())], tuple(LETTERS), task="grade")
        except NoOption:
            return None, "without the image the model names no letter: not debiased"
        except ModelError as error:
            # A filter that refuses the bare question would else take the grade of every image.
            if error.kind in RETRYABLE:
                raise
            return None, f"without the image there is no answer ({error.kind}): not debiased"
        letters = Letters.of(choice)
        why = why_no_prior(letters, choice.samples, self.config.bounds)
        return (None if why else letters), why

    async def _perceive(self, views: Views, model: Model) -> dict[str, Any]:
        """One look by the embedded perception. Raises `ModelError`."""
        answer = await model.generate([user("", await views.whole())], task="scene")
        street = street_of(Scene.from_json(answer.parsed))
        shares = None if street.grade is None else perceived(street.grade)
        row = self._row(views, None if shares is None else Grade(shares), [RULE_OF_THUMB])
        told = {"method": "perception", "description": street.told, "reason": street.reason}
        return row | told | {"outside": 0.0, "samples": 0, "room": 0, "shown": "", "prior": ""}

    def _row(self, views: Views, grade: Grade | None, notes: list[str]) -> dict[str, Any]:
        return {
            "photo": views.photo,
            "grade": None if grade is None else round(grade.mean, 6),
            "spread": None if grade is None else round(grade.spread, 6),
            "evenness": None if grade is None else round(grade.evenness, 6),
            "distribution": ""
            if grade is None
            else json.dumps([round(p, 6) for p in grade.shares]),
            "reason": "" if grade is None else grade.doubt,
            "look": views.look.name,
            "notes": notes,
        }

    def _asked(self) -> str:
        return render("grade", question=self.scale.question, scale=self.scale.lines)


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


def check_grader(judge: Model, scale: Scale) -> None:
    """Raises NotSupported for a model that cannot grade pictures on this scale."""
    if not judge.capabilities.images:
        raise NotSupported(
            f"{judge.card.spec} cannot grade pictures", hint="name a vision-language model"
        )
    if judge.capabilities.scene and scale != CROSSING:
        raise NotSupported(
            f"{judge.card.spec} sees traffic alone: it grades on the scale crossing, on no other",
            hint="--scale crossing; or name a vision-language model",
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
        check_grader(hall.session.callers["judge"], job.scale)
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
