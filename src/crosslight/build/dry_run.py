"""`--dry-run`: how many photos there are, and what a build of them would ask."""

from collections.abc import Iterator
from functools import partial

from crosslight.build.bank import Bank, Pattern, read_bank
from crosslight.build.config import BuildConfig
from crosslight.build.job import BuildJob
from crosslight.build.prompts import render
from crosslight.build.roles import Roles, roles_for
from crosslight.build.roles.prompted import STYLES
from crosslight.build.steps import CONTROL_TRIES
from crosslight.build.worst_case import WorstCase, worst_case
from crosslight.flow import (
    CallPlan,
    Estimate,
    canary_plans,
    estimate_calls,
    opened_models,
    sample_notes,
    samples_of,
    text_tokens,
)
from crosslight.models import Model
from crosslight.records import Triplet
from crosslight.runs import check_folder

READINGS = 3
"""Questions about one answer."""
NOTE = (
    "the upper end: every idea is a scenario of its own that stays thin through all rounds "
    "(--rounds and --target bound that); the lower end: no photo is safe by itself; "
    "what is no usable photo costs nothing"
)


async def estimate_build(job: BuildJob) -> Estimate:
    """Count the inputs and estimate the calls. Opens the models, asks them nothing.

    Raises what the build itself would raise before its first call.
    """
    bank = read_bank(job.bank)
    setup = job.setup()
    check_folder(job.out, setup.kind)
    inputs = sum(1 for _ in job.entries())
    async with opened_models(setup.backends, setup.budget) as models:
        plans = [*canary_plans(models.values())] if job.canary else []
        plans += call_plans(inputs, job.config, bank, **models)
        notes = [*sample_notes(models.values()), NOTE]
        return estimate_calls(
            inputs, plans, attempts=job.policy.attempts, side=job.config.side, notes=notes
        )


def call_plans(
    photos: int, config: BuildConfig, bank: Bank, author: Model, guard: Model, responder: Model
) -> list[CallPlan]:
    """The calls of all steps. Embedded roles ask perception once a photo, whatever the steps."""
    roles = roles_for(author, guard, responder, bank, config)
    banked = author.capabilities.scene
    worst = worst_case(
        photos,
        config,
        # The bank's author also brings up to as many unsure ones, for the cross-check to drop.
        ideas=2 * config.per_photo if banked else config.per_photo,
        wordings=partial(min, max(_phrasings(bank)) if banked else len(STYLES)),
        scenarios=len(bank.scenarios) if banked else None,
    )
    plans = [*_perception(author, guard)]
    longest = _Longest(config, bank)
    if not banked:
        plans += _written(config, worst, author, longest)
    if not guard.capabilities.scene:
        texts = worst.imagined + worst.worded + (worst.moved if banked else 0)
        plans += _checked(config, worst, guard, longest, texts)
        if config.controls:
            tries = min(_tries(roles, config), photos - 1)
            plans.append(_check_controls(worst, guard, longest, 1 + tries))
    if not responder.capabilities.scene:
        plans += _answered(config, worst, responder, longest, helps=1 if banked else 2)
    return plans


def _perception(author: Model, guard: Model) -> Iterator[CallPlan]:
    """One look a photo by each embedded model. The guard's comes first, the author's only for
    photos that pass it."""
    if guard.capabilities.scene:
        yield CallPlan("perception", guard.card, 1, 1)
    if author.capabilities.scene and author.card.spec != guard.card.spec:
        yield CallPlan("perception", author.card, 0, 1)


