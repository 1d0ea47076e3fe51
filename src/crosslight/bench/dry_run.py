"""`--dry-run`: from how many to how many calls a bench run can take."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial

from crosslight.bench.ask import WORD, options_of
from crosslight.bench.config import BenchConfig
from crosslight.bench.item import Item, Suite
from crosslight.bench.job import BenchJob
from crosslight.bench.prompts import render
from crosslight.bench.run import prepare
from crosslight.bench.score import Score
from crosslight.bench.sight import CALLS, is_asked
from crosslight.flow import (
    CallPlan,
    Estimate,
    estimate_calls,
    opened_models,
    sample_notes,
    samples_of,
    text_tokens,
)
from crosslight.models import Model, Sampling
from crosslight.runs import check_folder

CAPTION = Sampling().max_tokens
FREE_WORD = 64
"""Tokens of a free answer in place of a choice, see `ask`."""
INSTRUCTION = 300
"""Tokens of the longest instruction of a judge."""


async def estimate_bench(job: BenchJob) -> Estimate:
    """Load the items and bound the calls. Opens the models, asks them nothing.

    Raises what the run itself would raise before its first call. Items that must not be asked, or
    whose pictures are missing, count as rows and cost nothing.
    """
    ready = prepare(job)
    job, items, score, reference = ready.job, ready.items, ready.score, ready.reference
    config, setup = job.config, job.setup()
    check_folder(job.out, setup.kind)
    asked = [item for item in items if not _left_out(item, config)]
    async with opened_models(setup.backends, setup.budget) as models:
        model = models["model"]
        judges = [models[name] for name in sorted(models) if name.startswith("judge")]
        n = config.epochs
        plans = [
            *_looked(job, asked, model),
            *_captioned(asked, config, models.get("captioner") or model),
            *(_times(n, n, plan) for plan in _answered(asked, job.suite, config, model)),
            # Equal answers of several epochs are judged once.
            *(_times(1, n, plan) for plan in _judged(asked, score, config, judges, reference)),
        ]
        notes = [*job.suite.cautions(items), *sample_notes([model])]
        return estimate_calls(
            len(items) * config.epochs,
            plans,
            attempts=job.policy.attempts,
            side=job.config.side,
            notes=notes,
        )


def _times(least: int, most: int, plan: CallPlan) -> CallPlan:
    return replace(plan, least=plan.least * least, most=plan.most * most)


def _left_out(item: Item, config: BenchConfig) -> bool:
    return item.redacted or bool(item.missing and config.picture != "none")


def _looked(job: BenchJob, items: Sequence[Item], model: Model) -> Iterator[CallPlan]:
    """The four tiny pictures before the first item."""
    if is_asked(job, items, model) and model.capabilities.images:
        plan = partial(CallPlan, "canary", model.card, CALLS, CALLS, text_tokens=50, images=1)
        yield plan(samples=samples_of(model), shared=True)


def _captioned(items: Sequence[Item], config: BenchConfig, model: Model) -> Iterator[CallPlan]:
    """A caption of every picture, where captions are shown."""
    if config.picture == "caption":
        names = len({name for item in items for name in item.images})
        text = text_tokens(render("caption"))
        yield CallPlan("caption", model.card, names, names, text, 1, CAPTION, shared=True)


def _answered(
    items: Sequence[Item], suite: Suite, config: BenchConfig, model: Model
) -> Iterator[CallPlan]:
    """The answers of the model under test."""
    pictures = _pictures(items, config)
    extra = CAPTION if config.picture == "caption" else 0
    prompt = max((_sent(item, suite, config) for item in items), default=0)
    prompt += INSTRUCTION if config.remedy else 0
    strict = config.protocol == "strict"
    choices = sum(bool(options_of(item)) for item in items) if strict else 0
    free = len(items) - choices
    plan = partial(CallPlan, card=model.card, text_tokens=prompt + extra, images=pictures)
    plan = partial(plan, shared=True)
    if config.epochs > 1:  # the first word of an answer, which may need more room
        yield plan("answer in a word", least=choices, most=2 * choices, completion_tokens=FREE_WORD)
        choices = 0
    yield plan("choose", least=choices, most=choices, samples=samples_of(model))
    worded = strict and any(WORD in options_of(item) for item in items)
    if choices and (worded or may_answer_freely(model, pictures)):
        yield plan("answer in a word", least=0, most=choices, completion_tokens=FREE_WORD)
    yield plan("answer", least=free, most=free, completion_tokens=config.max_tokens)
    turns = sum(item.asked_before for item in items)
    if turns:
        most = config.max_tokens
        yield plan("answer an earlier turn", least=turns, most=turns, completion_tokens=most)


def _sent(item: Item, suite: Suite, config: BenchConfig) -> int:
    """Tokens of text before the last answer, the earlier ones at their longest."""
    given = text_tokens(*(turn.text for turn in item.turns), suite.prompt(item))
    return given + item.asked_before * config.max_tokens


def may_answer_freely(model: Model, pictures: int) -> bool:
    """Whether a choice that the model cannot make may be asked once more as a free answer."""
    can = model.capabilities
    if not can.generates or can.scene:
        return False
    no_chances = bool(model.card.endpoint) and not can.samples
    return no_chances or bool(pictures and not can.images)


def _judged(
    items: Sequence[Item],
    score: Score,
    config: BenchConfig,
    judges: Sequence[Model],
    reference: Collection[str],
) -> Iterator[CallPlan]:
    """What the judge reads: free answers, or every answer where the authors' scorer wants so."""
    if not judges:
        return
    read = items if score.authors is not None else [i for i in items if not options_of(i)]
    if config.judge_as.startswith("pairwise") and score.authors is None:
        read = [item for item in read if item.id in reference]
    asked = max((_read(item, config) for item in read), default=0)
    plan = partial(
        CallPlan,
        text_tokens=INSTRUCTION + asked + config.max_tokens,
        completion_tokens=config.judge_tokens,
        shared=True,
    )
    pictures = _pictures(read, config)
    if config.judge_as == "jury" and score.authors is None:
        yield from _jury(read, config, judges, plan, pictures)
        return
    (judge, *_), each = judges, 1
    if config.judge_as.startswith("pairwise") and score.authors is None:
        each = 2
        plan = partial(plan, text_tokens=INSTRUCTION + asked + 2 * config.max_tokens)
    shown = pictures if judge.capabilities.images else 0
    calls = each * len(read)
    yield plan("judge", judge.card, calls, calls, images=shown)


def _read(item: Item, config: BenchConfig) -> int:
    """Tokens of what a judge reads of an item beside its answer."""
    before = text_tokens(*(turn.text for turn in item.turns))
    return before + text_tokens(item.text, item.reference) + item.asked_before * config.max_tokens


def _jury(
    read: Sequence[Item],
    config: BenchConfig,
    judges: Sequence[Model],
    plan: "partial[CallPlan]",
    pictures: int,
) -> Iterator[CallPlan]:
    """Every seat votes, and votes again unless its first vote could not be read."""
    others = config.seats * config.judge_tokens
    heard = partial(plan, text_tokens=plan.keywords["text_tokens"] + others)
    for at, judge in enumerate(judges):
        seats = len(range(at, config.seats, len(judges)))
        shown = pictures if judge.capabilities.images else 0
        calls = seats * len(read)
        yield plan("jury, first vote", judge.card, calls, calls, images=shown)
        yield heard("jury, second vote", judge.card, 0, calls, images=shown)


def _pictures(items: Sequence[Item], config: BenchConfig) -> int:
    """Of the item that has most, as it is shown."""
    if config.picture in ("none", "caption"):
        return 0
    return max((len(item.images) for item in items), default=0)
