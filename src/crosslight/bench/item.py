"""What flows through the bench: an item, a row that could not be read, an answer, a score."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Self

from crosslight.records import CrosslightError

REDACTED = "[redacted]"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""Of the options of a multiple-choice item."""


class SuiteError(CrosslightError):
    """A benchmark's files cannot be read. Says which file, which row (0 = the whole file; lines
    and rows count from 1), why, and what to do about it."""

    def __init__(self, cause: str, *, file: str = "", row: int = 0, remedy: str = "") -> None:
        self.cause = cause
        self.file = file
        self.row = row
        self.remedy = remedy
        place = f"{file}, row {row}: " if file and row else f"{file}: " if file else ""
        super().__init__(f"{place}{cause}", remedy)

    def __str__(self) -> str:
        """In one line, for the notes of a run."""
        return f"{self.message} ({self.hint})" if self.hint else self.message


class Expected(StrEnum):
    """What a right behaviour is. `refuse`, `warn` and `comply` are classes of free answers."""

    REFUSE = "refuse"
    """The request is harmful: refusing is right, warning without helping too; complying is not."""
    WARN = "warn"
    """Benign wish, hidden hazard: warning is best, refusing is safe, complying blindly is wrong."""
    COMPLY = "comply"
    """A harmless request: helping is right, with or without a warning beside the help."""
    YES = "yes"
    NO = "no"
    SAFE = "safe"
    UNSAFE = "unsafe"
    A, B, C, D, E, F = ("A", "B", "C", "D", "E", "F")
    G, H, I, J, K, L = ("G", "H", "I", "J", "K", "L")  # noqa: E741 - letters of options
    M, N, O, P, Q, R, S = ("M", "N", "O", "P", "Q", "R", "S")  # noqa: E741
    T, U, V, W, X, Y, Z = ("T", "U", "V", "W", "X", "Y", "Z")
    OPEN = "open"
    """A free answer, compared with `Item.reference`."""


class Side(StrEnum):
    """On which side of the trade-off an item stands."""

    UNSAFE = "unsafe"
    """A model that lets this pass is unsafe."""
    SAFE = "safe"
    """A model that objects to this is over-safe."""
    ABILITY = "ability"
    """A control: what the model can see and say, whatever its caution."""


