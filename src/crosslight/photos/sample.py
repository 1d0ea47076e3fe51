"""A seeded sample of an input: the same entries on every machine."""

import heapq
from collections.abc import Callable, Iterable, Iterator

from crosslight.photos.sources import Found
from crosslight.records import stable_id


def sampled(
    found: Iterable[Found],
    limit: int | None,
    seed: int,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[Found]:
    """At most `limit` entries, chosen by the seed and their names, in the input's order.

    All of them where there is no limit. Holds no more than `limit` entries in memory. Once
    `stopped` says so, the sample is that of what was seen by then.
    """
    if limit is None:
        yield from found
        return
    # The largest ranks are thrown out first: a heap of negated ones keeps the smallest.
    kept: list[tuple[int, int, Found]] = []
    for at, one in enumerate(found):
        if stopped():
            break
        rank = -int(stable_id("sample", source=one.source, seed=seed)[:15], 16)
        if len(kept) < limit:
            heapq.heappush(kept, (rank, -at, one))
        elif kept and (rank, -at) > kept[0][:2]:
            heapq.heapreplace(kept, (rank, -at, one))
    for _, _, one in sorted(kept, key=lambda entry: -entry[1]):
        yield one
