"""Every photo of a build on its page: what it gave, and why others gave nothing."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from crosslight.build import Row
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


def photos_that_gave(rows: Iterable[Row]) -> tuple[Gave, ...]:
    """In the order of the dataset."""
    by_photo: dict[str, list[Row]] = {}
    names: dict[str, str] = {}
    for row in rows:
        for photo, source in zip(row.photos, (row.source, row.source_2), strict=False):
            by_photo.setdefault(photo, []).append(row)
            names.setdefault(photo, source)
    return tuple(
        Gave(
            photo,
            names[photo],
            len(found),
            len({row.pattern or row.id for row in found if row.kind == "unsafe"}),
            all(row.sensitive for row in found),
            tuple(sorted({row.category for row in found if row.category})),
        )
        for photo, found in by_photo.items()
    )


def photos_that_gave_nothing(folder: Path, rows: Iterable[Row]) -> tuple[GaveNothing, ...]:
    """Out of the tables of lost rows, by name."""
    gave = {photo for row in rows for photo in row.photos}
    ends: dict[tuple[str, str], Counter[tuple[str, str]]] = {}
    for file, reason in ((DROPPED_FILE, "reason"), (FAILED_FILE, "error")):
        if not (folder / file).is_file():
            continue
        for lost in table_rows(folder / file, ["input", "photo", "step", reason]):
            source, photo = str(lost["input"] or ""), str(lost["photo"] or "")
            if (source or photo) and photo not in gave:
                why = (str(lost["step"]), str(lost[reason]).split(":", 1)[0])
                # Two inputs can have one name; what fell before it was a photo has no hash.
                ends.setdefault((source, photo), Counter())[why] += 1
    return tuple(
        GaveNothing(
            source or photo[:16],
            tuple((step, why, n) for (step, why), n in found.most_common(REASONS_SHOWN)),
        )
        for (source, photo), found in sorted(ends.items())
    )
