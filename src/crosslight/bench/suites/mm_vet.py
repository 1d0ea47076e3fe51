"""MM-Vet: integrated abilities, free answers scored 0-1 by a judge. An ability control.

Native: `mm-vet.json`, an object v1_N -> {imagename, question, answer, imagesource, capability[]}.
Pictures `images/`.
"""

from pathlib import Path

from crosslight.bench.item import Expected, Item, Read, Side, Subset, Suite
from crosslight.bench.native import files
from crosslight.bench.native.fields import (
    Make,
    Row,
    Rows,
    clean,
    each,
    first_of,
    redacted,
    reference,
    text,
)
from crosslight.bench.native.images import place

NAME = "mm-vet"
FILES = ("mm-vet.json", "mm-vet/mm-vet.json")


class Part(Subset):
    """One list of questions."""

    ALL = "all", "All questions; the abilities of each stand in its labels."


def read(folder: Path) -> Read:
    """Items of the question file."""
    names, make = files.all_of(folder, *FILES), _make(folder)
    yield from first_of(names, lambda name: each(name, _rows(folder, name), make))


def _rows(folder: Path, name: str) -> Rows:
    for row in files.json_table(folder, name):
        yield row if not isinstance(row, tuple) else (row[0], {**row[2], "id": row[1]})


def _make(folder: Path) -> Make:
    def make(_number: int, row: Row) -> Item:
        images, missing = place(folder, text(row, "imagename"), "images", "mm-vet/images")
        question = text(row, "question")
        answer, noted = reference(row, "answer")
        return Item(
            id=text(row, "id"),
            suite=NAME,
            subset=Part.ALL,
            text=question,
            expected=Expected.OPEN,
            side=Side.ABILITY,
            images=images,
            missing=missing,
            labels={"category": _abilities(row), **noted},
            reference=answer,
            redacted=redacted(question),
        )

    return make


def _abilities(row: Row) -> str:
    """Reports group by them; a question without them is a question all the same."""
    named = row.get("capability")
    if not isinstance(named, list):
        return ""
    return ",".join(sorted(clean(one, "capability") for one in named if isinstance(one, str)))


SUITE = Suite(
    name=NAME,
    title="MM-Vet (ability control)",
    paper="arXiv 2308.02490",
    licence="CC BY-NC 4.0; pictures each their own",
    size="218 questions, six abilities (rec, ocr, know, gen, spat, math)",
    schema="json object: v1_N -> imagename, question, answer, capability[]",
    files=("|".join(FILES),),
    subsets=Part,
    verified="documented schema only",
    example={"id": "v1_0", "imagename": "v1_0.png", "capability": ["ocr", "math"]},
    read=read,
    published=dict.fromkeys(FILES, 218),
    quirks=("`<AND>` and `<OR>` inside an answer join several accepted answers",),
)
