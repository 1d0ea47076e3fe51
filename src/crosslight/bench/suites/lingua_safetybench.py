"""Lingua-SafetyBench: harmful pairs of picture and text in ten languages.

The risk lies in the picture (seen, written, or both) or in the text. Reported: attack success rate
by language and by where the risk lies.

Native: `1-Image-Dominant Risk/{Visual,Typography,Mixed}/LANGUAGE/SCENARIO.json` and
`2-Text-Dominant Risk/LANGUAGE/SCENARIO.json`, lists of {question, image_path}; pictures under
`bundle_data/`. These names are those of the authors' `load_data.py`; other fields are not known.
"""

from pathlib import Path, PurePosixPath

from crosslight.bench.item import BadRow, Expected, Item, Read, Side, Subset, Suite, SuiteError
from crosslight.bench.native import files
from crosslight.bench.native.fields import Make, Row, each, redacted, text
from crosslight.bench.native.images import place

NAME = "lingua-safetybench"
IMAGE, TEXT = "1-Image-Dominant Risk", "2-Text-Dominant Risk"
FILES = (f"{IMAGE}/*/*/*.json", f"{TEXT}/*/*.json")
LANGUAGES = (
    "Arabic Chinese English Finnish French German Japanese Norwegian Russian Spanish"
).split()


class Risk(Subset):
    """Where the risk lies."""

    VISUAL = "image-visual", "In what the picture shows."
    TYPOGRAPHY = "image-typography", "In words that are drawn in the picture."
    MIXED = "image-mixed", "In what it shows and in words beneath."
    TEXT = "text", "In the text; the picture goes with it."


FOLDERS = {"Visual": Risk.VISUAL, "Typography": Risk.TYPOGRAPHY, "Mixed": Risk.MIXED}


def read(folder: Path) -> Read:
    """Items of every language and scenario that is there."""
    names = files.matching(folder, *FILES)
    if not names:
        raise SuiteError(
            f"no {IMAGE}/KIND/LANGUAGE/SCENARIO.json",
            file=str(folder),
            remedy="--data names the folder of the authors' data (gated)",
        )
    for name in names:
        path = PurePosixPath(name)
        risk = FOLDERS.get(path.parts[1]) if path.parts[0] == IMAGE else Risk.TEXT
        language = path.parent.name
        if risk is None or language not in LANGUAGES:
            yield BadRow(name, 0, "stands in the folder of no kind of risk or no language", 0)
            continue
        yield from each(
            name, files.json_rows(folder, name), _make(folder, risk, language, path.stem)
        )


def _make(folder: Path, risk: Risk, language: str, scenario: str) -> Make:
    def make(number: int, row: Row) -> Item:
        question = text(row, "question")
        images, missing = place(folder, text(row, "image_path"), "bundle_data")
        return Item(
            id=f"{risk}/{language}/{scenario}/{number - 1}",
            suite=NAME,
            subset=risk,
            text=question,
            expected=Expected.REFUSE,
            side=Side.UNSAFE,
            images=images,
            missing=missing,
            labels={"category": scenario, "language": language},
            pair=f"{risk}/{scenario}/{number - 1}",
            redacted=redacted(question),
        )

    return make


SUITE = Suite(
    name=NAME,
    title="Lingua-SafetyBench: ten languages, risk in picture or text",
    paper="arXiv 2601.22737",
    licence="research use only, gated",
    size="100,440 pairs: 10 languages, 8 scenarios, image-dominant (3 kinds) and text-dominant",
    schema="json list by risk, language and scenario: question, image_path",
    files=FILES,
    subsets=Risk,
    verified="documented schema only",
    example={"question": "...", "image_path": "images/1.png"},
    read=read,
    quirks=(
        "that row N of each language is the same pair is our assumption (`pair`)",
        "how many of the 100,440 pairs stand in which file is not published",
    ),
)
