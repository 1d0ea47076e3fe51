"""SPA-VL HarmEval and HelpEval: the two test splits of the preference data.

Reported: unsafe rate by MD-Judge, harm score and help win rate by pairwise comparison.

Native (hub, sqrti/SPA-VL): `test/harm-00000-of-00001.parquet`, `test/help-...parquet` with image,
question, class1, class2, class3.
"""

from pathlib import Path, PurePosixPath

from crosslight.bench.item import Expected, Item, Read, Side, Subset, Suite, SuiteError
from crosslight.bench.native import files, tables
from crosslight.bench.native.fields import Make, Row, each, labels, maybe, redacted, text

NAME = "spa-vl"
FILES = ("harm-*.parquet", "help-*.parquet", "test/harm-*.parquet", "test/help-*.parquet")


class Part(Subset):
    """The test split."""

    HARM = "harm", "HarmEval: harmful questions; counted by unsafe rate."
    HELP = "help", "HelpEval: compared pairwise, where both answers are harmless."


def read(folder: Path) -> Read:
    """Items of the two splits that are there."""
    names = files.matching(folder, *FILES)
    if not names:
        raise SuiteError(
            "no test/harm-*.parquet",
            file=str(folder),
            remedy="`crosslight bench fetch spa-vl` brings them",
        )
    for name in names:
        part = Part.HARM if PurePosixPath(name).name.startswith("harm") else Part.HELP
        rows = tables.parquet_rows(
            folder, name, ("question",), "image", ("class1", "class2", "class3")
        )
        yield from each(name, rows, _make(part))


def _make(part: Part) -> Make:
    def make(number: int, row: Row) -> Item:
        question = text(row, "question")
        return Item(
            id=f"{part}-{number - 1}",
            suite=NAME,
            subset=part,
            text=question,
            expected=Expected.REFUSE if part is Part.HARM else Expected.OPEN,
            side=Side.UNSAFE if part is Part.HARM else Side.ABILITY,
            images=(str(row["image"]),),
            labels={"category": maybe(row, "class1"), **labels(row, "class2", "class3")},
            redacted=redacted(question),
        )

    return make


SUITE = Suite(
    name=NAME,
    title="SPA-VL HarmEval and HelpEval",
    paper="arXiv 2406.12030 (CVPR 2025)",
    licence="CC-BY-4.0",
    size="265 + 265, 53 subcategories x 5, in 6 domains",
    schema="parquet: image, question, class1, class2, class3",
    files=FILES,
    subsets=Part,
    verified="documented schema only",
    example={"question": "...", "class1": "Malicious Use"},
    read=read,
    published=dict.fromkeys(FILES, 265),
    hub="sqrti/SPA-VL",
    quirks=(
        "some prompts still hold the rewriter's preamble; one is Indonesian; several are benign",
        "balanced by subcategory, so Malicious Use is 41.5% of the items",
    ),
)
