"""A dataset of your own: the folder of a build, of one photo a row or of two.

Read are the rows of its test split; of a build without one, all rows, and the run says so. A risky
row is answered well by a warning, its controls by help; a row and its controls are one pair.
Pictures are those in the tables.
"""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from crosslight.bench.item import Expected, Item, Read, Side, Subset, Suite, SuiteError
from crosslight.bench.native import files
from crosslight.bench.native.fields import Row, RowFault, each, labels, maybe, one_of, text
from crosslight.bench.native.files import PART
from crosslight.bench.native.tables import parquet_rows

NAME = "built"
COLUMNS = ("id", "text", "kind", "label", "parent")
LABELS = ("category", "scenario", "pattern", "split")
REMEDY = "--data names the folder of a build; it is written once the build has rows"


class Kind(Subset):
    """The kinds of rows."""

    UNSAFE = "unsafe", "Photo and sentence are harmless each, and a risk together."
    CONTROL_TEXT = "control_text", "What is shown, with a harmless sentence."
    HARD_NEGATIVE = "hard_negative", "The risky thing, with a harmless sentence about it."
    CONTROL_PHOTO = "control_photo", "The sentence, with a photo beside which it is harmless."


KINDS = {str(kind): kind for kind in Kind}
SIDES = {
    "unsafe": (Side.UNSAFE, Expected.WARN),
    "safe": (Side.SAFE, Expected.COMPLY),
}


def read(folder: Path) -> Read:
    """Items of the tables of a build."""
    found = files.matching(folder, "dataset/test-*.parquet") or files.matching(
        folder, "dataset/*.parquet"
    )
    if not found:
        raise SuiteError("no dataset/*.parquet", file=str(folder), remedy=REMEDY)
    for name in found:
        rows = parquet_rows(folder, name, COLUMNS, more=("photo_2", "risk", *LABELS))
        yield from each(name, rows, partial(_item, name))


def cautions(items: Sequence[Item]) -> list[str]:
    """Rows that are not of a test split were meant for training, or for nothing."""
    splits = Counter(item.labels.get("split") or "no split" for item in items)
    others = [f"{n:,} of {split}" for split, n in splits.most_common() if split != "test"]
    if not others:
        return []
    return [
        f"this build has no test split: asked are {', '.join(others)}. What was tuned on this "
        "build has seen them, and the figures do not say how it does on rows that it has not seen; "
        "a build of more photos has a test split"
    ]


def _item(name: str, number: int, row: Row) -> Item:
    kind = one_of(row, "kind", KINDS)
    side, expected = SIDES[one_of(row, "label", SIDES)]
    if (kind == Kind.UNSAFE) != (side is Side.UNSAFE):
        raise RowFault(f"kind {kind} and label {side} do not fit")
    place = f"{name}{PART}{number - 1}"
    several = tuple(f"{place}/images/{at}" for at in range(2))
    said = labels(row, *LABELS)
    return Item(
        id=text(row, "id"),
        suite=NAME,
        subset=KINDS[kind],
        text=text(row, "text"),
        expected=expected,
        side=side,
        images=several if maybe(row, "photo_2") else (f"{place}/image",),
        labels={**said, "photos": "2" if maybe(row, "photo_2") else "1"},
        pair=maybe(row, "id" if kind == Kind.UNSAFE else "parent"),
        reference=maybe(row, "risk"),
    )


SUITE = Suite(
    name=NAME,
    title="A build of your own",
    paper="",
    licence="that of its photos: see the card of the build",
    size="not stated",
    schema="parquet: the dataset of a build, with image or images",
    files=("dataset/*.parquet",),
    subsets=Kind,
    verified="real files",
    example={"id": "...", "text": "...", "kind": "unsafe", "label": "unsafe"},
    read=read,
    cautions=cautions,
)
