"""The 1,000 ImageNet classes: index, WordNet id, one unique name, all lemmas."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from crosslight.models.errors import BadSpec

TABLE = Path(__file__).with_name("imagenet.tsv")


@dataclass(frozen=True, slots=True)
class ImageClass:
    """One class. `name` is unique and is what patterns and scenes use."""

    index: int
    synset: str
    name: str
    lemmas: tuple[str, ...]


@cache
def classes() -> tuple[ImageClass, ...]:
    """All classes in the order of the network's outputs."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()[1:]
    rows = (line.split("\t") for line in lines)
    return tuple(
        ImageClass(int(index), synset, name, tuple(lemmas.split("; ")))
        for index, synset, name, lemmas in rows
    )


@cache
def names() -> tuple[str, ...]:
    """The unique names, in the order of the network's outputs."""
    return tuple(c.name for c in classes())


@cache
def class_names() -> frozenset[str]:
    """The unique names, to look one up."""
    return frozenset(names())


@cache
def _by_name() -> dict[str, int]:
    return {c.name: c.index for c in classes()}


def index_of(name: str) -> int:
    """The output of a class by its unique name. Raises `BadSpec`."""
    try:
        return _by_name()[name]
    except KeyError as error:
        raise BadSpec(
            f"'{name}' is no ImageNet class", hint=f"use a name of the third column of {TABLE.name}"
        ) from error
