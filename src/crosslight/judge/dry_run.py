"""`--dry-run`: from how many to how many calls a judging run can take."""

import math
from collections.abc import Iterator, Sequence
from functools import partial

from crosslight.flow import (
    CallPlan,
    Estimate,
    estimate_calls,
    opened_models,
    sample_notes,
    samples_of,
    text_tokens,
)
from crosslight.judge import decide
from crosslight.judge.asking import Models, models_of
from crosslight.judge.assess import AssessConfig, AssessJob, check_grader
from crosslight.judge.config import JudgeConfig, Parts
from crosslight.judge.detector import AT_ONCE
from crosslight.judge.job import JudgeJob
from crosslight.judge.methods import Asked, Plan, PlannedRule, detected_words, joint_of
from crosslight.judge.panel import TOGETHER
from crosslight.judge.prompts import render
from crosslight.judge.run import planned
from crosslight.judge.scales import Scale
from crosslight.judge.wording import about_print
from crosslight.models import Model, Sampling
from crosslight.runs import check_folder

REPLY = Sampling().max_tokens
LOOKS = (
    "an image of several frames, pages or pieces is asked as often as it has looks, at most {:,}: "
    "counted here as one"
)
FLIPS = "the policy-flip test (--flip-test) judges unsafe images again: its calls are not in here"


async def estimate_judge(job: JudgeJob) -> Estimate:
    """The calls over all images of a job. Opens the models, asks them nothing.

    Raises what the run would raise before its first call.
    """
    setup = job.setup()
    check_folder(job.out, setup.kind)
    rows = _images(job)
    async with opened_models(setup.backends, setup.budget) as opened:
        models = models_of(opened)
        plan = planned(job, models)
        plans = [
            *_addressed(job.config.addressed, opened),
            *_eyes(plan, models),
            *_relevance(plan, models, rows),
            *_questions(plan, job.config, models, rows),
        ]
        notes = [*sample_notes([models.judge]), LOOKS.format(job.config.looks), FLIPS]
        return estimate_calls(
            rows, plans, attempts=job.policy.attempts, side=job.config.side, notes=notes
        )


async def estimate_assess(job: AssessJob) -> Estimate:
    """The calls of a grading run: every image is described once and graded once."""
    setup = job.setup()
    check_folder(job.out, setup.kind)
    rows = _images(job)
    async with opened_models(setup.backends, setup.budget) as opened:
        judge = opened["judge"]
        check_grader(judge, job.scale)
        plans = [
            *_addressed(job.config.addressed, opened),
            *_graded(job.scale, job.config, judge, rows),
        ]
        notes = [*sample_notes([judge]), LOOKS.format(job.config.looks)]
        return estimate_calls(
            rows, plans, attempts=job.policy.attempts, side=job.config.side, notes=notes
        )


def _images(job: JudgeJob | AssessJob) -> int:
    """Those that are there already, or all entries of the intake: what is no picture of them
    costs nothing."""
    if job.intake is None:
        return len(job.targets)
    return sum(1 for _ in job.intake.entries(job.setup().own_places))


def _eyes(plan: Plan, models: Models) -> Iterator[CallPlan]:
    """Counting: by the named detector, each word, or by the embedded one, once an image."""
    if plan.counts and models.detector is not None:
        longest = text_tokens(render("detect", words=[]))
        yield CallPlan("count", models.detector.card, 0, plan.counts, longest, 1, REPLY)
    elif plan.counts and models.eyes is not None:
        yield CallPlan("count", models.eyes.card, 0, 1, images=1)


def _addressed(how: str, opened: dict[str, Model]) -> Iterator[CallPlan]:
    """Looking for words that speak to the judge: once an image."""
    if "reader" in opened:
        yield CallPlan("read print", opened["reader"].card, 1, 1, images=1)
    if how == "ask":
        judge, text = opened["judge"], text_tokens(render("addresses"))
        yield CallPlan(
            "speaks to the judge", judge.card, 1, 1, text, images=1, samples=samples_of(judge)
        )


