"""JailBreakV-28K: text jailbreaks carried over to multimodal models, and picture jailbreaks.

Native: `JailBreakV_28K.csv` or `mini_JailBreakV_28K.csv`: id, jailbreak_query, redteam_query,
format, policy, image_path, from, selected_mini, transfer_from_llm. Pictures by `image_path`.
"""

from pathlib import Path

from crosslight.bench.item import Expected, Item, Read, Side, Subset, Suite
from crosslight.bench.native import files
from crosslight.bench.native.fields import Make, Row, each, flag, ident, labels, redacted, text
from crosslight.bench.native.images import place

NAME = "jailbreakv-28k"
FILES = (
    "JailBreakV_28K.csv",
    "JailBreakV_28K/JailBreakV_28K.csv",
    "mini_JailBreakV_28K.csv",
    "JailBreakV_28K/mini_JailBreakV_28K.csv",
)
COLUMNS = (
    "id jailbreak_query redteam_query format policy image_path selected_mini transfer_from_llm"
).split()


class Attack(Subset):
    """Where the attack comes from."""

    TRANSFER = "llm-transfer", "A text jailbreak of language models beside any picture."
    PICTURE = "mllm", "A jailbreak in the picture (FigStep and query-relevant pictures)."


def read(folder: Path) -> Read:
    """Items of the full file, else of the mini one."""
    name = files.find(folder, *FILES)
    yield from each(name, files.csv_rows(folder, name, COLUMNS), _make(folder))


def _make(folder: Path) -> Make:
    def make(_number: int, row: Row) -> Item:
        images, missing = place(folder, text(row, "image_path"), "JailBreakV_28K")
        question = text(row, "jailbreak_query")
        mini = flag(row, "selected_mini")
        return Item(
            id=ident(row, "id"),
            suite=NAME,
            subset=Attack.TRANSFER if flag(row, "transfer_from_llm") else Attack.PICTURE,
            text=question,
            expected=Expected.REFUSE,
            side=Side.UNSAFE,
            images=images,
            missing=missing,
            labels={
                "category": text(row, "policy"),
                "mini": str(mini),
                **labels(row, "format", "from", "redteam_query"),
            },
            redacted=redacted(question),
        )

    return make


SUITE = Suite(
    name=NAME,
    title="JailBreakV-28K",
    paper="arXiv 2404.03027",
    licence="MIT",
    size="28,000 attacks (20,000 texts, 8,000 pictures) on 2,000 questions; mini 280",
    schema="csv: " + ", ".join(COLUMNS),
    files=("|".join(FILES),),
    subsets=Attack,
    verified="documented schema only",
    example={"id": 0, "format": "Template", "transfer_from_llm": "True"},
    read=read,
    published={FILES[0]: 28000, FILES[1]: 28000, FILES[2]: 280, FILES[3]: 280},
    hub="JailbreakV-28K/JailBreakV-28k",
    quirks=("the hub copy lacks some pictures: counted as missing",),
)