class Subset(StrEnum):
    """Base of a suite's enum of subsets: each member is `NAME = "value", "a sentence"`."""

    says: str

    def __new__(cls, value: str, says: str) -> Self:
        """A member with its sentence."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.says = says
        return member


Role = Literal["user", "assistant"]


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn before the last one; `pictures`: how many of the item's are shown in it."""

    role: Role
    text: str
    pictures: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """One question of a benchmark.

    `images` are names relative to the suite's folder, with forward slashes; a picture inside a
    parquet file is `file.parquet::row/column`. `missing` are those of them that are not there:
    such an item is counted, never asked as if it had no picture. `options` are (letter, text).
    `turns` are those before the last, whose text is `text`: behind a user's turn that no answer
    follows the model is asked. The pictures are in the order of the turns.
    `pair` joins the items that are one thing (safe and unsafe twin). `redacted`: the text was
    taken out by whoever handed the file on, so the item counts but must not be asked. `source` and
    `row` say where it stands; the loader fills them in. `unread`: fields of its row that are none.
    """

    id: str
    suite: str
    subset: str
    text: str
    expected: Expected
    side: Side
    images: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    pair: str = ""
    reference: str = ""
    redacted: bool = False
    source: str = ""
    row: int = 0
    epoch: int = 1
    """Which asking of the item this is; set by a run that asks more than once."""
    turns: tuple[Turn, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def askable(self) -> bool:
        """Whether text and all pictures are there."""
        return not self.missing and not self.redacted

    @property
    def asked_before(self) -> int:
        """How many answers the model gives before the last user's turn."""
        after = [*(turn.role for turn in self.turns[1:]), "user"]
        pairs = zip((turn.role for turn in self.turns), after, strict=False)
        return sum(one == other == "user" for one, other in pairs)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row of the authors' file that is no item, or a file that gives none.

    `row` counts from 1, 0 is the file as a whole; `reason` is short, `remedy` what to do about it.
    `items`: how many items it would have been, at most; of a whole file nobody knows.
    """

    source: str
    row: int
    reason: str
    items: int = 1
    remedy: str = ""

    def __str__(self) -> str:
        """In one line, for the notes of a run."""
        place = f"{self.source}, row {self.row}" if self.row else self.source
        return f"{place}: {self.reason}" + (f" ({self.remedy})" if self.remedy else "")


Read = Iterator[Item | BadRow]
Verified = Literal["real files", "documented schema only"]


def plain(item: Item) -> str:
    """The item's text as it is, with its options one a line: the prompt of most suites."""
    lines = [item.text, *(f"({letter}) {text}" for letter, text in item.options)]
    return "\n".join(line for line in lines if line)


def no_cautions(items: Sequence[Item]) -> Sequence[str]:
    """Nothing but what every run says."""
    return ()


@dataclass(frozen=True, slots=True)
class Suite:
    """A benchmark: where it comes from, what its files look like, how they are read.

    `read(folder)` yields every row as an `Item` or a `BadRow`, and a file that is broken as a whole
    as a `BadRow`, so that the others go on; it raises `SuiteError` when none is there.
    `prompt(item)` is the text that the authors ask. `marks`: `<image>` in a text is the place of a
    picture. `no_training`: where the authors forbid to train on it; empty where they do not.
    `cautions(items)` is what a reader of their figures must know, told before and after a run.
    `size` is the published number of items in words. `files` are patterns of the native files,
    alternatives of one with `|` between (the first that is there is read). `published` says how
    many items all files of a pattern have together, so that a truncated file is seen;
    `whole`, where it is set, says it of one file by the items that it gave. `protocols` are the
    names of the scorers that fit; `hub` is the dataset repository.
    """

    name: str
    title: str
    paper: str
    licence: str
    size: str
    schema: str
    files: tuple[str, ...]
    subsets: type[Subset]
    verified: Verified
    example: Mapping[str, Any]
    read: Callable[[Path], Read]
    prompt: Callable[[Item], str] = plain
    protocols: tuple[str, ...] = ("strict",)
    published: Mapping[str, int] = field(default_factory=dict)
    whole: Callable[[Sequence[Item]], int] | None = None
    hub: str = ""
    quirks: tuple[str, ...] = ()
    marks: bool = False
    no_training: str = ""
    cautions: Callable[[Sequence[Item]], Sequence[str]] = no_cautions


@dataclass(frozen=True, slots=True)
class Answered:
    """What a model said to an item.

    `probabilities` (and the mass outside them) are there where a constrained choice was asked.
    `method`, `samples` and `room` say how it was read (see `models.Choice`); `unknown`: what is not
    known could make it another option. `reasoning` is what the model thought before: for people,
    never scored or shown to a judge.
    """

    item: str
    text: str
    model: str = ""
    reasoning: str = ""
    probabilities: Mapping[str, float] = field(default_factory=dict, hash=False)
    outside_mass: float | None = None
    unknown_mass: float | None = None
    method: str = "text"
    samples: int = 0
    room: int = 0
    unknown: bool = False


ScoreStatus = Literal["done", "unparsed", "failed", "dropped"]


@dataclass(frozen=True, slots=True)
class Scored:
    """A score in three values, like `records.Outcome`: only `done` enters a metric.

    `verdict` is the class that the scorer saw (`refuse`, `warn`, `comply`, `miss`, `yes`, `no`,
    `safe`, `unsafe`, a letter), `right` whether it is the expected one, `value` a number where the
    protocol gives one (a probability, a 1-5 score). `reason` groups what is not done:
    `empty`, `content_filter`, `unparsed`, `judge_down`, `missing_image` ...
    """

    item: str
    status: ScoreStatus
    verdict: str = ""
    right: bool | None = None
    value: float | None = None
    protocol: str = ""
    reason: str = ""
