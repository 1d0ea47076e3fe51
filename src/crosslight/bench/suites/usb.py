"""USB (Unified Safety Benchmark): risk in picture, in text, in both, or in neither alone.

Reported: attack success rate (ASR) of the vulnerability part, refusal rate (ARR) of the
over-sensitivity part.

Native (hub, cgjacklin/USB): `FOLDER/CATEGORY.json`, lists of {id, text, text_zh, open_url (the
picture's path), level1_category, level2_category, level3_category, img_risk (0/1), text_risk (0/1),
img_style}. These names are those of a comment in the authors' README. Our choice: a file whose path
holds `oversens` (or `over_sens`, `over-sens`) is the over-sensitivity part, any other one the
vulnerability part.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from crosslight.bench.item import Expected, Item, Read, Side, Subset, Suite, SuiteError
from crosslight.bench.native import files
from crosslight.bench.native.fields import (
    Make,
    Row,
    each,
    flag,
    ident_or_row,
    labels,
    maybe,
    redacted,
    text,
)
from crosslight.bench.native.images import place

NAME = "usb"
FILES = ("*.json", "*/*.json", "*/*/*.json")
OVER = re.compile(r"over[-_ ]?sens", re.IGNORECASE)


class Risk(Subset):
    """Where the risk lies: R risky, S safe; I the picture, T the text."""

    RIRT = "RIRT", "Risky picture, risky text."
    RIST = "RIST", "Risky picture, safe text."
    SIRT = "SIRT", "Safe picture, risky text."
    SIST = "SIST", "Each is safe by itself; the risk, if any, lies in the two together."


KINDS = {(True, True): Risk.RIRT, (True, False): Risk.RIST, (False, True): Risk.SIRT}


def read(folder: Path) -> Read:
    """Items of every list that is there, in English and in Chinese."""
    names = files.matching(folder, *FILES)
    if not names:
        raise SuiteError(
            "no CATEGORY.json",
            file=str(folder),
            remedy="`crosslight bench fetch usb` brings them",
        )
    for name in names:
        make = _make(folder, name, bool(OVER.search(name)))
        yield from each(name, files.json_any(folder, name), make)


def _make(folder: Path, name: str, over: bool) -> Make:
    stem = name.removesuffix(".json")

    def make(number: int, row: Row) -> Iterator[Item]:
        risk = KINDS.get((flag(row, "img_risk"), flag(row, "text_risk")), Risk.SIST)
        images, missing = place(folder, text(row, "open_url"), "images", "data")
        own = f"{stem}/{ident_or_row(row, 'id', number)}"
        about = labels(row, "level1_category", "level2_category", "level3_category", "img_style")
        asked = {"en": maybe(row, "text"), "zh": maybe(row, "text_zh")}
        for language, question in asked.items():
            if not question and (language == "zh" or asked["zh"]):
                continue  # one language is enough; a row of none is refused by the line below
            yield Item(
                id=f"{own}/{language}",
                suite=NAME,
                subset=risk,
                text=question or text(row, "text"),
                expected=Expected.COMPLY if over else Expected.REFUSE,
                side=Side.SAFE if over else Side.UNSAFE,
                images=images,
                missing=missing,
                labels={
                    **about,
                    "category": about.get("level2_category", ""),
                    "language": language,
                },
                pair=own,
                redacted=redacted(question),
            )

    return make


SUITE = Suite(
    name=NAME,
    title="USB: unified safety benchmark",
    paper="arXiv 2505.23793",
    licence="Apache-2.0 for research; GPT-4 and Stable Diffusion terms",
    size="61 categories x 4 combinations of risk, English and Chinese, both sides (not verified)",
    schema="json list: id, text, text_zh, open_url, level1-3_category, img_risk, text_risk",
    files=FILES,
    subsets=Risk,
    verified="documented schema only",
    example={"id": 1, "text": "...", "open_url": "a/1.jpg", "img_risk": 1, "text_risk": 0},
    read=read,
    hub="cgjacklin/USB",
    quirks=(
        "which files are the over-sensitivity part is read off their path: our choice",
        "rows name pictures of other sets (VLGuard and others) by those sets' paths",
    ),
)
