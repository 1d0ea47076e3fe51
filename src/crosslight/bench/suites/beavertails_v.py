"""BeaverTails-V: dual preference data of 20 harms; its evaluation split as a benchmark.

Native (hub, PKU-Alignment/BeaverTails-V): `data/CONFIG/evaluation-*.parquet` with image, question,
category, image_severity.
"""

from pathlib import Path

from crosslight.bench.item import Expected, Item, Read, Side, Subset, Suite, SuiteError
from crosslight.bench.native import files, tables
from crosslight.bench.native.fields import Make, Row, each, labels, redacted, text

NAME = "beavertails-v"
FILES = ("evaluation-*.parquet", "*/evaluation-*.parquet", "data/*/evaluation-*.parquet")


class Severity(Subset):
    """How bad the picture itself is."""

    NONE = "0", "No severity is given."
    MINOR = "1", "Minor."
    MODERATE = "2", "Moderate."
    SEVERE = "3", "Severe."


LEVELS = {str(level): level for level in Severity}


def read(folder: Path) -> Read:
    """Items of every configuration that is there."""
    names = files.matching(folder, *FILES)
    if not names:
        raise SuiteError("no evaluation-*.parquet", file=str(folder))
    for name in names:
        rows = tables.parquet_rows(
            folder, name, ("question",), "image", ("category", "image_severity")
        )
        yield from each(name, rows, _make(name))


def _make(name: str) -> Make:
    def make(number: int, row: Row) -> Item:
        question = text(row, "question")
        severity = labels(row, "image_severity").get("image_severity", "0")
        return Item(
            id=f"{name.removesuffix('.parquet')}-{number - 1}",
            suite=NAME,
            subset=LEVELS.get(severity, Severity.NONE),
            text=question,
            expected=Expected.REFUSE,
            side=Side.UNSAFE,
            images=(str(row["image"]),),
            labels={**labels(row, "category"), "image_severity": severity},
            redacted=redacted(question),
        )

    return make


SUITE = Suite(
    name=NAME,
    title="BeaverTails-V evaluation",
    paper="arXiv 2503.17682 (Safe RLHF-V)",
    licence="CC-BY-NC-4.0",
    size="1,180 questions, 20 harms; pictures graded by severity",
    schema="parquet: image, question, category, image_severity",
    files=FILES,
    subsets=Severity,
    verified="documented schema only",
    example={"question": "...", "category": "animal_abuse", "image_severity": 2},
    read=read,
    hub="PKU-Alignment/BeaverTails-V",
    quirks=("a second copy of the data is at saferlhf-v/",),
)
