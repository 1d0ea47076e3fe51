"""`--dry-run`: how many photos there are, and what a build of them would ask."""

from collections.abc import Iterator
from functools import partial

from crosslight.build.album import Album
from crosslight.build.bank import Bank, read_bank
from crosslight.build.config import BuildConfig
from crosslight.build.controls import control_tries
from crosslight.build.job import BuildJob
from crosslight.build.prompts import render
from crosslight.build.rescue import killed_rows
from crosslight.build.roles import ControlWish, roles_for
from crosslight.build.roles.author import (
    EARLIER_SHOWN,
    FORMS,
    SHOWN,
    harmless_prompt,
    imagine_prompt,
    reword_prompt,
)
from crosslight.build.row_log import RowLog
from crosslight.build.steps import RecipeParts
from crosslight.build.two_photos.plans import NOTE as NOTE_OF_TWO
from crosslight.build.two_photos.plans import pair_plans
from crosslight.build.two_photos.read import read_pair_bank
from crosslight.build.waves.map import EXAMPLES
from crosslight.build.waves.titles import TAKEN_SHOWN
from crosslight.build.wish import Inspiration, ScenarioHint, Wish
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
from crosslight.text import plural

NOTE = (
    "the upper end: every idea passes, and photos that gave nothing are looked at again as often "
    "as --rounds allows; the lower end: no photo is safe by itself; "
    "what is no usable photo costs nothing"
)


GOES_ON = (
    "its dataset is that of its last whole wave; the same command, run again, first writes all of "
    "these rows, then goes on, and asks nothing twice"
)


async def estimate_build(job: BuildJob) -> Estimate:
    """Count the inputs and estimate the calls. Opens the models, asks them nothing.

    Raises what the build itself would raise before its first call.
    """
    two = job.config.images == 2
    bank = Bank(()) if two else read_bank(job.bank)
    setup = job.setup()
    check_folder(job.out, setup.kind)
    inputs = sum(1 for _ in job.entries())
    async with opened_models(setup.backends, setup.budget) as models:
        plans = [*canary_plans(models.values())] if job.canary else []
        if two:
            plans += pair_plans(inputs, job.config, read_pair_bank(job.bank), **models)
        else:
            plans += call_plans(inputs, job.config, bank, **models)
        notes = [*sample_notes(models.values()), NOTE_OF_TWO if two else NOTE]
        if rows := killed_rows(job):
            notes.append(f"a run in {job.out} was killed with {plural(rows, 'row')}: {GOES_ON}")
        return estimate_calls(
            inputs, plans, attempts=job.policy.attempts, side=job.config.side, notes=notes
        )


