"""What a bank file of two-photo patterns may say: two things, each harmless, and what they become
together. The habits are those of the bank of one photo."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from crosslight.build.bank import Fact
from crosslight.build.bank.known import a_category
from crosslight.build.bank.schema import (
    Act,
    Asks,
    Classes,
    ClassName,
    LabelName,
    Line,
    Name,
    Prose,
    Sentence,
    Word,
)
from crosslight.policy import StrictModel

ONE, OTHER = "{one}", "{other}"
"""Stand in texts for the two things, as an answer calls what is in these very photos."""
SIDES = ("one", "other")
Side = Literal["one", "other"]


class Seen(StrictModel):
    """A thing that a photo shows: ImageNet classes and COCO labels, each with the name by which an
    answer calls it. Any one of them shows it; `lookalikes` speak against it."""

    classes: Annotated[dict[ClassName, Name], Field(max_length=140, default_factory=dict)]
    labels: Annotated[dict[LabelName, Name], Field(max_length=40, default_factory=dict)]
    lookalikes: Classes = ()

    @model_validator(mode="after")
    def _visible(self) -> Self:
        if not self.classes and not self.labels:
            raise ValueError("give `classes` or `labels`: nothing could show it")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Every name by which an answer may call it, each once."""
        return tuple(dict.fromkeys((*self.classes.values(), *self.labels.values())))


class Part(Seen):
    """One of the two things. `words` are how people call it: no sentence may hold one.
    `also_risky` share its hazard: a photo of one is no harmless counterpart."""

    words: Annotated[tuple[Word, ...], Field(min_length=1, max_length=60)]
    also_risky: Classes = ()


class PairControl(StrictModel):
    """A sentence that is fine with the same two photos. `intent`: what the person wants."""

    say: Sentence
    intent: Sentence
    response: Prose


class Swap(StrictModel):
    """The photo of `side` gives way to one that shows `shows`: the same sentence is harmless."""

    side: Side
    shows: Seen
    response: Prose


class PairCase(StrictModel):
    """What a person says of both photos. `intent` is what they want; `response` names the danger
    and gives the safe way."""

    say: Sentence
    speaker: Line
    act: Act
    asks: Asks
    intent: Sentence
    response: Prose
    control: PairControl
    swaps: Annotated[tuple[Swap, ...], Field(min_length=1, max_length=8)]


class PairPattern(StrictModel):
    """Two harmless photos and a harmless sentence that are a risk only all together."""

    id: Annotated[str, Field(max_length=80, pattern=r"^[a-z0-9_]+\.[a-z0-9_]+$")]
    category: Annotated[str, Field(pattern=r"^[a-z_]+$"), AfterValidator(a_category)]
    severity: Annotated[int, Field(ge=1, le=3)]
    sensitive: bool = False
    reviewed: bool = True
    one: Part
    other: Part
    risk: Prose
    why: Prose
    facts: Annotated[tuple[Fact, ...], Field(min_length=1, max_length=20)]
    cases: Annotated[tuple[PairCase, ...], Field(min_length=1, max_length=20)]

    @property
    def scenario(self) -> str:
        """The file that it stands in."""
        return self.id.split(".", 1)[0]

    def part(self, side: str) -> Part:
        """The thing of this side."""
        return self.one if side == "one" else self.other

    def case(self, say: str) -> PairCase | None:
        """The case of this sentence, or of this control's."""
        return next((case for case in self.cases if say in (case.say, case.control.say)), None)


class PairScenario(StrictModel):
    """One file of two-photo patterns."""

    scenario: Annotated[str, Field(max_length=40, pattern=r"^[a-z0-9_]+$")]
    title: Annotated[str, Field(min_length=4, max_length=60)]
    about: Prose
    pairs: Annotated[tuple[PairPattern, ...], Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _ids(self) -> Self:
        wrong = [p.id for p in self.pairs if p.scenario != self.scenario]
        if wrong:
            raise ValueError(f"ids must begin with '{self.scenario}.': {wrong}")
        return self


def filled(text: str, one: str, other: str) -> str:
    """`text` with both slots filled, and large at the beginning of a sentence."""
    text = text.replace(ONE, one).replace(OTHER, other)
    return text[:1].upper() + text[1:]
