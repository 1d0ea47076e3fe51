"""A run's own part of `run.json`: the same whenever the same run ends."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crosslight.prefer.dataset import PairRow
from crosslight.records import Dropped
from crosslight.runs import Lost


def counts_of(rows: Sequence[PairRow]) -> dict[str, Any]:
    """How many pairs there are, and of what."""
    return {
        "pairs": len(rows),
        "mirrored": sum(bool(row.mirror_of) for row in rows),
        "need_the_picture": sum(needs_picture(rows)),
        "photos": len({row.photo for row in rows}),
        "sensitive": sum(row.sensitive for row in rows),
        "kinds": _sorted(" over ".join(row.kinds) for row in rows),
        "sides": _sorted(row.side for row in rows),
        "splits": _sorted(row.split for row in rows),
        "distinct_chosen": len({row.chosen for row in rows}),
        "distinct_rejected": len({row.rejected for row in rows}),
    }


def needs_picture(rows: Sequence[PairRow]) -> list[bool]:
    """Of each pair whether its mirror asks the same question beside another photo: then nothing
    but the picture tells the better reply."""
    by_id = {row.id: row for row in rows}
    return [
        (other := by_id.get(row.mirror_of)) is not None
        and other.question == row.question
        and other.photo != row.photo
        for row in rows
    ]


def funnel_of(step: str, entered: int, done: int, lost: Iterable[Lost]) -> list[dict[str, Any]]:
    """One step as the pages of all runs show it."""
    dropped: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for one in lost:
        if one.outcome.step != step:
            continue
        if isinstance(one.outcome, Dropped):
            dropped[one.outcome.reason] += 1
        else:
            failed[one.outcome.error.partition(":")[0]] += 1
    told: Mapping[str, Any] = {"step": step, "in": entered, "done": done}
    return [{**told, "dropped": _plain(dropped), "failed": _plain(failed)}]


def _sorted(values: Iterable[str]) -> dict[str, int]:
    return _plain(Counter(values))


def _plain(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))
