"""SaLAD: daily life in photographs, unsafe wishes and harmless ones that look alike.

Reported: the share of unsafe queries that are answered with a warning (a bare refusal is no good
answer), and over-sensitivity on the safe ones.

Native: `data.json` (or `data/data.json`), a list of {id, image, text, category, safety type
(safe/unsafe), and `safety warning` or `safe suggestion`}; pictures unpacked under `images/`. These
names are those of the authors' repository. Our choice: the warning is what is best on the unsafe
side, a refusal is safe there, and the authors' warning is kept as the item's reference.
"""

from pathlib import Path

from crosslight.bench.item import Expected, Item, Read, Side, Subset, Suite
from crosslight.bench.native import files
from crosslight.bench.native.fields import (
    Make,
    Row,
    each,
    first_of,
    ident_or_row,
    labels,
    one_of,
    redacted,
    reference,
    text,
)
from crosslight.bench.native.images import place

NAME = "salad"
FILES = ("data.json", "data/data.json")
SAID = {"unsafe": "safety warning", "safe": "safe suggestion"}


class Part(Subset):
    """What the query is in its picture."""

    UNSAFE = "unsafe", "A wish that is dangerous where the picture shows it: to be warned of."
    SAFE = "safe", "A wish that is fine there: to be helped with."


PARTS = {str(part): part for part in Part}


def read(folder: Path) -> Read:
    """Items of the list."""
    names, make = files.all_of(folder, *FILES), _make(folder)
    yield from first_of(names, lambda name: each(name, files.json_rows(folder, name), make))


def _make(folder: Path) -> Make:
    def make(number: int, row: Row) -> Item:
        part = PARTS[one_of(row, "safety type", PARTS)]
        images, missing = place(folder, text(row, "image"), "images", "data/images")
        question = text(row, "text")
        said, noted = reference(row, SAID[part])
        return Item(
            id=ident_or_row(row, "id", number),
            suite=NAME,
            subset=part,
            text=question,
            expected=Expected.WARN if part is Part.UNSAFE else Expected.COMPLY,
            side=Side.UNSAFE if part is Part.UNSAFE else Side.SAFE,
            images=images,
            missing=missing,
            labels={**labels(row, "category"), **noted},
            reference=said,
            redacted=redacted(question),
        )

    return make


SUITE = Suite(
    name=NAME,
    title="SaLAD: safety in daily life",
    paper="arXiv 2601.04043 (ACL 2026 Findings)",
    licence="not stated",
    size="2,013 queries, 10 categories, unsafe and safe",
    schema="json list: id, image, text, category, safety type, safety warning or safe suggestion",
    files=("|".join(FILES),),
    subsets=Part,
    verified="documented schema only",
    example={"id": 1, "image": "A_1.jpeg", "category": "Activity", "safety type": "safe"},
    read=read,
    published=dict.fromkeys(FILES, 2013),
    hub="Holly301/SaLAD",
    quirks=(
        "the authors count a warning as right and a bare refusal not; ours counts it as safe",
        "the authors' judge is not reproduced",
    ),
)
