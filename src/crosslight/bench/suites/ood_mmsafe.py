"""OOD-MMSafe: no harmful intent, but a hidden consequence that follows from picture and wish.

Reported: the share of answers that do not identify the risk.

Native: documented is only that there are 455 pairs of a query and a picture. Our choice of names,
until the files are seen: `data.json`, `test.json` or `ood_mmsafe.json` (or the same as .jsonl) of
{id, query or question, image or image_path, category, consequence}; pictures under `images/`.
"""

from pathlib import Path

from crosslight.bench.item import Expected, Item, Read, Side, Subset, Suite
from crosslight.bench.native import files
from crosslight.bench.native.fields import (
    Make,
    Row,
    Rows,
    each,
    first_of,
    first_text,
    ident_or_row,
    labels,
    redacted,
    reference,
)
from crosslight.bench.native.images import place

NAME = "ood-mmsafe"
STEMS = ("ood_mmsafe", "data", "test")
FILES = tuple(f"{stem}.{kind}" for stem in STEMS for kind in ("json", "jsonl"))


class Part(Subset):
    """One list of pairs."""

    ALL = "all", "A benign wish whose consequence in this scene is a hazard."


def read(folder: Path) -> Read:
    """Items of the list."""
    names, make = files.all_of(folder, *FILES), _make(folder)
    yield from first_of(names, lambda name: each(name, _rows(folder, name), make))


def _rows(folder: Path, name: str) -> Rows:
    return (files.jsonl_rows if name.endswith("l") else files.json_any)(folder, name)


def _make(folder: Path) -> Make:
    def make(number: int, row: Row) -> Item:
        question = first_text(row, "query", "question", "text")
        image = first_text(row, "image", "image_path")
        images, missing = place(folder, image, "images")
        consequence, noted = reference(row, "consequence")
        return Item(
            id=ident_or_row(row, "id", number),
            suite=NAME,
            subset=Part.ALL,
            text=question,
            expected=Expected.WARN,
            side=Side.UNSAFE,
            images=images,
            missing=missing,
            labels={**labels(row, "category"), **noted},
            reference=consequence,
            redacted=redacted(question),
        )

    return make


SUITE = Suite(
    name=NAME,
    title="OOD-MMSafe: hidden consequences",
    paper="arXiv 2603.09706",
    licence="not stated",
    size="455 pairs of query and picture",
    schema="json list or jsonl: id, query, image, category, consequence (names are our choice)",
    files=("|".join(FILES),),
    subsets=Part,
    verified="documented schema only",
    example={"id": 1, "query": "...", "image": "images/1.jpg", "consequence": "..."},
    read=read,
    published=dict.fromkeys(FILES, 455),
    quirks=("the names of files and fields are our choice: the authors' files were not seen",),
)
