"""Of photos that are the same or look the same, the earliest of the input stays."""

import logging
from collections.abc import Sequence

from crosslight.records import Done, Dropped, Outcome, Photo
from crosslight.store import group_similar, parse_hashes

_log = logging.getLogger(__name__)
_STEP = "screen"


def drop_copies(
    rows: Sequence[tuple[str, str, Outcome[Photo]]],
    near_bits: int | None,
    every_frame: bool = False,
) -> list[Outcome[Photo]]:
    """Outcomes of (source, sha256, outcome) rows in input order, with copies dropped.

    Exact copies first, then those within `near_bits` of 64 (or a chain of such); None keeps near
    copies. What is not done stays as it is. `every_frame`: a photo of which the hash knows only a
    part (the first of its frames, what shows on white) is nobody's near copy.
    """
    outcomes = [outcome for _, _, outcome in rows]
    first: dict[str, int] = {}
    for index, (_, sha, outcome) in enumerate(rows):
        if isinstance(outcome, Done):
            earlier = first.setdefault(sha, index)
            if earlier != index:
                detail = f"the same bytes as {rows[earlier][0]}"
                outcomes[index] = Dropped(_STEP, "duplicate", detail)
    alike = [at for at in first.values() if not (every_frame and _photo(rows[at][2]).notes)]
    if near_bits is not None and alike:
        _drop_near(rows, alike, near_bits, outcomes)
    return outcomes


def _drop_near(
    rows: Sequence[tuple[str, str, Outcome[Photo]]],
    distinct: list[int],
    near_bits: int,
    outcomes: list[Outcome[Photo]],
) -> None:
    hashes = parse_hashes([_photo(rows[index][2]).phash for index in distinct])
    groups = group_similar(hashes, near_bits)
    if groups.capped:
        _log.warning("near-duplicates: %d comparisons were left out", groups.capped)
    for place, keeper in enumerate(groups.keeper.tolist()):
        if keeper != place:
            bits = int(hashes[place] ^ hashes[keeper]).bit_count()
            detail = f"looks like {rows[distinct[keeper]][0]} ({bits} of 64 bits differ)"
            outcomes[distinct[place]] = Dropped(_STEP, "near_duplicate", detail)


def _photo(outcome: Outcome[Photo]) -> Photo:
    assert isinstance(outcome, Done)
    return outcome.value
