"""Numbers that cannot be are not believed: of an endpoint they are a bad answer, of a store none.

A probability of 7 would decide a verdict, a count of 10**26 tokens would stop a run.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from crosslight.models import Answer, BadAnswer, Choice, TokenLogprob, Usage
from crosslight.store import Record

EPSILON = 1e-3
"""What rounding may add to a probability, to a sum of them, and to a logarithm."""
MOST_TOKENS = 2**53 - 1
"""Of one call: whole numbers that JSON, SQLite and a float all keep."""
MOST_USD = 1e6
"""Of one call."""
MOST_SAMPLES = 2**20
METHODS = frozenset({"logprobs", "samples", "text"})
HINT = "see crosslight doctor"


def check_choice(choice: Choice, options: Sequence[str]) -> None:
    """Raises BadAnswer unless the probabilities are a distribution over `options`."""
    values = choice.probabilities
    if list(values) != list(options) and set(values) != set(options):
        raise BadAnswer(f"probabilities of other options: {list(values)[:8]!r}"[:200], hint=HINT)
    if not all(map(_probability, [*values.values(), choice.outside_mass])):
        raise BadAnswer("a probability is not a number from 0 to 1", hint=HINT)
    total = sum(values.values())
    if abs(total - 1.0) > EPSILON:
        raise BadAnswer(f"probabilities that sum to {total:.4g}", hint=HINT)
    if not _count(choice.samples, MOST_SAMPLES) or not _count(choice.room):
        raise BadAnswer("an impossible number of samples or of tokens of room", hint=HINT)
    if choice.method not in METHODS:
        raise BadAnswer("an unknown method of choosing", hint=HINT)
    ends = [end for interval in choice.intervals.values() for end in interval]
    if set(choice.intervals) - set(options) or not all(
        map(_probability, [*ends, choice.unknown_mass])
    ):
        raise BadAnswer("an interval of probabilities that is none", hint=HINT)


def check_logprobs(tokens: Iterable[TokenLogprob]) -> None:
    """Raises BadAnswer for what is no logarithm of a probability. That of zero is one."""
    for token in tokens:
        values = (token.logprob, *(value for _, value in token.top))
        if not all(_number(value) and value <= EPSILON for value in values):
            raise BadAnswer("a log-probability that is none", hint=HINT)


def check_vectors(vectors: Any, count: int) -> None:
    """Raises BadAnswer unless there are `count` finite vectors of one length, above zero."""
    shape = np.shape(vectors)
    if len(shape) != 2 or shape[0] != count or not shape[1] or not np.isfinite(vectors).all():
        raise BadAnswer(f"{count} vectors were asked for, and no such came", hint=HINT)


def check_parsed(value: Any) -> None:
    """Raises BadAnswer for JSON with a number that is none (`1e999`)."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
        elif isinstance(part, float) and not math.isfinite(part):
            raise BadAnswer("the JSON holds a number that is none", hint=HINT)


def check_answer_numbers(answer: Answer) -> None:
    """Raises BadAnswer for an impossible number in an answer."""
    check_logprobs(answer.logprobs)
    check_parsed(answer.parsed)


def sane_usage(told: Usage) -> Usage:
    """The usage; an impossible count or price is one that was not told."""
    prompt, completion = (
        value if _count(value) else 0 for value in (told.prompt_tokens, told.completion_tokens)
    )
    usd = told.cost_usd if _usd(told.cost_usd) else 0.0
    return Usage(prompt, completion, usd)


def sound(record: Record) -> bool:
    """Whether a record's fields are of their types and ranges: SQLite keeps any value anywhere."""
    texts = (record.task, record.model, record.status, record.value, record.request)
    return (
        all(isinstance(text, str) for text in (*texts, record.message, record.hint))
        and isinstance(record.vector, bytes)
        and _count(record.prompt_tokens)
        and _count(record.completion_tokens)
        and _count(record.count)
        and _usd(record.cost_usd)
    )


def _number(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and not (isinstance(value, float) and math.isnan(value))


def _probability(value: Any) -> bool:
    return _number(value) and 0.0 <= value <= 1.0 + EPSILON


def _count(value: Any, most: int = MOST_TOKENS) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _usd(value: Any) -> bool:
    return _number(value) and 0.0 <= value <= MOST_USD
