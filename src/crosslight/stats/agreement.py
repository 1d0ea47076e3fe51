"""How far raters agree beyond chance, by the formulas of those who made them.

Counted here and not by NLTK, whose means over pairs of raters took 50 s for 200 of them. (The
package `krippendorff` is GPL-3.0, which an Apache-2.0 tool had better not ask for.)
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

MOST_RATERS: Final = 100
"""Raters of whom each pair is looked at for Cohen's kappa."""
Rows = Mapping[str, Mapping[str, str]]
"""Item -> rater -> label."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Nominal agreement. None where the coefficient is not defined for these labels.

    `alpha` is Krippendorff's (missing labels allowed), `fleiss` Fleiss' kappa and `cohen` Cohen's
    kappa (mean over pairs of raters; None for more than 100 of them), both over the items that all
    raters labelled; `raw` is the share of rater pairs that agree.
    """

    items: int
    complete: int
    raters: int
    raw: float | None
    alpha: float | None
    fleiss: float | None
    cohen: float | None


def rater_agreement(labels: Iterable[tuple[str, str, str]]) -> Agreement:
    """From (rater, item, label). An empty label is a missing one, never a class."""
    by_item: dict[str, dict[str, str]] = {}
    for rater, item, label in labels:
        if label:
            by_item.setdefault(item, {})[rater] = label
    raters = {rater for row in by_item.values() for rater in row}
    several = {item: row for item, row in by_item.items() if len(row) > 1}
    complete = {item: row for item, row in several.items() if len(row) == len(raters)}
    return Agreement(
        items=len(by_item),
        complete=len(complete),
        raters=len(raters),
        raw=_raw(several),
        alpha=_alpha(several),
        fleiss=_fleiss(complete),
        cohen=_cohen(complete, sorted(raters)),
    )


def _raw(rows: Rows) -> float | None:
    same = pairs = 0
    for row in rows.values():
        same += _same(row)
        pairs += len(row) * (len(row) - 1)
    return same / pairs if pairs else None


def _same(row: Mapping[str, str]) -> int:
    """Ordered pairs of raters of an item who say the same."""
    return sum(n * (n - 1) for n in Counter(row.values()).values())


def _classes(rows: Rows) -> Counter[str]:
    return Counter(label for row in rows.values() for label in row.values())


def _alpha(rows: Rows) -> float | None:
    """Krippendorff (2011), nominal: one less observed disagreement over that of chance."""
    found = _classes(rows)
    total = found.total()
    if len(found) < 2:
        return None  # one label only: agreement beyond chance is not defined, 0 / 0
    apart = sum(len(row) - _same(row) / (len(row) - 1) for row in rows.values()) / total
    chance = (total**2 - sum(n * n for n in found.values())) / (total * (total - 1))
    return 1 - apart / chance


def _fleiss(rows: Rows) -> float | None:
    found = _classes(rows)
    if len(found) < 2:
        return None
    shares = [_same(row) / (len(row) * (len(row) - 1)) for row in rows.values()]
    seen = sum(shares) / len(shares)
    chance = sum(n * n for n in found.values()) / found.total() ** 2
    return (seen - chance) / (1 - chance)


def _cohen(rows: Rows, raters: list[str]) -> float | None:
    """The mean over the pairs for whom it is defined: not for two who say one and the same
    throughout."""
    places = {label: at for at, label in enumerate(_classes(rows))}
    if len(places) < 2 or len(raters) > MOST_RATERS:
        return None
    said = np.array([[places[row[rater]] for row in rows.values()] for rater in raters])
    shares = np.array([np.bincount(one, minlength=len(places)) for one in said]) / said.shape[1]
    seen = np.array([(said == one).mean(axis=1) for one in said])
    chance = shares @ shares.T
    upper = np.triu_indices(len(raters), 1)
    beyond, left = (seen - chance)[upper], (1 - chance)[upper]
    told = left > 1e-12
    return float((beyond[told] / left[told]).mean()) if told.any() else None
