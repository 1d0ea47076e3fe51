"""Names and figures of a dataset that both the card and the report print."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath

from crosslight.build import BankError, read_bank

KINDS = ("unsafe", "control_text", "control_photo")
KIND_TITLES = {
    "unsafe": "unsafe together",
    "control_text": "same photo, harmless text",
    "control_photo": "same text, harmless photo",
    "hard_negative": "same photo, about the risky thing, harmless still",
}
NUMBER_TITLES = {
    "text_alone": "sentence alone",
    "text_elsewhere": "sentence beside other photos",
    "photo_alone": "photo alone",
    "together": "photo and sentence together",
    "photo_2_alone": "second photo alone",
    "with_first": "sentence with the first photo",
    "with_second": "sentence with the second photo",
}
NUMBER_MEANINGS = {
    "text_alone": "probability that the sentence is unsafe when nothing is seen",
    "text_elsewhere": "probability that it is unsafe beside other photos, where it was read there",
    "photo_alone": "probability that the photo is unsafe when nothing is said",
    "together": "probability that this sentence with what is shown is unsafe",
    "photo_2_alone": "probability that the second photo is unsafe when nothing is said",
    "with_first": "probability that the sentence is unsafe with the first photo and no other",
    "with_second": "probability that the sentence is unsafe with the second photo and no other",
}


@dataclass(frozen=True, slots=True)
class ScenarioCount:
    """Rows of one scenario by kind; `thin` where too few are unsafe."""

    id: str
    title: str
    kinds: dict[str, int]
    thin: bool

    @property
    def total(self) -> int:
        """Rows of all kinds."""
        return sum(self.kinds.values())


@dataclass(frozen=True, slots=True)
class CategoryCount:
    """Unsafe rows of one leaf of the taxonomy (0 is a gap worth knowing)."""

    id: str
    title: str
    unsafe: int
    rows: int


@dataclass(frozen=True, slots=True)
class DomainCount:
    """The leaves of a domain with their counts."""

    title: str
    leaves: tuple[CategoryCount, ...]


@dataclass(frozen=True, slots=True)
class Unknowns:
    """How many rows of a kind lack each of the four numbers."""

    kind: str
    rows: int
    missing: dict[str, int]


def scenario_title(scenario: str, titles: Mapping[str, str]) -> str:
    """A scenario's name for people: the run's title (that of its author, or of its bank), else
    that of our bank, else its id in words."""
    if told := titles.get(scenario):
        return told
    try:
        title = read_bank().title(scenario)
    except BankError:
        title = scenario
    return title if title != scenario else scenario.replace("_", " ")


def without_folders(path: str) -> str:
    """A path without the folders of the machine that it was on."""
    if PurePosixPath(path).is_absolute():
        return PurePosixPath(path).name
    return PureWindowsPath(path).name if PureWindowsPath(path).is_absolute() else path
