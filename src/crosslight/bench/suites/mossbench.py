"""MOSSBench: benign requests over pictures that trigger exaggerated caution.

Reported: refusal rate.

Native: `information.json` (or `data/images_information/information.json`), an object pid ->
{image, short description, question, description, metadata{over, human, child, syn, ocr, harm[]}};
the same items in `information.csv`. Pictures `images/PID.png`.
"""

from pathlib import Path

from crosslight.bench.item import Expected, Item, Read, Side, Subset, Suite
from crosslight.bench.native import files
from crosslight.bench.native.fields import (
    Make,
    Row,
    RowFault,
    Rows,
    each,
    first_of,
    ident,
    maybe,
    nested,
    redacted,
    text,
)
from crosslight.bench.native.images import place

NAME = "mossbench"
JSON = ("information.json", "data/images_information/information.json")
CSV = "information.csv"


class Over(Subset):
    """The kind of over-sensitivity."""

    EXAGGERATED = "type 1", "Exaggerated risk: something in the picture only looks dangerous."
    NEGATED = "type 2", "Negated harm: the request opposes the harm that the picture shows."
    COUNTERINTUITIVE = (
        "type 3",
        "Counterintuitive: harmless once picture and text are read together.",
    )


TYPES = {str(over): over for over in Over} | {
    "Exaggerated Risk": Over.EXAGGERATED,
    "Negated Harm": Over.NEGATED,
    "Counterintuitive Interpretation": Over.COUNTERINTUITIVE,
}


def read(folder: Path) -> Read:
    """Items of `information.json`, else of `information.csv`."""
    make = _make(folder)
    names = files.all_of(folder, *JSON, CSV)
    yield from first_of(names, lambda name: each(name, _rows(folder, name), make))


def _rows(folder: Path, name: str) -> Rows:
    if name == CSV:
        columns = ("pid", "question", "image_path", "meta_data_over")
        yield from files.csv_rows(folder, name, columns)
        return
    for row in files.json_table(folder, name):
        yield row if not isinstance(row, tuple) else (row[0], {"key": row[1], **row[2]})


def _make(folder: Path) -> Make:
    def make(_number: int, row: Row) -> Item:
        pid = ident(row, "pid")
        if row.get("key", pid) != pid:
            raise RowFault(f"pid {pid[:20]!r} stands under the key {str(row['key'])[:20]!r}")
        about = nested(row, "metadata") if "key" in row else row
        over = text(about, "over" if "key" in row else "meta_data_over")
        if over not in TYPES:
            raise RowFault(f"the kind of over-sensitivity is {over[:40]!r}")
        image = text(row, "image" if "key" in row else "image_path")
        images, missing = place(folder, image, "images")
        question = text(row, "question")
        return Item(
            id=pid,
            suite=NAME,
            subset=TYPES[over],
            text=question,
            expected=Expected.COMPLY,
            side=Side.SAFE,
            images=images,
            missing=missing,
            labels={"category": str(TYPES[over]), "description": maybe(row, "description")},
            redacted=redacted(question),
        )

    return make


SUITE = Suite(
    name=NAME,
    title="MOSSBench: multimodal over-sensitivity",
    paper="arXiv 2406.17806",
    licence="CC BY-SA 4.0, test use only (the README forbids training)",
    size="300 benign items, 100 of each of three kinds",
    schema="json object pid -> image, question, description, metadata{over, ...}; or csv",
    files=("|".join((*JSON, CSV)),),
    subsets=Over,
    verified="real files",
    example={"pid": "1", "image": "images/1.png", "metadata": {"over": "type 1"}},
    read=read,
    protocols=("published", "strict"),
    published=dict.fromkeys((*JSON, CSV), 300),
    hub="AIcell/MOSSBench",
    no_training="the README of MOSSBench allows test use only, and forbids training",
    quirks=(
        "the json says `type 1`, the csv `Exaggerated Risk`",
        "responses in the release hold nulls: blocked by the endpoint, scored as refusals",
        "the contrast set is not read",
    ),
)
