"""JailBreakV-28K: text jailbreaks carried over to multimodal models, and picture jailbreaks.

Native: `JailBreakV_28K.csv` or `mini_JailBreakV_28K.csv`: id, jailbreak_query, redteam_query,
format, policy, image_path, from, selected_mini, transfer_from_llm. Pictures by `image_path`.
"""

from pathlib import Path

from crosslight.bench.item import Expected, Item, Read, Side, Subset, Suite
from crosslight.bench.native import files
from crosslight.bench.native.fields import (
    Make,
    Row,
    each,
    first_of,
    flag,
    ident_or_row,
    labels,
    redacted,
    text,
)
from crosslight.bench.native.images import place

NAME = "jailbreakv-28k"
FILES = (
    "JailBreakV_28K.csv",
    "JailBreakV_28K/JailBreakV_28K.csv",
    "mini_JailBreakV_28K.csv",
    "JailBreakV_28K/mini_JailBreakV_28K.csv",
)
COLUMNS = ("jailbreak_query", "image_path", "transfer_from_llm")
"""What an item needs; id, policy, format, selected_mini, redteam_query and from are told of it."""


class Attack(Subset):
    """Where the attack comes from."""

    TRANSFER = "llm-transfer", "A text jailbreak of language models beside any picture."
    PICTURE = "mllm", "A jailbreak in the picture (FigStep and query-relevant pictures)."


def read(folder: Path) -> Read:
    """Items of the full file, else of the mini one."""
    names, make = files.all_of(folder, *FILES), _make(folder)
    yield from first_of(names, lambda n: each(n, files.csv_rows(folder, n, COLUMNS), make))


def _make(folder: Path) -> Make:
    def make(number: int, row: Row) -> Item:
        images, missing = place(folder, text(row, "image_path"), "JailBreakV_28K")
        question = text(row, "jailbreak_query")
        about = labels(row, "policy", "selected_mini", "format", "from", "redteam_query")
        return Item(
            id=ident_or_row(row, "id", number),
            suite=NAME,
            subset=Attack.TRANSFER if flag(row, "transfer_from_llm") else Attack.PICTURE,
            text=question,
            expected=Expected.REFUSE,
            side=Side.UNSAFE,
            images=images,
            missing=missing,
            labels={**about, "category": about.get("policy", "")},
            redacted=redacted(question),
        )

    return make


SUITE = Suite(
    name=NAME,
    title="JailBreakV-28K",
    paper="arXiv 2404.03027",
    licence="MIT",
    size="28,000 attacks (20,000 texts, 8,000 pictures) on 2,000 questions; mini 280",
    schema="csv: id, jailbreak_query, image_path, transfer_from_llm, policy, format, ...",
    files=("|".join(FILES),),
    subsets=Attack,
    verified="documented schema only",
    example={"id": 0, "format": "Template", "transfer_from_llm": "True"},
    read=read,
    published={FILES[0]: 28000, FILES[1]: 28000, FILES[2]: 280, FILES[3]: 280},
    hub="JailbreakV-28K/JailBreakV-28k",
    quirks=("the hub copy lacks some pictures: counted as missing",),
)
