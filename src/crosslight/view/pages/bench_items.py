"""Which items a page of bench shows, and their pictures."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from crosslight.bench import image_bytes
from crosslight.records import CrosslightError
from crosslight.store import ImageDamaged, ImageMissing, ImageStore
from crosslight.view.thumbs import Thumb, Thumbs

Row = Mapping[str, Any]
Picture = Callable[[Row], bytes | None]
WRONG, RIGHT = 0.0, 1.0
SHARES: Final = (
    ("unsafe", WRONG, 8),
    ("safe", WRONG, 8),
    ("ability", WRONG, 8),
    ("", None, 6),
    ("unsafe", RIGHT, 3),
    ("safe", RIGHT, 3),
    ("ability", RIGHT, 3),
)
"""(side, right, share of the room): mistakes first, then what has no score, then the rest."""


def chosen(rows: Sequence[Row], limit: int) -> list[Row]:
    """At most `limit` items: each group its share, and what is left over to the first groups."""
    groups = [[row for row in rows if _in(row, side, right)] for side, right, _ in SHARES]
    whole = sum(share for *_, share in SHARES)
    taken = [
        min(len(group), limit * share // whole)
        for group, (*_, share) in zip(groups, SHARES, strict=True)
    ]
    for at, group in enumerate(groups):
        taken[at] += min(len(group) - taken[at], limit - sum(taken))
    return [row for group, n in zip(groups, taken, strict=True) for row in group[:n]]


def told(row: Row) -> str:
    """What became of an item, as the filter names it."""
    if row["status"] != "done":
        return "none"
    return "other" if row["right"] is None else ("right" if row["right"] == RIGHT else "wrong")


def pictures(data: Path | None, images: Path | None) -> Picture:
    """How a picture of an item is found: in the suite's own folder, else in the image store."""
    store = ImageStore(images) if images is not None and images.is_dir() else None

    def found(row: Row) -> bytes | None:
        if data is not None and row["images"]:
            try:
                return image_bytes(data, row["images"][0])
            except (CrosslightError, OSError, ValueError, LookupError):
                return None
        if store is not None and row["photos"]:
            try:
                return store.get(row["photos"][0])
            except (ImageMissing, ImageDamaged, OSError, ValueError):
                return None
        return None

    return found


def thumb(thumbs: Thumbs, row: Row, side: int, found: Picture) -> Thumb | None:
    """The first picture of an item, small."""
    data = found(row)
    if data is None:
        return None
    key = f"{row['item']}"
    thumbs.add(key, side, data)
    return thumbs.get(key, side)


def _in(row: Row, side: str, right: float | None) -> bool:
    if row["reason"] == "missing_image":
        return False
    if right is None:
        return bool(row["status"] != "done" or row["right"] not in (WRONG, RIGHT))
    return bool(row["status"] == "done" and row["side"] == side and row["right"] == right)
