"""Both probes out of the states of rows, on one split of the groups."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crosslight.tune.judge.rows import DataError, JudgeRow
from crosslight.tune.probe.measure import Fitted, figures_of, fit_and_measure, parts_of_groups
from crosslight.tune.probe.probe import Probe
from crosslight.tune.probe.requests import declines
from crosslight.tune.probe.states import States


@dataclass(frozen=True, slots=True)
class Fits:
    """Probes, the part of each row, and `held_out`: rows that nothing was chosen on, each with the
    model's own answer and whether the probes switch."""

    probes: dict[str, Probe]
    rows: list[JudgeRow]
    parts: list[str]
    held_out: list[tuple[JudgeRow, str, bool]]
    facts: dict[str, Any]
    notes: list[str] = field(default_factory=list)


def fit_both(known: Sequence[tuple[JudgeRow, States]], hidden: int, seed: int) -> Fits:
    """Raises `DataError` where the first cannot be fitted."""
    if not known:
        raise DataError("no row could be shown to the model", "see failed.parquet for why")
    rows, states = [row for row, _ in known], [one for _, one in known]
    groups, parts = [row.group for row in rows], parts_of_groups([r.group for r in rows], seed)
    unsafe = np.array([row.unsafe for row in rows])
    asked, begun = (np.stack([getattr(s, name) for s in states]) for name in ("asked", "begun"))
    options: dict[str, Any] = {"parts": parts, "hidden": hidden, "seed": seed}
    first = fit_and_measure(asked, unsafe.tolist(), groups, **options)
    if first.probe is None:
        raise DataError(
            f"the probe for unsafe requests: {first.reason}",
            "give more rows: a probe needs both labels in each of three slices of the groups",
        )
    declined = [declines(one.answer) for one in states]
    second = _will_comply(begun, declined, groups, options)
    switched = _switched(first.probe, second.probe, asked, begun)
    test = np.array(parts) == "test"
    told = {"n": sum(one is True for one in declined), "of": len(declined)}
    facts = {
        "probes": {
            "unsafe": first.figures,
            "complies": second.figures or {"reason": second.reason},
        },
        "switch": figures_of(switched[test], unsafe[test]),
        "declined": {**told, "unknown": sum(one is None for one in declined)},
    }
    held = [
        (row, one.answer, bool(switch))
        for (row, one), part, switch in zip(known, parts, switched, strict=True)
        if part == "test"
    ]
    probes = {"unsafe": first.probe} | ({"complies": second.probe} if second.probe else {})
    return Fits(probes, rows, parts, held, facts, [] if second.probe else [_alone(second, told)])


def _will_comply(
    begun: NDArray[Any],
    declined: Sequence[bool | None],
    groups: Sequence[str],
    options: dict[str, Any],
) -> Fitted:
    """On rows of which it is known: an empty answer neither declines nor complies."""
    known = [at for at, one in enumerate(declined) if one is not None]
    return fit_and_measure(
        begun[known],
        [int(not declined[at]) for at in known],
        [groups[at] for at in known],
        **{**options, "parts": [options["parts"][at] for at in known]},
    )


def _switched(
    first: Probe, second: Probe | None, asked: NDArray[Any], begun: NDArray[Any]
) -> NDArray[np.bool_]:
    said = first.probability(asked) >= first.threshold
    if second is not None:
        said &= second.probability(begun) >= second.threshold
    return said


def _alone(second: Fitted, told: dict[str, int]) -> str:
    return (
        f"no probe for whether the model will comply ({second.reason}; of {told['of']:,} answers "
        f"{told['n']:,} decline): the first probe alone decides"
    )
