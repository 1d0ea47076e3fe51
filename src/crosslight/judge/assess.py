"""Assess: a graded opinion instead of a rule. How risky is this scene, from 0 to 10?

The model describes the scene, then grades it by one letter (eleven letters stand for 0 to 10), so
that the grade is a distribution: its mean, its spread, and the mass that lay on no letter.
"""

import json
import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import Field

from crosslight.flow import Budget, CallPolicy, Context, Runner, RunStop, Session
from crosslight.judge.injection import addressed_by
from crosslight.judge.job import Lost
from crosslight.judge.prompts import prompt_hashes, render
from crosslight.judge.run import write_lost
from crosslight.judge.step import HINTS, RETRYABLE, Target
from crosslight.judge.views import Views
from crosslight.models import Backend, Message, ModelError, ReaderBackend, Sampling, user
from crosslight.policy import ShortText, StrictModel, read_plain, validated
from crosslight.records import Done, Failed
from crosslight.runs import claim
from crosslight.store import AnswerStore, ImageStore, ParquetSink, table_schema, write_json

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
SCALES = {"general": GENERAL, "crossing": CROSSING}

ASSESSED = table_schema(
    {
        **dict.fromkeys(("photo", "source", "status"), pa.string()),
        **dict.fromkeys(("grade", "spread", "outside"), pa.float64()),
        "samples": pa.int64(),
        **dict.fromkeys(("distribution", "description", "reason", "addressed_by"), pa.string()),
    }
)


def read_scale(name_or_file: str) -> Scale:
    """One of `SCALES`, or a YAML file with `question` and `marks`. Raises `PolicyError`."""
    if name_or_file in SCALES:
        return SCALES[name_or_file]
    path = Path(name_or_file)
    return validated(Scale, read_plain(path), path.name)


@dataclass(frozen=True, slots=True)
class AssessConfig:
    """`outside_max`: with more mass on no letter there is no grade; `spread_max`: a grade whose
    standard deviation is larger is undecided. Both are ours."""

    outside_max: float = 0.5
    spread_max: float = 3.0
    addressed: str = "ocr"
    describe_tokens: int = 300
    side: int = 768
    quality: int = 85


@dataclass(frozen=True, slots=True)
class Assess:
    """The step: one image in, a row of `assessed.parquet` out. A failed call is no grade."""

    scale: Scale
    config: AssessConfig
    name: str = STEP

    async def __call__(self, row: Target, ctx: Context) -> Done[dict[str, Any]] | Failed:
        """Describe, then grade."""
        config, model = self.config, ctx.models["judge"]
        views = Views(ctx, row.photo, config.side, config.quality, 0.0)
        try:
            image = await views.whole()
            words = await addressed_by(image, config.addressed, ctx)
            opening = user(render("describe", question=self.scale.question), image)
            sampling = Sampling(max_tokens=config.describe_tokens)
            told = await model.generate([opening], task="describe", sampling=sampling)
            grade = user(render("grade", question=self.scale.question, scale=self.scale.lines))
            dialogue = [opening, Message("assistant", told.text), grade]
            choice = await model.choose(dialogue, tuple(LETTERS), task="grade")
        except ModelError as error:
            hint = error.hint or HINTS.get(error.kind, "")
            return Failed(STEP, f"{error.kind}: {error.message}", error.kind in RETRYABLE, hint)
        shares = [choice.probabilities[letter] for letter in LETTERS]
        mean = sum(at * p for at, p in enumerate(shares))
        spread = math.sqrt(max(0.0, sum((at - mean) ** 2 * p for at, p in enumerate(shares))))
        reason = self._doubt(choice.outside_mass, spread, words)
        return Done(
            {
                "photo": row.photo,
                "source": row.source,
                "status": "undecided" if reason else "done",
                "grade": round(mean, 6),
                "spread": round(spread, 6),
                "outside": choice.outside_mass,
                "samples": choice.samples,
                "distribution": json.dumps([round(p, 6) for p in shares]),
                "description": told.text[:2000],
                "reason": reason,
                "addressed_by": words,
            }
        )

    def _doubt(self, outside: float, spread: float, words: str) -> str:
        if outside > self.config.outside_max:
            return f"{outside:.0%} of the probability lay on no grade"
        if spread > self.config.spread_max:
            return f"the grades spread by {spread:.1f}"
        return "the image speaks to the judge" if words else ""


@dataclass(frozen=True, slots=True)
class AssessJob:
    """What to grade, by whom, into which folder."""

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


async def run_assess(job: AssessJob) -> dict[str, Any]:
    """Grade all images into `assessed.parquet`; returns what stands in `run.json`."""
    claim(job.out, "assess")
    lost: list[Lost] = list(job.lost)
    counts = {"done": 0, "undecided": 0}
    session = Session(
        {"judge": job.judge, "reader": ReaderBackend()},
        AnswerStore(job.answers),
        images=ImageStore(job.images),
        policy=job.policy,
        budget=job.budget,
    )
    async with session:
        runner = Runner(session.context, [Assess(job.scale, job.config)])
        with ExitStack() as stack:
            sink = stack.enter_context(ParquetSink(job.out / "assessed.parquet", ASSESSED))
            try:
                async for result in runner.run(job.targets):
                    outcome = result.leaves[0].outcome
                    if isinstance(outcome, Done):
                        counts[outcome.value["status"]] += 1
                        sink.write(outcome.value)
                    else:
                        lost.append((result.row.source, outcome))
                status, reason = runner.status, runner.reason
            except RunStop as stop:
                status, reason = "stopped", stop.reason
        write_lost(job.out, lost, {t.source: t.photo for t in job.targets})
        failed = sum(isinstance(o, Failed) for _, o in lost)
        card = session.callers["judge"].card
        summary = {
            "kind": "assess",
            "status": status,
            "reason": reason,
            "rows": sum(counts.values()),
            "grades": counts,
            "failed": failed,
            "dropped": len(lost) - failed,
            "scale": job.scale.model_dump(mode="json"),
            "settings": asdict(job.config),
            "models": [{"role": "judge", "spec": card.spec}],
            "prompts": prompt_hashes(),
            **session.ledger.as_json(),
        }
        write_json(job.out / "run.json", summary)
    return summary
