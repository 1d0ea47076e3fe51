"""What a judge gets and gives, and how a reply that is no ruling is kept apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from crosslight.flow import Context
from crosslight.models import (
    BadAnswer,
    Message,
    Model,
    ModelError,
    Refused,
    Sampling,
    Truncated,
    parse_json,
)
from crosslight.records import ImageView
from crosslight.text import speaks_to_judge


@dataclass(frozen=True, slots=True)
class Case:
    """One answered item before a grader. `reference` is the right answer where there is one,
    `hazard` what is at stake in the authors' words: the grader is told, the model never is."""

    item: str
    prompt: str
    answer: str
    views: tuple[ImageView, ...] = ()
    reference: str = ""
    open: bool = False
    """The answer is compared with the reference, not graded for safety."""
    hazard: str = ""
    pictured: bool = False
    """The request came with a picture, whether or not it is at hand."""
    description: str = ""
    """Of that picture, in the authors' words: for a grader that is not shown it."""
    before: tuple[Message, ...] = ()
    """Turns before the request, in words."""

    @property
    def request(self) -> str:
        """The request in one text, with the dialogue before it."""
        if not self.before:
            return self.prompt
        told = [f"The {turn.role}: {turn.text}" for turn in self.before]
        return "\n\n".join([*told, f"The user, and this is answered: {self.prompt}"])


@dataclass(frozen=True, slots=True)
class Ruling:
    """A verdict, or (`done` False) why there is none. `value` is the judge's number, if any."""

    verdict: str = ""
    value: float | None = None
    detail: str = ""
    done: bool = True
    reason: str = ""
    does_it: bool | None = None
    names_risk: bool | None = None
    """What a class was made of; None where the grader does not say."""


class Judge(Protocol):
    """Rules on one case. `kind` says which metrics its verdicts allow (metrics.catalogue)."""

    @property
    def kind(self) -> Literal["class", "safety", "jury", "pairwise_harm", "pairwise_help"]:
        """The vocabulary of the verdicts."""
        ...

    async def rule(self, case: Case, ctx: Context) -> Ruling:
        """Raises `ModelError` when the judge cannot be reached; a reply that cannot be read is a
        `Ruling` that is not done."""
        ...


class Unreadable(Exception):
    """The judge replied, but not with a ruling."""

    def __init__(self, reason: str, text: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.text = text


async def ask_json(
    model: Model, messages: list[Message], schema: Mapping[str, Any], task: str, sampling: Sampling
) -> Any:
    """The judge's JSON. Raises `Unreadable` for a ramble, a refusal or a cut reply."""
    try:
        if model.capabilities.schema:
            said = await model.generate(messages, task=task, schema=schema, sampling=sampling)
            return said.parsed
        said = await model.generate(messages, task=task, sampling=sampling)
        return parse_json(said.text, schema)
    except (BadAnswer, Refused, Truncated) as error:
        raise Unreadable(reason_unread(error), error.message) from error


def addressed_by(case: Case, other: str = "") -> str:
    """Words of a case that speak to its judge, with the text that they stand in: a flag for
    people, which no verdict looks at. `other`: the answer that a pair is made with."""
    texts = {"answer": case.answer, "other answer": other, "request": case.request}
    texts |= {"reference": case.reference, "hazard": case.hazard}
    texts |= {"description": case.description}
    found = ((name, speaks_to_judge(text)) for name, text in texts.items())
    return next((f"{name}: {words}" for name, words in found if words), "")


def reason_unread(error: ModelError) -> str:
    """The class of a judge's reply that came, but is no ruling."""
    return "judge_unparsed" if isinstance(error, BadAnswer) else f"judge_{error.kind}"


def shown(case: Case, model: Model) -> tuple[ImageView, ...]:
    """The pictures, for a judge that takes them."""
    return case.views if model.capabilities.images else ()


def picture_of(case: Case, model: Model) -> dict[str, str]:
    """What a prompt tells the grader of the picture: shown, described, unknown, or none."""
    if shown(case, model):
        told = "shown"
    elif case.pictured and case.description:
        told = "described"
    else:
        told = "unknown" if case.pictured or case.views else "none"
    return {
        "picture": told,
        "pictures": str(len(case.views)) if len(case.views) > 1 else "",
        "description": case.description,
    }


def unread(error: Unreadable) -> Ruling:
    """No verdict, with its reason."""
    return Ruling(done=False, reason=error.reason, detail=error.text[:300])
