"""Every photo of a build on its page: what it gave, and why others gave nothing."""

from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass
from heapq import nsmallest
from pathlib import Path

from crosslight.build import Row
from crosslight.export import number_of
from crosslight.runs import DROPPED_FILE, FAILED_FILE
from crosslight.store import table_rows

PHOTOS_SHOWN = 240
EMPTY_SHOWN = 400
REASONS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Gave:
    """A photo with rows."""

    photo: str
    source: str
    rows: int
    ideas: int
    sensitive: bool
    """All its rows are: it is veiled, as it is beside each of them."""
    categories: tuple[str, ...] = ()
    """Of its rows: a reader who wants to see none of one does not see the photo."""


@dataclass(frozen=True, slots=True)
class GaveNothing:
    """An input without a row, and how its drafts (or the file itself) ended, most often first."""

    source: str
    why: tuple[tuple[str, str, int], ...]
    """Step, reason, how often."""


@dataclass(frozen=True, slots=True)
class Empty:
    """The first inputs without a row, by name, and how many there are."""

    shown: tuple[GaveNothing, ...] = ()
    inputs: int = 0


class PhotosThatGave:
    """The first so many, in the order of the dataset."""

    def __init__(self, most: int = PHOTOS_SHOWN) -> None:
        self._most = most
        self._by_photo: dict[str, list[Row]] = {}
        self._names: dict[str, str] = {}

    def add(self, row: Row) -> None:
        """One row."""
        for photo, source in zip(row.photos, (row.source, row.source_2), strict=False):
            if photo in self._names or len(self._names) < self._most:
                self._by_photo.setdefault(photo, []).append(row)
                self._names.setdefault(photo, source)

    @property
    def photos(self) -> tuple[Gave, ...]:
        """Those that were added."""
        return tuple(
            Gave(
                photo,
                self._names[photo],
                len(found),
                len({row.pattern or row.id for row in found if row.kind == "unsafe"}),
                all(row.sensitive for row in found),
                tuple(sorted({row.category for row in found if row.category})),
            )
            for photo, found in self._by_photo.items()
        )


def photos_that_gave_nothing(folder: Path, gave: Container[str], most: int = EMPTY_SHOWN) -> Empty:
    """Out of the tables of lost rows, by name."""
    # Two inputs can have one name; what fell before it was a photo has no hash.
    first: list[tuple[str, str]] = []
    known: set[int] = set()
    for source, photo, _ in _lost_of_no_row(folder, gave):
        if (number := number_of(f"{source}\n{photo}")) not in known:
            known.add(number)
            first.append((source, photo))
            if len(first) > 4 * most:
                first = nsmallest(most, first)
    ends = {one: Counter[tuple[str, str]]() for one in nsmallest(most, first)}
    for source, photo, why in _lost_of_no_row(folder, gave):
        if (source, photo) in ends:
            ends[source, photo][why] += 1
    shown = (
        GaveNothing(
            source or photo[:16],
            tuple((step, why, n) for (step, why), n in found.most_common(REASONS_SHOWN)),
        )
        for (source, photo), found in ends.items()
    )
    return Empty(tuple(shown), len(known))


def _lost_of_no_row(
    folder: Path, gave: Container[str]
) -> Iterator[tuple[str, str, tuple[str, str]]]:
    """Input, photo, and step with reason, of what was lost of an input without a row."""
    for file, reason in ((DROPPED_FILE, "reason"), (FAILED_FILE, "error")):
        if not (folder / file).is_file():
            continue
        for lost in table_rows(folder / file, ["input", "photo", "step", reason]):
            source, photo = str(lost["input"] or ""), str(lost["photo"] or "")
            if (source or photo) and photo not in gave:
                yield source, photo, (str(lost["step"]), str(lost[reason]).split(":", 1)[0])
