"""Wordings that were found wrong once, so that none of them comes back."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from crosslight.build.bank import Pattern
from crosslight.build.bank_lint.answers import answers_of
from crosslight.build.bank_lint.finding import Finding, Spot
from crosslight.build.bank_lint.wording import has_phrase, sentences
from crosslight.policy import StrictModel
from crosslight.store import read_fitted

TABLE = Path(__file__).with_name("known_errors.yaml")
MAX_BYTES = 1 << 18


class _Error(StrictModel):
    words: Annotated[tuple[str, ...], Field(min_length=1, max_length=6)]
    categories: tuple[str, ...] = ()
    wrong: str
    remedy: str


class _Errors(StrictModel):
    errors: tuple[_Error, ...]


@cache
def _known() -> tuple[_Error, ...]:
    return read_fitted(_Errors, TABLE, MAX_BYTES).errors


def lint_known(pattern: Pattern, spot: Spot) -> Iterator[Finding]:
    """Sentences of one pattern that repeat a known error; whoever writes judges."""
    for key, text, where in _texts(pattern, spot):
        for sentence in sentences(text):
            for known in _known():
                here = not known.categories or pattern.category in known.categories
                if here and all(has_phrase(sentence, words) for words in known.words):
                    said = " + ".join(known.words)
                    yield where.should(key, f"says '{said}': {known.wrong}", known.remedy)


def _texts(pattern: Pattern, spot: Spot) -> Iterator[tuple[str, str, Spot]]:
    yield "risk", pattern.risk, spot
    for at, fact in enumerate(pattern.facts):
        yield "claim", fact.claim, spot.inside("facts", at, part=f"fact {at + 1}")
    for at, case in enumerate(pattern.cases):
        inner = spot.inside("cases", at, case=at + 1)
        yield "say", case.say, inner
        for one in answers_of(case, inner):
            yield one.key, one.text, one.spot
