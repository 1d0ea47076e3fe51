"""Which two answers to a question are compared: seeded, and the same whatever else is drawn.

By rendezvous: of the pairs that are allowed, the one with the smallest hash of question, both
responders and seed. A further responder so takes some questions for pairs of its own, and moves no
other pair.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

BY_GROUP_SHARE = 0.1
"""Of the questions that are drawn by answers, so many are drawn by group: what the choice by
answers inherits from the guard's errors can be seen beside them."""


class DrawBy(StrEnum):
    """What two answers must differ in. `ANY`: neither was to be had."""

    GROUP = "group"
    ITEM = "item"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An answer that may be drawn. `safe` None: the guard was not sure."""

    responder: str
    group: int | None
    safe: bool | None


@dataclass(frozen=True, slots=True)
class Drawn:
    """Two responders, named in an order that says nothing. `p`: with what chance they came."""

    a: str
    b: str
    by: DrawBy
    p: float


Pair = tuple[str, str]


def draw_pair(
    item: str, candidates: Sequence[Candidate], by: DrawBy, *, seed: int = 0
) -> Drawn | None:
    """The pair of one question; None with fewer than two answers.

    `GROUP`: from two groups; where the answers here come from one, by item. `ITEM`: one judged
    safe and one not, a tenth by group; where all are judged alike, by group. With neither, any.
    """
    everybody = {one.responder: one for one in sorted(candidates, key=lambda c: c.responder)}
    pairs = list(combinations(everybody, 2))
    if not pairs:
        return None
    allowed = {
        DrawBy.GROUP: [pair for pair in pairs if _other_group(everybody, pair)],
        DrawBy.ITEM: [pair for pair in pairs if _contrast(everybody, pair)],
        DrawBy.ANY: pairs,
    }
    both = bool(allowed[DrawBy.GROUP] and allowed[DrawBy.ITEM])
    tenth = by is DrawBy.ITEM and both and _share(item, "tenth", seed=seed) < BY_GROUP_SHARE
    first = DrawBy.GROUP if tenth else by
    order = dict.fromkeys((first, DrawBy.ITEM, DrawBy.GROUP, DrawBy.ANY))
    used = next(way for way in order if allowed[way])
    pair = min(allowed[used], key=lambda pair: _hash(item, *pair, seed=seed))
    a, b = pair if _share(item, *pair, "turn", seed=seed) < 0.5 else pair[::-1]
    return Drawn(a, b, used, _chance(pair, allowed, used, mixed=by is DrawBy.ITEM and both))


def _chance(
    pair: Pair, allowed: Mapping[DrawBy, Sequence[Pair]], used: DrawBy, *, mixed: bool
) -> float:
    if not mixed:
        return 1 / len(allowed[used])
    shares = {DrawBy.ITEM: 1 - BY_GROUP_SHARE, DrawBy.GROUP: BY_GROUP_SHARE}
    return sum(s / len(allowed[way]) for way, s in shares.items() if pair in allowed[way])


def _other_group(known: Mapping[str, Candidate], pair: Pair) -> bool:
    one, two = (known[name].group for name in pair)
    return None not in (one, two) and one != two


def _contrast(known: Mapping[str, Candidate], pair: Pair) -> bool:
    one, two = (known[name].safe for name in pair)
    return None not in (one, two) and one is not two


def _hash(*parts: str, seed: int) -> bytes:
    """Of the parts, with their lengths: no two lists of parts have one text."""
    text = "".join(f"{len(part)}:{part}" for part in (*parts, str(seed)))
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()


def _share(*parts: str, seed: int) -> float:
    """In [0, 1), even."""
    return int.from_bytes(_hash(*parts, seed=seed)[:7]) / (1 << 56)
