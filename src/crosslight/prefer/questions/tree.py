"""SPA-VL's tree of subjects (6 domains, 13 middle classes, 53 leaves), with what each leaf means.

Names and places come from `policy/crosswalk/spavl.yaml`, as in the data, with its spelling; the
meanings are ours. `known` is false where the paper's data do not give the name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from crosslight.policy import taxonomy
from crosslight.records import BadSetting, RunBroken
from crosslight.store import UnreadableFile, read_fitted
from crosslight.text import near_field

MEANINGS_FILE = Path(__file__).with_name("leaves.yaml")
SCHEME = "spavl"
MAX_BYTES = 1 << 18
Words = Annotated[str, Field(min_length=4, max_length=160)]


@dataclass(frozen=True, slots=True)
class TreeLeaf:
    """One subject. `domain`, `middle` and `name` are as in the data; `title` is for prompts."""

    id: str
    name: str
    domain: str
    middle: str
    known: bool
    title: str
    about: str
    contrast: str
    severe: bool


class _Meaning(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    about: Words
    contrast: Words = Field(alias="not")
    title: str = ""
    severe: bool = False


class _Meanings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    leaves: tuple[_Meaning, ...]


@cache
def tree_leaves() -> tuple[TreeLeaf, ...]:
    """All leaves in the order of the tree."""
    try:
        written = read_fitted(_Meanings, MEANINGS_FILE, MAX_BYTES).leaves
    except UnreadableFile as error:
        raise RunBroken(error.message, error.hint) from error
    meanings = {one.id: one for one in written}
    found = tuple(
        _leaf(domain, middle, leaf, meanings.pop(leaf.id))
        for domain in taxonomy.scheme(SCHEME).tree
        for middle in domain.children
        for leaf in middle.children
    )
    if meanings:
        raise RunBroken(f"{MEANINGS_FILE.name}: no leaf {', '.join(meanings)} in {SCHEME}.yaml")
    return found


def _leaf(
    domain: taxonomy.Node, middle: taxonomy.Node, leaf: taxonomy.Node, meaning: _Meaning
) -> TreeLeaf:
    return TreeLeaf(
        leaf.id,
        leaf.name,
        domain.name,
        middle.name,
        leaf.literal,
        meaning.title or leaf.name,
        meaning.about,
        meaning.contrast,
        meaning.severe,
    )


def leaf_by_id(id: str) -> TreeLeaf:
    """One leaf. Raises `BadSetting`."""
    return leaves_named([id])[0]


def leaves_named(names: Sequence[str]) -> tuple[TreeLeaf, ...]:
    """Leaves by id or by the data's name, in the order of the tree. Raises `BadSetting`."""
    every = tree_leaves()
    known = {leaf.name: leaf.id for leaf in every} | {leaf.id: leaf.id for leaf in every}
    for name in names:
        if name not in known:
            near = near_field(name, tuple(known))
            told = f"did you mean {near}?" if near else f"one of: {', '.join(x.id for x in every)}"
            raise BadSetting(f"SPA-VL's tree has no leaf {name!r}", told)
    wanted = {known[name] for name in names}
    return tuple(leaf for leaf in every if leaf.id in wanted)
