"""From how many to how many calls questions, replies, their grading and their comparison can take:
for dry runs."""

from collections.abc import Iterator, Mapping
from functools import partial

from crosslight.flow import CallPlan, samples_of, text_tokens
from crosslight.models import Model
from crosslight.prefer.annotate.ask import ANNOTATOR, NOTE_TOKENS
from crosslight.prefer.annotate.probes import KINDS
from crosslight.prefer.asking import AUTHOR, GUARD, RESPONDER, AskConfig
from crosslight.prefer.prompts import render
from crosslight.prefer.questions.choose import offered
from crosslight.prefer.questions.tree import tree_leaves
from crosslight.prefer.verdict import Axis

FORMS = 3
QUESTION_TOKENS, AUTHOR_TOKENS, LEAF_TOKENS = 60, 500, 60
READ = ("answer_detail", "answer_helps_harm", "answer_refuses", "answer_reads_photo")


def ask_plans(models: Mapping[str, Model], config: AskConfig, *, given: bool) -> Iterator[CallPlan]:
    """The calls of one row: a photo, or (`given`) a question that came with its photo."""
    most = 1 if given else FORMS * config.per_photo
    if not given:
        yield from _written(models[AUTHOR], config)
    yield from _checked(models[GUARD], given, most)
    guard, answered = models[GUARD], 0
    for role, model in models.items():
        if role.partition(" ")[0] == RESPONDER:
            answered += 1
            tokens = config.answer_tokens
            yield CallPlan("answers", model.card, 0, most, QUESTION_TOKENS, 1, tokens)
    reply = text_tokens(*(render(name, question="", answer="") for name in READ)) // len(READ)
    yield CallPlan(
        *("grade", guard.card, 0, most * answered * len(READ)),
        text_tokens=reply + QUESTION_TOKENS + config.answer_tokens,
        images=1,
        samples=samples_of(guard),
    )


def compare_plans(
    models: Mapping[str, Model],
    config: AskConfig,
    *,
    rows: int,
    given: bool,
    probes: int,
    labelled: int = 0,
) -> Iterator[CallPlan]:
    """The annotator's calls, both orders: of one row, and (`shared`) of all probes and of so many
    labelled pairs. A probe is made of a reply, so `rows` bound them."""
    annotator = models[ANNOTATOR]
    questions = 1 if given else FORMS * config.per_photo
    responders = sum(role.partition(" ")[0] == RESPONDER for role in models)
    made = len(KINDS) * min(probes, rows * questions * responders)
    for step, least, most in (
        ("compare", 0, questions),
        ("probes", 0, made),
        ("labelled", labelled, labelled),
    ):
        yield from _contests(annotator, config, step, least, most, shared=step != "compare")


def _contests(
    annotator: Model, config: AskConfig, step: str, least: int, most: int, *, shared: bool
) -> Iterator[CallPlan]:
    """Notes, and a verdict by each axis, in two orders."""
    read = QUESTION_TOKENS + 2 * config.answer_tokens
    asked = {"question": "", "first": "", "second": ""}
    yield CallPlan(
        f"{step}: notes",
        annotator.card,
        2 * least,
        2 * most,
        text_tokens=read + text_tokens(render("compare", **asked)),
        images=1,
        completion_tokens=NOTE_TOKENS,
        shared=shared,
    )
    longest = max(text_tokens(render(f"compare_{axis}", **asked, notes="")) for axis in Axis)
    each = 2 * len(Axis)
    yield CallPlan(
        f"{step}: verdicts",
        annotator.card,
        each * least,
        each * most,
        text_tokens=read + NOTE_TOKENS + longest,
        images=1,
        samples=samples_of(annotator),
        shared=shared,
    )


def _written(author: Model, config: AskConfig) -> Iterator[CallPlan]:
    leaves = offered(config)
    asked = text_tokens(render("choose_leaves", leaves=leaves, n=config.per_photo))
    call = partial(CallPlan, card=author.card, images=1)
    yield call("choose_leaves", least=1, most=1, text_tokens=asked, completion_tokens=400)
    told = render("questions", leaf=leaves[0], thing="", hard=True, lever="", others=())
    yield call(
        "questions",
        least=0,
        most=config.per_photo,
        text_tokens=text_tokens(told),
        completion_tokens=AUTHOR_TOKENS,
    )


def _checked(guard: Model, given: bool, most: int) -> Iterator[CallPlan]:
    """What is read of a question: two or three numbers, and for a written one three before."""
    call = partial(CallPlan, card=guard.card, images=1)
    numbers = ("side", "matters", *(() if given else ("points", "premise", "detail_question")))
    longest = max(text_tokens(render(name, text="")) for name in numbers)
    least = len(numbers) if given else 0
    yield call(
        "check_question",
        least=least,
        most=most * len(numbers),
        text_tokens=longest + QUESTION_TOKENS,
        samples=samples_of(guard),
    )
    listed = text_tokens(render("leaf", text="", leaves=tree_leaves()))
    yield call(
        "leaf",
        least=1 if given else 0,
        most=most,
        text_tokens=listed + QUESTION_TOKENS,
        completion_tokens=LEAF_TOKENS,
    )
