"""Kinds of pattern: ideas that say the same in other words, found by the meaning of their words.

A pattern of the bank is a kind of its own. An idea of a model joins the nearest kind of its
category, else it founds one. A kind keeps a sum of vectors, a count and one example, so that
memory grows with kinds and not with rows.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from crosslight.build.waves.record import AcceptedPattern
from crosslight.build.wish import Inspiration
from crosslight.models import Vectors

SAME = 0.5
"""Cosine from which two ideas of one category are the same pattern. Of the bank's 287 patterns,
which all differ, 8% lie so near another; of six ideas told anew, three do
(benchmarks/scenarios.py)."""
CHUNK = 1024

Embed = Callable[[Sequence[str]], Vectors]
Key = tuple[str, str]
"""Pattern and category, as an author wrote them."""


@dataclass(slots=True)
class Kind:
    """One kind of pattern. `scenario` is where it stands on the map as it was last drawn."""

    pattern: str
    category: str
    scenario: str
    fixed: bool
    count: int = 0
    example: Inspiration | None = None


def told(pattern: str, risk: str) -> str:
    """What of an idea is embedded."""
    return f"{pattern}. {risk}"


def slug(text: str) -> str:
    """An id from words."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:40].strip("_") or "unnamed"


class PatternKinds:
    """All kinds of a build, in the order in which they were founded."""

    def __init__(self, embed: Embed) -> None:
        self._embed = embed
        self._of: dict[Key, int] = {}
        self._kinds: list[Kind] = []
        self._sums: list[Vectors | None] = []
        self._index = _Founders()

    def __len__(self) -> int:
        return len(self._kinds)

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._kinds)

    def __getitem__(self, at: int) -> Kind:
        return self._kinds[at]

    def find(self, pattern: str, category: str) -> Kind | None:
        """The kind of a pattern that was added before."""
        at = self._of.get((pattern, category))
        return None if at is None else self._kinds[at]

    def free(self) -> tuple[list[int], Vectors]:
        """The kinds that are not the bank's, with the unit vectors of their meaning."""
        found = [(at, s) for at, s in enumerate(self._sums) if s is not None]
        if not found:
            return [], np.zeros((0, 0), dtype=np.float32)
        return [at for at, _ in found], unit(np.stack([s for _, s in found]))

    def add(self, accepted: Iterable[AcceptedPattern], known: Mapping[str, str]) -> list[int]:
        """Count each, and found what is new; returns the kind of each. `known`: the scenario of
        each pattern of the bank; these need no vector."""
        rows = list(accepted)
        for start in range(0, len(rows), CHUNK):
            self._found(rows[start : start + CHUNK], known)
        places = [self._of[row.pattern, row.category] for row in rows]
        for at, row in zip(places, rows, strict=True):
            kind = self._kinds[at]
            kind.count += 1
            if kind.example is None and not row.sensitive:
                kind.example = _example(row)
        return places

    def _found(self, rows: Sequence[AcceptedPattern], known: Mapping[str, str]) -> None:
        new: dict[Key, AcceptedPattern] = {}
        for row in rows:
            if (row.pattern, row.category) not in self._of:
                new.setdefault((row.pattern, row.category), row)
        free = [row for row in new.values() if row.pattern not in known]
        texts = [told(row.pattern, row.risk) for row in free]
        vectors: Iterator[Vectors] = iter(self._embed(texts) if texts else ())
        for key, row in new.items():
            if row.pattern in known:
                self._of[key] = self._append(row, None, known[row.pattern])
                continue
            vector = next(vectors)
            at = self._index.near(vector, row.category)
            if at is None:
                at = self._append(row, np.array(vector, dtype=np.float32), row.scenario)
                self._index.put(at, vector, row.category)
            else:
                held = self._sums[at]
                self._sums[at] = vector if held is None else held + vector
            self._of[key] = at

    def _append(self, row: AcceptedPattern, vector: Vectors | None, scenario: str) -> int:
        self._kinds.append(Kind(row.pattern, row.category, scenario, vector is None))
        self._sums.append(vector)
        return len(self._kinds) - 1


class _Founders:
    """What each kind was founded by, by category, in arrays that grow by doubling.

    Ideas are compared with these and not with means: a mean drifts to the middle of its scenario,
    and would there take in all of it.
    """

    def __init__(self) -> None:
        self._places: dict[str, list[int]] = {}
        self._vectors: dict[str, Vectors] = {}

    def put(self, at: int, vector: Vectors, category: str) -> None:
        places = self._places.setdefault(category, [])
        rows = self._vectors.get(category)
        if rows is None or len(places) == len(rows):
            grown = np.zeros((max(16, 2 * len(places)), len(vector)), dtype=np.float32)
            grown[: len(places)] = 0 if rows is None else rows
            self._vectors[category] = rows = grown
        rows[len(places)] = vector
        places.append(at)

    def near(self, vector: Vectors, category: str) -> int | None:
        places = self._places.get(category)
        if not places:
            return None
        likeness = self._vectors[category][: len(places)] @ vector
        best = int(likeness.argmax())
        return places[best] if likeness[best] >= SAME else None


def _example(row: AcceptedPattern) -> Inspiration:
    return Inspiration(row.pattern, row.element, row.text, row.risk, row.scenario)


def unit(vectors: Vectors) -> Vectors:
    """Each row at length 1; the zero row stays."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-9), dtype=np.float32)
