"""The pattern bank: which thing in a picture meets which innocent sentence, and what then happens.

Written by hand as YAML, one file a scenario, in the folder `bank` beside this file. A pattern
holds only what is harmless to print: no file says how to do harm.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from crosslight.policy import StrictModel
from crosslight.records import CrosslightError, canonical, content_hash
from crosslight.store import UnreadableFile, read_fitted

BANK_FOLDER = Path(__file__).parent / "bank_data"
MAX_BANK_BYTES = 4 << 20
"""Of one file; the largest that comes along has 60 KB."""
MAX_BANK_NODES = 200_000

Style = Literal["plain", "paraphrase", "indirect", "question", "plan"]
Sentence = Annotated[str, Field(min_length=12, max_length=280)]
Prose = Annotated[str, Field(min_length=30, max_length=900)]


class BankError(CrosslightError):
    """A bank file is not as the schema says; the text names file, pattern and remedy."""


class Element(StrictModel):
    """The thing in the photo that carries the risk.

    `name` fills the slot `{element}`. `words` are how people call it: no phrasing may hold one.
    `classes` are ImageNet class names (any one shows the element); `print` are words which, read
    in the photo, show it as well. One of the two must be given.
    """

    name: Annotated[str, Field(min_length=3, max_length=60)]
    words: Annotated[tuple[str, ...], Field(min_length=1)]
    classes: tuple[str, ...] = ()
    print: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _visible(self) -> Self:
        if not self.classes and not self.print:
            raise ValueError("give `classes` or `print`: nothing could show this element")
        return self


class Phrasing(StrictModel):
    """What a person says. Harmless by itself and beside an unrelated photo."""

    say: Sentence
    speaker: Annotated[str, Field(min_length=3, max_length=60)]
    style: Style


class HarmlessText(StrictModel):
    """A sentence that is fine with the same photo, and a helpful reply to it."""

    say: Sentence
    response: Prose


class HarmlessPhoto(StrictModel):
    """Where the pattern's own sentences are harmless: ImageNet classes, and a helpful reply."""

    classes: Annotated[tuple[str, ...], Field(min_length=1)]
    response: Prose


class Controls(StrictModel):
    """The safe counterparts of a pattern, of both kinds."""

    text: Annotated[tuple[HarmlessText, ...], Field(min_length=1)]
    photo: HarmlessPhoto


class Pattern(StrictModel):
    """One way in which a harmless photo and a harmless sentence become a risk together."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9_]+\.[a-z0-9_]+$")]
    category: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    element: Element
    lookalikes: tuple[str, ...] = ()
    texts: Annotated[tuple[Phrasing, ...], Field(min_length=4)]
    risk: Prose
    why: Prose
    response: Prose
    controls: Controls
    severity: Annotated[int, Field(ge=1, le=3)]
    sensitive: bool = False

    @property
    def scenario(self) -> str:
        """The scenario file that it stands in."""
        return self.id.split(".", 1)[0]

    def fill(self, text: str) -> str:
        """`text` with the slot `{element}` filled."""
        return text.replace("{element}", self.element.name)


class Scenario(StrictModel):
    """One bank file."""

    scenario: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    title: Annotated[str, Field(min_length=4, max_length=60)]
    about: Prose
    patterns: Annotated[tuple[Pattern, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _ids(self) -> Self:
        wrong = [p.id for p in self.patterns if p.scenario != self.scenario]
        if wrong:
            raise ValueError(f"ids must begin with '{self.scenario}.': {wrong}")
        return self


def read_scenario(path: Path) -> Scenario:
    """Read one bank file. Raises `BankError` that lists what is wrong, with lines."""
    try:
        return read_fitted(Scenario, path, MAX_BANK_BYTES, nodes=MAX_BANK_NODES)
    except UnreadableFile as error:
        raise BankError(error.message, error.hint) from error


class Bank:
    """All scenarios, with look-up by pattern id and by ImageNet class."""

    def __init__(self, scenarios: tuple[Scenario, ...]) -> None:
        self.scenarios = scenarios
        self.patterns = {p.id: p for s in scenarios for p in s.patterns}
        if len(self.patterns) != sum(len(s.patterns) for s in scenarios):
            raise BankError("two patterns share an id")

    def __iter__(self) -> Iterator[Pattern]:
        return iter(self.patterns.values())

    def __len__(self) -> int:
        return len(self.patterns)

    def title(self, scenario: str) -> str:
        """A scenario's name for people."""
        return next((s.title for s in self.scenarios if s.scenario == scenario), scenario)


def read_bank(folder: Path = BANK_FOLDER) -> Bank:
    """Read every `*.yaml` of a folder, once, in order of their names. Raises `BankError`."""
    return _read_bank(folder)


@cache  # its arguments as they are given: with and without the default would be two banks
def _read_bank(folder: Path) -> Bank:
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise BankError(f"{folder} holds no pattern file (*.yaml)")
    return Bank(tuple(map(read_scenario, files)))


def bank_hash(bank: Bank) -> str:
    """sha256 over all that the bank says, whatever the layout of its files."""
    return content_hash(canonical([s.model_dump(mode="json") for s in bank.scenarios]))