def call_plans(
    photos: int, config: BuildConfig, bank: Bank, author: Model, guard: Model, responder: Model
) -> list[CallPlan]:
    """The calls of all steps. Embedded roles ask perception once a photo, whatever the steps."""
    roles = roles_for(author, guard, responder, bank, config)
    kit = RecipeParts(roles, Album(RowLog(), config), config)
    banked = author.capabilities.scene
    worst = worst_case(
        photos,
        config,
        # The bank's author also brings up to as many unsure ones, for the cross-check to drop.
        ideas=2 * config.per_photo if banked else config.per_photo,
        wordings=partial(min, max(_phrasings(bank)) if banked else len(FORMS)),
        rethinks=roles.author.rethinks,
    )
    plans = [*_perception(author, guard)]
    longest = _Longest(config, bank)
    if not banked:
        plans += _written(config, worst, author, longest)
    if not guard.capabilities.scene:
        texts = worst.imagined + worst.worded + (worst.moved if banked else 0)
        plans += _checked(config, worst, guard, longest, texts)
        if config.controls:
            tries = min(control_tries(kit), photos - 1)
            plans += _check_controls(config, worst, guard, longest, tries)
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
            text_tokens=longest.reword(),
            completion_tokens=120 * len(FORMS),
        )
    if config.other_photos:
        yield plan(
            "transfer",
            most=worst.moved,
            text_tokens=longest.asked("transfer", act="statement"),
            completion_tokens=400,
        )
    yield plan(
        "title",
        most=worst.titles,
        images=0,
        text_tokens=longest.title(),
        completion_tokens=200,
    )
    if config.controls:
        yield plan(
            "harmless text",
            most=worst.kept * config.control_attempts,
            text_tokens=longest.harmless(),
            completion_tokens=240,
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
    text = longest.said("together")
    yield plan("text alone", most=texts, images=0, text_tokens=longest.said("text_alone"))
    yield plan("together", most=drafts, text_tokens=text)
    claim = longest.said("read_pair", element=longest.short, risk=longest.line)
    yield plan("read pair", most=drafts, text_tokens=claim, completion_tokens=60, samples=1)
    yield plan("fits", most=drafts * worst.unrelated, text_tokens=longest.said("fits"))
    yield plan("fits of moved sentences", most=worst.moved, text_tokens=longest.said("fits"))
    yield plan("text elsewhere", most=drafts * worst.unrelated, text_tokens=text)
    yield plan(
        "read answer",
        most=worst.kept * config.answer_attempts,
        text_tokens=longest.said("read_answer", risk=longest.line, answer=longest.answer),
        completion_tokens=160,
        samples=1,
    )
    parts = longest.said("answer_part", part="names", risk=longest.line, answer=longest.answer)
    yield plan(
        "read answer in parts",  # where the form was not filled in
        most=3 * worst.kept * config.answer_attempts,
        text_tokens=parts,
    )


def _check_controls(
    config: BuildConfig, worst: WorstCase, guard: Model, longest: "_Longest", tries: int
) -> Iterator[CallPlan]:
    """The harmless sentences, the photos that are tried until one is harmless, the replies."""
    plan = partial(CallPlan, card=guard.card, least=0, images=1, shared=True)
    sentences = 2 * config.control_attempts
    samples = samples_of(guard)
    most = worst.kept * tries
    yield plan(
        "check controls",
        most=worst.kept * sentences + 2 * most,
        text_tokens=longest.said("together"),
        samples=samples,
    )
    yield plan(
        "read control",
        most=worst.kept * sentences + most,
        text_tokens=longest.said("read_control", answer=longest.answer),
        completion_tokens=160,
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
        text_tokens=longest.asked("answer", draft=longest.answer, complaint=longest.line),
    )
    if config.controls:
        text = longest.said("help")
        yield plan("help", most=worst.kept * helps, text_tokens=text)


def _phrasings(bank: Bank) -> list[int]:
    """Further cases that each pattern has."""
    return [len(pattern.cases) - 1 for pattern in bank]


class _Longest:
    """The questions at their longest: every form of the author's has a bound."""

    answer = "x" * 1400  # 400 tokens
    line, short = "x" * 400, "x" * 120

    def __init__(self, config: BuildConfig, bank: Bank) -> None:
        line, short = self.line, self.short
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
        """With all that a wish may show."""
        line, short = self.line, self.short
        hints = (ScenarioHint(short, short, line),) * 4
        shown = [Inspiration(short, short, line, line, short)] * SHOWN
        wish = Wish("", hints, hints, (), (line,) * EARLIER_SHOWN)
        return text_tokens(imagine_prompt(self._config.per_photo, wish, shown))

    def reword(self) -> int:
        """In all forms."""
        return text_tokens(reword_prompt(self.triplet, FORMS, (self.line,) * EARLIER_SHOWN))

    def harmless(self) -> int:
        """With earlier ones, and a complaint."""
        wish = ControlWish((self.line,) * EARLIER_SHOWN, self.line, near=True)
        return text_tokens(harmless_prompt(self.triplet, wish))

    def title(self) -> int:
        """Of as many cases as are shown, among as many titles."""
        case = Inspiration(self.short, self.short, self.line, self.line, self.short)
        shown = {"cases": (case,) * EXAMPLES, "taken": ("x" * 60,) * TAKEN_SHOWN}
        return text_tokens(render("name_scenario", **shown))

    def said(self, name: str, **values: object) -> int:
        """Tokens of one question about a sentence."""
        return text_tokens(render(name, text=self.line, **values))

    def asked(self, name: str, **values: object) -> int:
        """Tokens of one question about a triplet."""
        return text_tokens(render(name, triplet=self.triplet, **values))
