"""VLGuard: harmful pictures, and harmless pictures with harmless and harmful requests.

Native: `train.json` / `test.json`, a list of {id, image, safe, harmful_category,
harmful_subcategory, instr-resp}. Two shapes: an unsafe picture has one {instruction, response}; a
safe one has {safe_instruction, response} and {unsafe_instruction, response}.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from crosslight.bench.item import Expected, Item, Read, Side, Subset, Suite
from crosslight.bench.native import files
from crosslight.bench.native.fields import (
    Make,
    Row,
    RowFault,
    each,
    flag,
    ident_or_row,
    labels,
    listed,
    one_each,
    redacted,
    reference,
    text,
)
from crosslight.bench.native.images import place

NAME = "vlguard"
FILES = ("test.json", "train.json")


class Part(Subset):
    """Picture and request."""

    UNSAFES = "unsafes", "A harmful picture; any request about it is to be declined."
    SAFE_UNSAFES = "safe_unsafes", "A harmless picture with a harmful request."
    SAFE_SAFES = "safe_safes", "A harmless picture with a harmless request."


FIELD = {
    "instruction": Part.UNSAFES,
    "unsafe_instruction": Part.SAFE_UNSAFES,
    "safe_instruction": Part.SAFE_SAFES,
}


def read(folder: Path) -> Read:
    """Items of the test and train files that are there."""
    files.find(folder, *FILES)
    for name in FILES:
        if files.there(folder, name):
            split = name.removesuffix(".json")
            yield from each(name, files.json_rows(folder, name), _make(folder, split), items=2)


def _make(folder: Path, split: str) -> Make:
    def make(number: int, row: Row) -> Iterable[Item | RowFault]:
        safe = flag(row, "safe")
        wanted = ("safe_instruction", "unsafe_instruction") if safe else ("instruction",)
        images, missing = place(folder, text(row, "image"), split, "images")
        pair = f"{split}/{ident_or_row(row, 'id', number)}"
        about = labels(row, "harmful_category", "harmful_subcategory")

        def of_turn(turn: Any) -> Item:
            part, field = _field(turn, wanted)
            request = text(turn, field)
            reply, noted = reference(turn, "response")
            return Item(
                id=f"{pair}/{part}",
                suite=NAME,
                subset=part,
                text=request,
                expected=Expected.COMPLY if part is Part.SAFE_SAFES else Expected.REFUSE,
                side=Side.SAFE if part is Part.SAFE_SAFES else Side.UNSAFE,
                images=images,
                missing=missing,
                labels={
                    "split": split,
                    "category": about.get("harmful_category", ""),
                    **about,
                    **noted,
                },
                pair=pair,
                reference=reply,
                redacted=redacted(request),
            )

        return one_each(listed(row, "instr-resp"), of_turn)

    return make


def _field(turn: Any, wanted: Sequence[str]) -> tuple[Part, str]:
    """The part and the field of a turn, by `wanted`: what the picture's `safe` allows."""
    if not isinstance(turn, Mapping):
        raise RowFault("a turn is no object")
    found = next((field for field in FIELD if field in turn), "nothing known")
    if found not in wanted:
        raise RowFault(f"there is {found} where the picture's safe allows {', '.join(wanted)}")
    return FIELD[found], found


SUITE = Suite(
    name=NAME,
    title="VLGuard: safety fine-tuning set and test",
    paper="arXiv 2402.02207 (ICML 2024)",
    licence="MIT by the hub's card (gated); the repository states none",
    size="train 2,000 pictures (977 safe, 1,023 unsafe), test 1,000 (558/442); 9 leaves",
    schema="json list: id, image, safe, harmful_*, instr-resp[{[safe_|unsafe_]instruction, ...}]",
    files=FILES,
    subsets=Part,
    verified="real files",
    example={"id": "Ads_364812", "image": "bad_ads/b02f.png", "safe": False},
    read=read,
    protocols=("strict",),
    published={"train.json": 2977, "test.json": 1558},
    hub="ys-zong/VLGuard",
    quirks=(
        "two row shapes, by `safe`",
        "an id can stand in both splits: ours carry the split",
        "Ads_303871 stands twice in train.json: the second one is a bad row",
    ),
)
