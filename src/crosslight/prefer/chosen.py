"""From decided comparisons to the pairs of a dataset: capped, split, chosen named first."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from crosslight.prefer.columns import QUESTION
from crosslight.prefer.comparisons import REFUSAL_CAP, REFUSAL_UNKNOWN, Comparison
from crosslight.prefer.dataset import PairRow
from crosslight.prefer.splits import split_clusters
from crosslight.prefer.verdict import Axis
from crosslight.records import ReplyKind, stable_id

REFUSES_FROM = 0.5
"""A reply that the guard takes for a refusal with this probability counts as one."""
RECIPE = "asked-1"
NAMES = ("by", "finish", "words", "language", "safe", "refuses", "reads_photo", "detail")


def capped(rows: Sequence[Comparison], share: float, seed: int) -> list[Comparison]:
    """The rows, with pairs that choose a refusal taken out where they are more than `share` of all
    pairs: a model learns to refuse from few. Which ones stay is seeded, and not by their order.

    A reply of which it is not known may be one: it takes room like one, so that the share holds.
    """
    pairs = [row for row in rows if row.pair]
    refusing = [row for row in pairs if _refuses(row, row.chosen.lower()) is not False]
    others = len(pairs) - len(refusing)
    # The largest k with k <= share * (others + k).
    most = len(refusing) if share >= 1 else int(share * others / (1 - share) + 1e-9)
    order = sorted(refusing, key=lambda r: stable_id("cap", question=r.question_id, seed=seed))
    cut = {row.question_id for row in order[most:]}
    return [_cut(row) if row.pair and row.question_id in cut else row for row in rows]


def _cut(row: Comparison) -> Comparison:
    known = _refuses(row, row.chosen.lower()) is not None
    outcome = REFUSAL_CAP if known else REFUSAL_UNKNOWN
    return replace(row, status="dropped", outcome=outcome, chosen="", basis="", sensitive=False)


def deal(rows: Sequence[Comparison], clusters: Iterable[str], seed: int) -> dict[str, str]:
    """The split of every cluster, of what was compared and of what was answered (`clusters`).

    All are dealt, with a pair or not: other thresholds make other pairs, and none of them may then
    stand in another split. Photos of labelled pairs alone are no part of the data.
    """
    compared = (row.group for row in rows if not row.probe)
    return split_clusters(dict.fromkeys((*clusters, *compared), False), seed)


def with_splits(rows: Sequence[Comparison], splits: Mapping[str, str]) -> list[Comparison]:
    """Each in the split of its photo: a hard question and its statement never part, nor two photos
    that look alike."""
    return [replace(row, split=splits.get(row.group, "")) for row in rows]


def pair_of(row: Comparison, provenance: Mapping[str, str]) -> PairRow:
    """The dataset's row of a comparison that became a pair: A is the chosen reply in every list,
    and `*_first` the order in which that stood first."""
    won, lost = ("a", "b") if row.chosen == "A" else ("b", "a")
    told: dict[str, Any] = {}
    for new, old in (("chosen", won), ("rejected", lost)):
        told[new] = getattr(row, old)
        told |= {f"{new}_{name}": getattr(row, f"{old}_{name}") for name in NAMES}
        refused = _refuses(row, old)
        told[f"{new}_kind"] = str(ReplyKind.REFUSAL if refused else ReplyKind.MODEL)
        told[f"group_{new}"] = getattr(row, f"group_{old}")
    sign = 1.0 if won == "a" else -1.0
    for axis in Axis:
        both = row.both(axis) if won == "a" else row.both(axis).mirrored
        told[f"{axis}_first"] = tuple(both.first.as_list())
        told[f"{axis}_swapped"] = tuple(both.swapped.as_list())
        told[f"margin_{axis}"] = sign * (getattr(row, f"margin_{axis}") or 0.0)
    first, swapped = row.reason_first, row.reason_swapped
    told["reason_first"], told["reason_swapped"] = (
        (first, swapped) if won == "a" else (swapped, first)
    )
    shared = (*QUESTION, "leaf_blind", "drawn_by", "p_drawn", "sensitive")
    own = ("photo", "question", "form", "side", "basis", "split")
    told |= {name: getattr(row, name) for name in (*shared, *own)}
    told["cluster"] = row.group
    return PairRow(
        **told,
        category=row.leaf,
        gap=_gap(row),
        decided_by=row.annotator,
        parent=row.question_id,
        recipe=RECIPE,
        provenance=json.dumps(dict(provenance), sort_keys=True),
    )


def _gap(row: Comparison) -> float | None:
    """By how many groups the two responders differ; None where one of them is in none."""
    if row.group_a is None or row.group_b is None:
        return None
    return float(abs(row.group_a - row.group_b))


def _refuses(row: Comparison, reply: str) -> bool | None:
    """None is unknown."""
    p = getattr(row, f"{reply}_refuses")
    return None if p is None else p >= REFUSES_FROM
