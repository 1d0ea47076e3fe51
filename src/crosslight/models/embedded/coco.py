"""The 80 COCO labels of the detector, and the ImageNet classes that bear each of them out."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from crosslight.models.embedded.imagenet import index_of, names
from crosslight.models.errors import BadSpec
from crosslight.store import UnreadableFile, read_fitted

TABLE = Path(__file__).with_name("coco.yaml")
MAX_BYTES = 1 << 18
PERSON = "person"
"""The one label that needs no second opinion: ImageNet has no class for it."""


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[int, Field(ge=1, le=90)]
    classes: tuple[str | tuple[int, int], ...] = ()


class _Book(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    labels: dict[str, _Row]


@dataclass(frozen=True, slots=True)
class CocoLabel:
    """`column` of the network's class scores, background not counted; `classes` are names of
    ImageNet classes of the same thing. None of them: nothing can bear the label out."""

    name: str
    column: int
    classes: frozenset[str]


@cache
def labels() -> dict[str, CocoLabel]:
    """All labels by name, in the order of their ids. Raises `BadSpec` for a bad table."""
    try:
        rows = read_fitted(_Book, TABLE, MAX_BYTES).labels
    except UnreadableFile as error:
        raise BadSpec(error.message, hint=f"mend {TABLE.name}") from error
    return {
        name: CocoLabel(name, row.id - 1, _classes(row.classes))
        for name, row in sorted(rows.items(), key=lambda item: item[1].id)
    }


def _classes(written: tuple[str | tuple[int, int], ...]) -> frozenset[str]:
    found: set[str] = set()
    for one in written:
        if isinstance(one, str):
            index_of(one)
            found.add(one)
        else:
            found.update(names()[one[0] : one[1] + 1])
    return frozenset(found)


@cache
def usable_labels() -> tuple[str, ...]:
    """The labels that can count in a scene: `person`, and those that some class bears out."""
    return tuple(label.name for label in labels().values() if label.classes or label.name == PERSON)


def label_of(name: str) -> CocoLabel:
    """The label of that name. Raises `BadSpec`."""
    try:
        return labels()[name]
    except KeyError as error:
        raise BadSpec(f"'{name}' is no COCO label", hint=f"use a name of {TABLE.name}") from error
