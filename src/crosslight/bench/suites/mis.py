"""MIS (multi-image safety): a neutral text over two pictures whose relation carries the harm.

Native: `mis_easy.json`, `mis_hard.json`, `mis_real.json`, lists of {id, question, image_path1,
image_path2, category, sub_category}. Pictures `easy_image/N/object1.png` and the like.
"""

from pathlib import Path

from crosslight.bench.item import Expected, Item, Read, Side, Subset, Suite
from crosslight.bench.native import files
from crosslight.bench.native.fields import Make, Row, each, ident, labels, redacted, text
from crosslight.bench.native.images import place

NAME = "mis"
FILES = ("mis_easy.json", "mis_hard.json", "mis_real.json")


class Level(Subset):
    """How plain the harm is."""

    EASY = "easy", "One picture holds an explicit element."
    HARD = "hard", "Both pictures are harmless on their own."
    REAL = "real", "Real photographs instead of generated ones."


def read(folder: Path) -> Read:
    """Items of the levels that are there."""
    files.find(folder, *FILES)
    for name, level in zip(FILES, Level, strict=True):
        if files.there(folder, name):
            yield from each(name, files.json_rows(folder, name), _make(folder, level))


def _make(folder: Path, level: Level) -> Make:
    def make(number: int, row: Row) -> Item:
        both = [place(folder, text(row, key), "mis_test") for key in ("image_path1", "image_path2")]
        question = text(row, "question")
        own = ident(row, "id") if row.get("id") is not None else str(number)
        return Item(
            id=f"{level}-{own}",
            suite=NAME,
            subset=level,
            text=question,
            expected=Expected.WARN,
            side=Side.UNSAFE,
            images=tuple(image for images, _ in both for image in images),
            missing=tuple(image for _, missing in both for image in missing),
            labels=labels(row, "category", "sub_category"),
            redacted=redacted(question),
        )

    return make


SUITE = Suite(
    name=NAME,
    title="MIS: multi-image safety",
    paper="arXiv 2501.18533 (ICLR 2026)",
    licence="not stated",
    size="1,675 easy + 510 hard, and 100 real; 6 categories, 12 leaves",
    schema="json list: question, image_path1, image_path2, category, sub_category",
    files=FILES,
    subsets=Level,
    verified="documented schema only",
    example={"question": "...", "image_path1": "hard_image/1/object1.png"},
    read=read,
    published={"mis_easy.json": 1675, "mis_hard.json": 510, "mis_real.json": 100},
    hub="Tuwhy/MIS_Test",
    quirks=("two pictures an item, in this order", "rows without an id are numbered by their row"),
)