def _relevance(plan: Plan, models: Models, rows: int) -> Iterator[CallPlan]:
    """The texts of all rules at once, then every image."""
    encoder = models.encoder
    if encoder is not None and plan.parts.relevance:
        texts = text_tokens(*(rule.text for rule in plan.rules))
        once = min(1, rows)
        yield CallPlan("embed rules", encoder.card, once, once, texts, 0, 0, shared=True)
        yield CallPlan("embed image", encoder.card, 1, 1, 0, 1, 0)


def _questions(plan: Plan, config: JudgeConfig, models: Models, rows: int) -> Iterator[CallPlan]:
    """What the rules ask. The most: every question of every rule, with every measurement."""
    parts = plan.parts
    # Asked in the same words for two rules, a question is answered once.
    every = dict.fromkeys(
        asked for rule in plan.rules for item in rule.items for asked in item if asked.by_model
    )
    skips = parts.relevance and models.encoder is not None and not config.eager
    rules = () if skips else plan.rules
    together = joins(parts) and not config.eager
    several = _joint(plan) if together else []
    least = len(every) if config.eager else sum(fewest_questions(r, together) for r in rules)
    tokens = parts.tokens or parts.perceived
    judge = models.judge
    longest = max((text_tokens(asked.prompt) for asked in every), default=0)
    look = partial(
        CallPlan, card=judge.card, text_tokens=longest, images=1, samples=samples_of(judge)
    )
    boxed = models.detector is not None and parts.detector and parts.tokens
    if boxed and models.detector is not None:
        yield _found(every, rules, plan, config, models.detector)
    if tokens:
        if any(asked.field for asked in every):  # a guard that answers in JSON
            look = partial(look, samples=0, completion_tokens=REPLY)
        longest = max([longest, *(text_tokens(asked.prompt) for asked in several)])
        most = len(every) + len(several)
        yield look("look", text_tokens=longest, least=least, most=most)
    if parts.debias1 and parts.tokens and not parts.perceived:
        firsts = every if config.eager else {one for one in map(_first, rules) if one.by_model}
        yield look(
            "without image",
            least=_prompts(firsts) if rows and not parts.floor else 0,
            most=_prompts(every) if rows else 0,
            images=0,
            shared=True,
        )
    yield from _further(every, plan, config, look, boxed=boxed and not parts.perceived)
    if parts.cascade and not parts.perceived:
        least = 0 if parts.tokens else least
        yield from _reasoned([*every, *several], least, parts, config, judge)


def _further(
    every: dict[Asked, None],
    plan: Plan,
    config: JudgeConfig,
    look: "partial[CallPlan]",
    *,
    boxed: bool,
) -> Iterator[CallPlan]:
    """Further looks at an image, where the first one decides nothing."""
    parts = plan.parts
    sought = sum(bool(asked.words) for asked in every)
    if parts.crop and parts.crop_adds and boxed:
        yield look("crop", least=0, most=sought)
    if parts.debias2 and boxed:
        if not parts.crop_adds:
            yield look("whole image", least=0, most=sought)
        yield look("centre erased", least=0, most=sought)
    read = config.addressed == "ocr" or plan.reads_print
    if parts.print and parts.tokens and not parts.perceived and read:
        filled = sum(not about_print(asked.see, asked.words) for asked in every)
        yield look("print filled", least=0, most=filled)
        yield look("print filled, together", least=0, most=2 * math.ceil(filled / TOGETHER))


def joins(parts: Parts) -> bool:
    """Whether the alternatives of an item are first asked together."""
    return parts.joint and parts.tokens and not parts.perceived


def _joint(plan: Plan) -> list[Asked]:
    """The questions as which items are first asked, with all alternatives."""
    every = [[a for a in item if a.joins] for rule in plan.rules for item in rule.items]
    return [joint_of(several) for several in every if len(several) > 1]