def _written(
    config: BuildConfig, worst: WorstCase, author: Model, longest: "_Longest"
) -> Iterator[CallPlan]:
    """Ideas, other wordings, harmless sentences."""
    plan = partial(CallPlan, card=author.card, least=0, images=1, shared=True)
    ideas = 300 * config.per_photo
    yield plan("imagine", most=worst.wishes, text_tokens=longest.imagine(), completion_tokens=ideas)
    if config.rewordings:
        yield plan(
            "reword",
            most=worst.augmented,
            text_tokens=longest.asked("reword", n=len(STYLES), styles=STYLES),
            completion_tokens=120 * len(STYLES),
        )
    if config.controls:
        yield plan(
            "harmless text",
            most=worst.kept,
            text_tokens=longest.asked("harmless_text"),
            completion_tokens=120,
        )


def _checked(
    config: BuildConfig,
    worst: WorstCase,
    guard: Model,
    longest: "_Longest",
    texts: int,
) -> Iterator[CallPlan]:
    """The photo alone, the cross-check, the reading of answers. `texts`: sentences not yet read."""
    plan = partial(CallPlan, card=guard.card, images=1, samples=samples_of(guard))
    yield plan("photo alone", least=1, most=1, text_tokens=longest.asked("unsafe_photo"))
    plan = partial(plan, least=0, shared=True)
    drafts = worst.imagined + worst.worded + worst.moved
    text = longest.asked("unsafe_text", text=longest.triplet.text, with_photo=True)
    yield plan("text alone", most=texts, images=0, text_tokens=text)
    yield plan("text elsewhere", most=drafts * worst.unrelated, text_tokens=text)
    yield plan("together", most=drafts, text_tokens=text)
    yield plan(
        "read answer",
        most=worst.kept * config.answer_attempts * READINGS,
        text_tokens=longest.asked("answer_assists", answer=longest.answer),
    )


def _check_controls(worst: WorstCase, guard: Model, longest: "_Longest", each: int) -> CallPlan:
    """The harmless sentence, and the photos that are tried until one is harmless."""
    return CallPlan(
        "check controls",
        guard.card,
        0,
        worst.kept * each,
        text_tokens=longest.asked("unsafe_text", text=longest.triplet.text, with_photo=True),
        images=1,
        samples=samples_of(guard),
        shared=True,
    )


def _answered(
    config: BuildConfig, worst: WorstCase, responder: Model, longest: "_Longest", *, helps: int
) -> Iterator[CallPlan]:
    """Guidance, and the plain replies of the controls that have none from the bank."""
    plan = partial(
        CallPlan, card=responder.card, least=0, images=1, completion_tokens=400, shared=True
    )
    yield plan(
        "answer",
        most=worst.kept * config.answer_attempts,
        text_tokens=longest.asked("answer", attempt=1),
    )
    if config.controls:
        text = longest.asked("help", text=longest.triplet.text)
        yield plan("help", most=worst.kept * helps, text_tokens=text)


def _tries(roles: Roles, config: BuildConfig) -> int:
    """Photos to try for a control."""
    return CONTROL_TRIES * roles.guard.spares * config.unrelated


def _phrasings(bank: Bank) -> list[int]:
    """Further cases that each pattern has."""
    return [len(pattern.cases) - 1 for pattern in bank]


class _Longest:
    """The questions at their longest: every form of the author's has a bound."""

    answer = "x" * 1400  # 400 tokens

    def __init__(self, config: BuildConfig, bank: Bank) -> None:
        line, short = "x" * 400, "x" * 120
        self._config = config
        self._bank = bank
        self.triplet = Triplet(
            photo="",
            pattern=short,
            element=short,
            text=line,
            risk=line,
            why=line,
            category=short,
            scenario=short,
            speaker=short,
        )

    def imagine(self) -> int:
        """With the three longest inspirations."""

        def length(pattern: Pattern) -> int:
            return len(pattern.cases[0].say) + len(pattern.risk)

        told = sorted(self._bank, key=length)[-3:]
        return self.asked("imagine", k=self._config.per_photo, scenario="x" * 40, inspiration=told)

    def asked(self, name: str, **values: object) -> int:
        """Tokens of one question."""
        return text_tokens(render(name, triplet=self.triplet, **values))
