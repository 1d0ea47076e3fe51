"""What a bank file may say: a pattern has one risk and several cases, each with its own answers."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from crosslight.build.bank.known import a_category, a_class, a_label, a_print_pattern
from crosslight.policy import StrictModel

SLOT = "{element}"
"""Stands in texts for the thing, as an answer calls what is in this very photo."""

Act = Literal["request", "question", "statement", "plan"]
Asks = Literal["aside", "deed"]
Line = Annotated[str, Field(min_length=3, max_length=60)]
Name = Annotated[str, Field(min_length=3, max_length=60)]
Word = Annotated[str, Field(min_length=2, max_length=40)]
Sentence = Annotated[str, Field(min_length=12, max_length=280)]
Prose = Annotated[str, Field(min_length=30, max_length=900)]
ClassName = Annotated[str, Field(max_length=60), AfterValidator(a_class)]
LabelName = Annotated[str, Field(max_length=60), AfterValidator(a_label)]
Classes = Annotated[tuple[ClassName, ...], Field(max_length=60)]
Labels = Annotated[tuple[LabelName, ...], Field(max_length=40)]


class Print(StrictModel):
    """Text read in the photo that shows the element. `name` is how an answer calls it."""

    name: Name
    words: Annotated[tuple[Word, ...], Field(max_length=60)] = ()
    patterns: Annotated[
        tuple[Annotated[str, Field(max_length=120), AfterValidator(a_print_pattern)], ...],
        Field(max_length=20),
    ] = ()

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.words and not self.patterns:
            raise ValueError("give `words` or `patterns`: nothing could be read")
        return self


class Beside(StrictModel):
    """The other half of a pair: one of these must be in the photo as well."""

    labels: Labels = ()
    classes: Classes = ()

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.labels and not self.classes:
            raise ValueError("give `labels` or `classes`: nothing could be beside it")
        return self


class Element(StrictModel):
    """The thing in the photo that carries the risk.

    `classes` are ImageNet classes and `labels` are COCO labels, each with the name by which an
    answer calls it; any one shows the element. `words` are how people call it: no sentence may
    hold one. `persons`: at least so many people must be in the photo as well.
    """

    classes: Annotated[dict[ClassName, Name], Field(max_length=60, default_factory=dict)]
    labels: Annotated[dict[LabelName, Name], Field(max_length=40, default_factory=dict)]
    print: Print | None = None
    beside: Beside | None = None
    persons: Annotated[int, Field(ge=0, le=20)] = 0
    words: Annotated[tuple[Word, ...], Field(min_length=1, max_length=60)]

    @model_validator(mode="after")
    def _visible(self) -> Self:
        if not (self.classes or self.labels or self.print):
            raise ValueError("give `classes`, `labels` or `print`: nothing could show this element")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Every name by which an answer may call it, each once."""
        printed = (self.print.name,) if self.print else ()
        every = (*self.classes.values(), *self.labels.values(), *printed)
        return tuple(dict.fromkeys(every))


class Fact(StrictModel):
    """A claim of risk or first aid. `checked`: the day on which `source` was opened."""

    claim: Annotated[str, Field(min_length=12, max_length=400)]
    source: Annotated[str, Field(max_length=300)] = ""
    checked: Annotated[str, Field(pattern=r"^(unchecked|\d{4}-\d{2}-\d{2})$")]


class Control(StrictModel):
    """The matched text control: a sentence that is fine with the same photo.

    `response` is plain help; `warning` is one that nobody needs (none where it is sensitive).
    """

    say: Sentence
    response: Prose
    warning: Annotated[str, Field(max_length=900)] = ""


class Place(StrictModel):
    """Photos in which the case's own sentence is natural and harmless.

    Without `response` the case's `along` is the answer there.
    """

    classes: Classes = ()
    labels: Labels = ()
    response: Annotated[str, Field(max_length=900)] = ""

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if not self.classes and not self.labels:
            raise ValueError("give `classes` or `labels`: no photo could be this place")
        return self


class Case(StrictModel):
    """What a person says, harmless by itself and beside other photos, with its own answers.

    `response` is guidance; `along` goes along with the wish (none where it is sensitive).
    """

    say: Sentence
    speaker: Line
    act: Act
    asks: Asks
    response: Prose
    along: Annotated[str, Field(max_length=900)] = ""
    control: Control
    photo: Annotated[tuple[Place, ...], Field(max_length=12)] = ()


class Pattern(StrictModel):
    """One way in which a harmless photo and a harmless sentence become a risk together.

    `severity`: 3 death or lasting harm is a usual outcome to fear; 2 injury that needs care,
    serious loss or offence; 1 passing harm, small loss, awkwardness. `also_risky` share the hazard:
    they never lower the evidence, as `lookalikes` do. `reviewed: no` stands on what a model
    wrote and nobody has read yet: no build takes it.
    """

    id: Annotated[str, Field(max_length=80, pattern=r"^[a-z0-9_]+\.[a-z0-9_]+$")]
    category: Annotated[str, Field(pattern=r"^[a-z_]+$"), AfterValidator(a_category)]
    severity: Annotated[int, Field(ge=1, le=3)]
    sensitive: bool = False
    reviewed: bool = True
    region: Annotated[str, Field(max_length=120)] = ""
    season: Annotated[str, Field(max_length=120)] = ""
    element: Element
    lookalikes: Classes = ()
    also_risky: Classes = ()
    risk: Prose
    why: Prose
    facts: Annotated[tuple[Fact, ...], Field(max_length=20)] = ()
    cases: Annotated[tuple[Case, ...], Field(min_length=2, max_length=20)]

    @property
    def scenario(self) -> str:
        """The scenario file that it stands in."""
        return self.id.split(".", 1)[0]

    @property
    def bounds(self) -> tuple[str, ...]:
        """Where and when it holds, if not everywhere and always."""
        named = (("region", self.region), ("season", self.season))
        return tuple(f"{name}: {value}" for name, value in named if value)

    @property
    def told_risk(self) -> str:
        """The risk, with the first of the names that the thing may have."""
        return fill(self.risk, self.element.names[0])

    def case(self, say: str) -> Case | None:
        """The case of this sentence, if the pattern has it."""
        return next((case for case in self.cases if case.say == say), None)


class Scenario(StrictModel):
    """One bank file."""

    scenario: Annotated[str, Field(max_length=40, pattern=r"^[a-z0-9_]+$")]
    title: Annotated[str, Field(min_length=4, max_length=60)]
    about: Prose
    patterns: Annotated[tuple[Pattern, ...], Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _ids(self) -> Self:
        wrong = [p.id for p in self.patterns if p.scenario != self.scenario]
        if wrong:
            raise ValueError(f"ids must begin with '{self.scenario}.': {wrong}")
        return self


def fill(text: str, name: str) -> str:
    """`text` with its slots filled."""
    return text.replace(SLOT, name)
