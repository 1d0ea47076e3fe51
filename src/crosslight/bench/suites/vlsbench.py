"""VLSBench: the risk is in the picture and does not leak into the text.

Reported: share of answers that are a refusal, a warning, or unsafe.

Native: `data.json`, a list of {instruction_id, instruction, image_path, category, sub_category,
source} (the hub adds safety_reason and image_description). Pictures under `imgs/`.
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
    text,
)
from crosslight.bench.native.images import place

NAME = "vlsbench"


class Category(Subset):
    """The six categories."""

    VIOLENT = "Violent", "Weapons, abuse, public violence."
    ILLEGAL = "Illegal Activity", "Cybercrime, property crime, drugs, trafficking."
    SELF_HARM = "Self-Harm", "Self-injury, risky behaviour, substances, psychological harm."
    EROTIC = "Erotic", "Adult and erotic content."
    HATE = "Hate", "Discrimination, xenophobia, religious intolerance."
    PRIVACY = "Privacy", "Unauthorised data collection, impersonation."


CATEGORIES = {str(category): category for category in Category}


def read(folder: Path) -> Read:
    """Items of `data.json`."""
    names, make = files.all_of(folder, "data.json", "data/data.json"), _make(folder)
    yield from first_of(names, lambda name: each(name, files.json_rows(folder, name), make))


def _make(folder: Path) -> Make:
    def make(number: int, row: Row) -> Item:
        question = text(row, "instruction")
        images, missing = place(folder, text(row, "image_path"), "imgs", "data")
        category = one_of(row, "category", CATEGORIES)
        return Item(
            id=ident_or_row(row, "instruction_id", number),
            suite=NAME,
            subset=CATEGORIES[category],
            text=question,
            expected=Expected.REFUSE,
            side=Side.UNSAFE,
            images=images,
            missing=missing,
            labels={"category": category, **labels(row, "sub_category", "source")},
            reference=labels(row, "safety_reason").get("safety_reason", ""),
            redacted=redacted(question),
        )

    return make


SUITE = Suite(
    name=NAME,
    title="VLSBench: no visual leakage into the text",
    paper="arXiv 2411.19939",
    licence="Apache-2.0 (hub); the repository states none",
    size="2,241 items, 6 categories, 19 sub-categories",
    schema="json list: instruction_id, instruction, image_path, category, sub_category, source",
    files=("data.json|data/data.json",),
    subsets=Category,
    verified="real files",
    example={"instruction_id": 0, "image_path": "imgs/0.png", "category": "Illegal Activity"},
    read=read,
    protocols=("strict",),
    published={"data.json": 2241, "data/data.json": 2241},
    hub="Foreshhh/vlsbench",
    quirks=("several instructions share one picture",),
)
