"""What a rating found: `rate.json`, and what page, Markdown and LaTeX are made of."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crosslight.runs import NotARunFolder, RunError, read_run
from crosslight.store import UnreadableFile, read_json

REPORT_FILE = "rate.json"
KIND = "rate"
Text = Annotated[str, Field(max_length=20_000)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Number(_Part):
    """A figure with its 95% interval."""

    value: float
    low: float
    high: float


class Cell(_Part):
    """A judge on a test set: its figures by measure, or why there is no AUC. `unknown`: test rows
    without a score."""

    test: Text
    figures: dict[str, Number] = {}
    reason: Text = ""
    own: bool = False
    unknown: int = 0
    q: float | None = None
    as_it_is: float | None = None
    flagged: bool = False


class Line(_Part):
    """A row of the matrix. `kind`: set, others, untuned. `words`: a bag of words' mean."""

    name: Text
    kind: str
    cells: tuple[Cell, ...]
    sets: int = 0
    mean: Number | None = None
    gain: Number | None = None
    p: float | None = None
    p_holm: float | None = None
    words: Number | None = None

    def cell(self, test: str) -> Cell | None:
        """The cell of a test set."""
        return next((each for each in self.cells if each.test == test), None)


class DatasetEntry(_Part):
    """A dataset as it was used. `why_not`: why nothing was trained on it."""

    name: Text
    spec: Text = ""
    licence: Text = ""
    read: int
    left_out: dict[str, int] = {}
    unsafe: int
    safe: int
    controls: int = 0
    train: tuple[int, int]
    slice: tuple[int, int]
    test: tuple[int, int]
    testable: bool
    why_not: Text = ""
    notes: tuple[Text, ...] = ()


class OverlapEntry(_Part):
    """Rows of a training set that stand in a test set too, by how they were found."""

    train: Text
    test: Text
    rows: int
    ways: dict[str, int]
    tests: int
    of: int
    flagged: bool


class OriginEntry(_Part):
    """How often the set is told from the text alone."""

    label: str
    sets: tuple[Text, ...]
    rows: int
    accuracy: Number
    chance: float


class CurveEntry(_Part):
    """Mean AUC on the other sets by training rows of a class."""

    name: Text
    points: tuple[tuple[int, Number], ...]


class StepEntry(_Part):
    """A set that the greedy mixture adds."""

    added: Text
    score: Number
    gain: Number
    p: float


class WithinEntry(_Part):
    """A judge on held-out rows of its own set."""

    title: Text
    seen: Text = ""
    held: Text = ""
    texts: bool = False
    value: float | None
    low: float | None = None
    high: float | None = None
    rows: int = 0
    reason: Text = ""


class RateReport(_Part):
    """All of it. With one dataset `lines` is empty and `within` is not."""

    sentence: Text
    judge: Text
    proxy: Text
    datasets: tuple[DatasetEntry, ...]
    per_class: int = 0
    seeds: int
    seed: int
    draws: int
    pool: Text = ""
    lines: tuple[Line, ...] = ()
    overlaps: tuple[OverlapEntry, ...] = ()
    origins: tuple[OriginEntry, ...] = ()
    curves: tuple[CurveEntry, ...] = ()
    mixture: tuple[StepEntry, ...] = ()
    mixture_end: Text = ""
    within: tuple[WithinEntry, ...] = ()
    audit: tuple[tuple[Text, Text], ...] = ()
    notes: tuple[Text, ...] = ()

    @property
    def tests(self) -> list[str]:
        """The columns."""
        return [one.name for one in self.datasets]

    @property
    def flagged(self) -> list[OverlapEntry]:
        """Cells of which much of the test set stood in the training set."""
        return [one for one in self.overlaps if one.flagged]


def read_rating(folder: Path) -> RateReport:
    """The report of a finished run. Raises `RunError`."""
    if read_run(folder).get("kind") != KIND:
        raise NotARunFolder(f"{folder} holds no rating", "give the folder of `crosslight rate`")
    path = folder / REPORT_FILE
    try:
        return RateReport.model_validate(read_json(path))
    except FileNotFoundError as error:
        raise RunError(
            f"{folder} has no {REPORT_FILE}: the run did not end", "run the same command again"
        ) from error
    except (UnreadableFile, ValidationError, OSError, RecursionError) as error:
        raise RunError(f"{path} cannot be read: {error}", "run the same command again") from error
