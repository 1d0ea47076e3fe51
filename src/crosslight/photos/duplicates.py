"""Of photos that are the same or look the same, the earliest of the input stays."""

import logging
from collections.abc import Sequence

from crosslight.records import Done, Dropped, Outcome, Photo
from crosslight.store import group_similar, parse_hashes

_log = logging.getLogger(__name__)
_STEP = "screen"


def drop_copies(
    rows: Sequence[tuple[str, str, Outcome[Photo]]], near_bits: int | None
) -> list[Outcome[Photo]]:
    """Outcomes of (source, sha256, outcome) rows in input order, with copies dropped.

    Exact copies first, then those within `near_bits` of 64 (or a chain of such); None keeps near
    copies. What is not done stays as it is.
    """
    outcomes = [outcome for _, _, outcome in rows]
    first: dict[str, int] = {}
    for index, (_, sha, outcome) in enumerate(rows):
        if isinstance(outcome, Done):
            earlier = first.setdefault(sha, index)
            if earlier != index:
                detail = f"the same bytes as {rows[earlier][0]}"
                outcomes[index] = Dropped(_STEP, "duplicate", detail)
    if near_bits is not None and first:
        _drop_near(rows, list(first.values()), near_bits, outcomes)
    return outcomes


def _drop_near(
    rows: Sequence[tuple[str, str, Outcome[Photo]]],
    distinct: list[int],
    near_bits: int,
    outcomes: list[Outcome[Photo]],
) -> None:
    hashes = parse_hashes([_phash(rows[index][2]) for index in distinct])
    groups = group_similar(hashes, near_bits)
    if groups.capped:
        _log.warning("near-duplicates: %d comparisons were left out", groups.capped)
    for place, keeper in enumerate(groups.keeper.tolist()):
        if keeper != place:
            bits = int(hashes[place] ^ hashes[keeper]).bit_count()
            detail = f"looks like {rows[distinct[keeper]][0]} ({bits} of 64 bits differ)"
            outcomes[distinct[place]] = Dropped(_STEP, "near_duplicate", detail)


def _phash(outcome: Outcome[Photo]) -> str:
    assert isinstance(outcome, Done)
    return outcome.value.phash
