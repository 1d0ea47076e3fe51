"""One question of a compiled rule, and the items and chains that questions stand in.

A chain is an AND of items, an item is an OR of questions (CLUE, arXiv 2501.00192, step 2). Who
answers a question, a model or the embedded perception, is not said here: `policy check` tells it.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from crosslight.policy.constitution import StrictModel, without_defaults
from crosslight.text import check_print

Phrase = Annotated[str, Field(min_length=3, max_length=300)]
Word = Annotated[str, Field(min_length=1, max_length=80)]
Kind = Annotated[
    str,
    Field(pattern=r"^(phone|card|email|iban|plate|url|words:[a-z][a-z0-9_-]{0,40})$"),
]
"""What printed text can be: a phone or card number, ..., or a word of a list."""
UNFILLED = "?"
"""Stands in a form where a person is to say what must be visible."""
Of = Annotated[str, Field(pattern=r"^([1-9][0-9]?\.[1-9][0-9]?)?$")]


class Print(StrictModel):
    """Printed words that the text reader looks for; no model is asked."""

    phrase: Annotated[str | None, Field(min_length=2, max_length=200)] = None
    regex: Annotated[str | None, Field(min_length=2, max_length=300)] = None
    kind: Kind | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        check_print(phrase=self.phrase or "", regex=self.regex or "", kind=self.kind or "")
        return self


class Count(StrictModel):
    """More than so many things of one kind, by the detector's boxes; no model is asked."""

    of: Word
    more_than: Annotated[int, Field(ge=0, le=1000)]


class Question(StrictModel):
    """Something that is visible or not, and the objects that it is about.

    `absent`: the rule wants it not to be there. The question is asked as it stands, and yes and no
    change places afterwards. `of`: an alternative of an earlier item of the chain, counted from 1
    (`item.alternative`); where that was a clear No, this is No and is not asked.
    """

    see: Phrase
    words: Annotated[tuple[Word, ...], Field(max_length=8)] = ()
    absent: bool = False
    of: Of = ""
    print: Print | None = None
    count: Count | None = None

    @field_validator("see", mode="before")
    @classmethod
    def _filled(cls, see: Any) -> Any:
        if see == UNFILLED:
            raise ValueError(
                "is not filled in yet: say what must be visible, e.g. a dog; or take the rule "
                "out of the file and let a model compile it"
            )
        return see

    @model_validator(mode="after")
    def _decided_once(self) -> Self:
        if self.print is not None and self.count is not None:
            raise ValueError("print and count are two questions")
        return self

    @model_serializer(mode="wrap")
    def _short(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without_defaults(dump(self), Question, ("absent", "of", "print", "count"))


class Item(StrictModel):
    """One precondition; any of its questions satisfies it."""

    any: Annotated[tuple[Question, ...], Field(min_length=1, max_length=12)]


Chain = Annotated[tuple[Item, ...], Field(min_length=1, max_length=12)]


def tie_of(chain: Sequence[Item], at: int, question: Question) -> tuple[int, int] | None:
    """The place in `chain`, counted from 0, that a question of item `at` is tied to. Raises
    `ValueError` where there is none before it."""
    if not question.of:
        return None
    item, alternative = (int(part) - 1 for part in question.of.split("."))
    if item >= at or alternative >= len(chain[item].any):
        raise ValueError(
            f"of: {question.of} is no alternative of an earlier item "
            f"(write item.alternative, counted from 1: this is item {at + 1})"
        )
    return item, alternative
