"""Our hazard categories, and where each of them stands in other people's taxonomies.

`taxonomy.yaml` holds the leaves, `crosswalk/*.yaml` the foreign taxonomies (ids and short names,
as facts). A leaf either maps to a foreign node with a fit, or says `none`: nothing is left open.
"""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, Field, model_validator

from crosslight.policy.constitution import StrictModel
from crosslight.records import CrosslightError
from crosslight.store import UnreadableFile, read_fitted

TAXONOMY_FILE = Path(__file__).parent / "taxonomy.yaml"
CROSSWALK_FOLDER = Path(__file__).parent / "crosswalk"
MAX_BYTES = 1 << 20

V = TypeVar("V")
M = TypeVar("M", bound=BaseModel)
Fit = Literal["exact", "near", "partial"]
Name = Annotated[str, Field(min_length=1, max_length=120)]
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z_]*$")]
Crosswalk = dict[str, Literal["none"] | Annotated[dict[str, Fit], Field(min_length=1)]]


class TaxonomyError(CrosslightError):
    """A taxonomy file is not as the schema says, or a name in a call is unknown."""


class Leaf(StrictModel):
    """One kind of harm. `crosswalk` has one entry for every foreign taxonomy, `none` included."""

    id: Slug
    title: Name
    definition: Annotated[str, Field(min_length=20, max_length=200)]
    crosswalk: Crosswalk


class Domain(StrictModel):
    """Leaves that belong together."""

    id: Slug
    title: Name
    leaves: Annotated[tuple[Leaf, ...], Field(min_length=1)]


class Node(StrictModel):
    """A class of a foreign taxonomy. `literal` is false where the name is our description."""

    id: Name
    name: Name
    literal: bool = True
    children: tuple["Node", ...] = ()


class Scheme(StrictModel):
    """A foreign taxonomy: `levels` names its depths from the top."""

    id: Annotated[str, Field(pattern=r"^[a-z]+$")]
    title: Name
    source: Name
    levels: Annotated[tuple[str, ...], Field(min_length=1)]
    tree: Annotated[tuple[Node, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _shape(self) -> Self:
        ids = [node.id for node, _ in self.walk()]
        if len(ids) != len(set(ids)):
            raise ValueError("two nodes share an id")
        if max(depth for _, depth in self.walk()) >= len(self.levels):
            raise ValueError("the tree is deeper than `levels`")
        return self

    def walk(self) -> Iterator[tuple[Node, int]]:
        """Every node with its depth, parents first."""
        stack = [(node, 0) for node in reversed(self.tree)]
        while stack:
            node, depth = stack.pop()
            yield node, depth
            stack.extend((child, depth + 1) for child in reversed(node.children))

    def at(self, level: str) -> tuple[Node, ...]:
        """The nodes of one level."""
        depth = self.levels.index(level)
        return tuple(node for node, d in self.walk() if d == depth)


class _Taxonomy(StrictModel):
    domains: Annotated[tuple[Domain, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Mapping:
    """Where a leaf stands in a foreign taxonomy."""

    id: str
    name: str
    level: str
    fit: Fit


@cache
def schemes() -> tuple[Scheme, ...]:
    """The foreign taxonomies, by id. Raises `TaxonomyError`."""
    return tuple(_read(path, Scheme) for path in sorted(CROSSWALK_FOLDER.glob("*.yaml")))


def scheme(id: str) -> Scheme:
    """One foreign taxonomy, e.g. `llamaguard`. Raises `TaxonomyError`."""
    return _pick(id, {s.id: s for s in schemes()}, "taxonomy")


@cache
def domains() -> tuple[Domain, ...]:
    """Our domains with their leaves, each checked against every crosswalk."""
    found = _read(TAXONOMY_FILE, _Taxonomy).domains
    ids = [leaf.id for domain in found for leaf in domain.leaves]
    if len(ids) != len(set(ids)):
        raise TaxonomyError(f"{TAXONOMY_FILE.name}: two leaves share an id")
    for domain in found:
        for one in domain.leaves:
            _check(one)
    return found


def leaves() -> tuple[Leaf, ...]:
    """Our leaves in the order of the file."""
    return tuple(leaf for domain in domains() for leaf in domain.leaves)


def leaf(id: str) -> Leaf:
    """One leaf. Raises `TaxonomyError` with the nearest names."""
    return _pick(id, {one.id: one for one in leaves()}, "category")


def domain_of(leaf_id: str) -> Domain:
    """The domain a leaf belongs to. Raises `TaxonomyError`."""
    return _pick(leaf_id, {one.id: d for d in domains() for one in d.leaves}, "category")


def map_to(leaf_id: str, scheme_id: str) -> tuple[Mapping, ...]:
    """A leaf's places in a foreign taxonomy; empty where it has explicitly none."""
    foreign = scheme(scheme_id)
    entry = leaf(leaf_id).crosswalk[foreign.id]
    if entry == "none":
        return ()
    nodes = {node.id: (node, foreign.levels[depth]) for node, depth in foreign.walk()}
    return tuple(
        Mapping(id=to, name=nodes[to][0].name, level=nodes[to][1], fit=fit)
        for to, fit in entry.items()
    )


def taxonomy_rows(*scheme_ids: str) -> list[dict[str, str]]:
    """What `crosslight policy taxonomy` prints: a row a leaf, a column a taxonomy (default all)."""
    wanted = [scheme(id) for id in scheme_ids] or list(schemes())
    return [
        {
            "domain": domain.title,
            "id": one.id,
            "title": one.title,
            "definition": one.definition,
            **{s.id: _printed(map_to(one.id, s.id)) for s in wanted},
        }
        for domain in domains()
        for one in domain.leaves
    ]


def _printed(mappings: tuple[Mapping, ...]) -> str:
    return ", ".join(f"{m.id} ({m.fit})" for m in mappings) or "none"


def _check(one: Leaf) -> None:
    missing = {s.id for s in schemes()} ^ set(one.crosswalk)
    if missing:
        raise TaxonomyError(f"{one.id}: crosswalk lacks or does not know {sorted(missing)}")
    for id, entry in one.crosswalk.items():
        known = {node.id for node, _ in scheme(id).walk()}
        unknown = [] if entry == "none" else sorted(set(entry) - known)
        if unknown:
            raise TaxonomyError(f"{one.id}: no {unknown} in taxonomy {id}")


def _pick(id: str, known: dict[str, V], what: str) -> V:
    if id in known:
        return known[id]
    near = difflib.get_close_matches(id, known, n=3) or sorted(known)
    raise TaxonomyError(f"no {what} {id!r}; did you mean {', '.join(near)}?")


def _read(path: Path, model: type[M]) -> M:
    try:
        return read_fitted(model, path, MAX_BYTES)
    except UnreadableFile as error:
        raise TaxonomyError(error.message, error.hint) from error