def fewest_questions(rule: PlannedRule, together: bool = False) -> int:
    """At least so many of a rule that is asked: until an item does not hold, or all hold at once.

    Each item that holds takes one question at least. One that does not takes all of its own, but
    for those that are tied to another, or (`together`) one for those that are asked as one. Of
    several chains the first is counted: the others may ask what it has asked.
    """
    chain = decide.places(rule.shape)[0]
    own = []
    for item in chain:
        asked = [rule.items[i][j] for i, j in item if (i, j) not in rule.ties]
        by_model = [one for one in asked if one.by_model]
        several = sum(one.joins for one in by_model)
        own.append(len(by_model) - (several - 1 if together and several > 1 else 0))
    held = [min(1, count) for count in own]
    return min([*(sum(held[:at]) + count for at, count in enumerate(own)), sum(held)])


def _first(rule: PlannedRule) -> Asked:
    return rule.items[0][0]


def _prompts(questions: Sequence[Asked] | dict[Asked, None] | set[Asked]) -> int:
    return len({asked.prompt for asked in questions})


def _found(
    every: dict[Asked, None],
    rules: Sequence[PlannedRule],
    plan: Plan,
    config: JudgeConfig,
    detector: Model,
) -> CallPlan:
    """Boxes of the central objects: once for each set of words, or for all words at once."""
    parts = plan.parts
    sets = {asked.words for asked in every if asked.words}
    if parts.one_detection:
        words = detected_words(plan.rules)
        most = math.ceil(len(words) / AT_ONCE)
        # Where the alternatives are asked together, boxes are wanted for the crop only.
        wanted = config.eager or parts.crop or not joins(parts)
        certain = any(one.by_model and one.words for one in map(_first, rules))
        least = min(1, most) if wanted and certain else 0
        longest = text_tokens(render("detect", words=list(words[:AT_ONCE])))
        return CallPlan("find objects", detector.card, least, most, longest, 1, REPLY)
    firsts = {one.words for one in map(_first, rules) if one.by_model and one.words}
    longest = max((text_tokens(render("detect", words=list(words))) for words in sets), default=0)
    least = len(sets) if config.eager else 0 if joins(parts) else len(firsts)
    return CallPlan("find objects", detector.card, least, len(sets), longest, 1, REPLY)


def _reasoned(
    every: Sequence[Asked], least: int, parts: Parts, config: JudgeConfig, judge: Model
) -> Iterator[CallPlan]:
    """Reasoning and its rating: one turn or two."""
    plan = partial(CallPlan, card=judge.card, least=least, most=len(every), images=1)
    if parts.one_turn and judge.capabilities.schema:
        weighed = max((text_tokens(asked.weigh) for asked in every), default=0)
        yield plan("reason", text_tokens=weighed, completion_tokens=config.reason_tokens)
        return
    opening = max((text_tokens(asked.reason) for asked in every), default=0)
    closing = max((text_tokens(asked.summary, asked.prompt) for asked in every), default=0)
    yield plan("reason", text_tokens=opening, completion_tokens=config.reason_tokens)
    dialogue = opening + config.reason_tokens + closing
    if judge.capabilities.schema:
        yield plan("sum up", text_tokens=dialogue, completion_tokens=REPLY)
    else:
        yield plan("sum up", text_tokens=dialogue, samples=samples_of(judge))


def _graded(scale: Scale, config: AssessConfig, judge: Model, rows: int) -> Iterator[CallPlan]:
    """Two turns: description, then the grade; and once the grade without a picture."""
    if judge.capabilities.scene:
        yield CallPlan("look", judge.card, 1, 1, images=1)
        return
    opening = text_tokens(render("describe", question=scale.question))
    closing = text_tokens(render("grade", question=scale.question, scale=scale.lines))
    samples, grade = samples_of(judge), closing
    if "describe" not in config.without:
        yield CallPlan("describe", judge.card, 1, 1, opening, 1, config.describe_tokens)
        grade += opening + config.describe_tokens
    yield CallPlan("grade", judge.card, 1, 1, grade, 1, samples=samples)
    if "debias" not in config.without:
        # Counted letters are not debiased: whether they must be counted shows with the first.
        once = min(1, rows)
        least = 0 if samples else once
        yield CallPlan(
            "grade without image", judge.card, least, once, closing, samples=samples, shared=True
        )
