"""Shares and agreements as the published tables count them."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence

from crosslight.stats import rater_agreement


def percent(part: int, whole: int) -> float:
    """100 * part / whole; 0 of nothing is 0, as the authors' tables have it."""
    return 100 * part / whole if whole else 0.0


def shares(values: Iterable[str], classes: Iterable[str] = ()) -> dict[str, float]:
    """Percent of each class, classes that do not occur included, sorted by name."""
    counts = Counter(values)
    total = sum(counts.values())
    return {each: percent(counts[each], total) for each in sorted({*counts, *classes})}


def raw_agreement(pairs: Sequence[tuple[Hashable, Hashable]]) -> float:
    """Share of rows on which two raters agree."""
    return sum(a == b for a, b in pairs) / len(pairs) if pairs else float("nan")


def fleiss(rows: Sequence[Sequence[Hashable]]) -> float:
    """Fleiss' kappa of rows that each have the same number of ratings (Fleiss 1971).

    NaN for no rows; 1 when all ratings of all rows are one class (nothing to disagree on).
    """
    if not rows:
        return float("nan")
    raters = len(rows[0])
    if raters < 2 or any(len(row) != raters for row in rows):
        raise ValueError("each row needs the same number of ratings, at least two")
    total: Counter[Hashable] = Counter()
    observed = 0.0
    for row in rows:
        counts = Counter(row)
        total.update(counts)
        observed += sum(n * (n - 1) for n in counts.values()) / (raters * (raters - 1))
    observed /= len(rows)
    ratings = raters * len(rows)
    chance = sum((n / ratings) ** 2 for n in total.values())
    return 1.0 if chance == 1 else (observed - chance) / (1 - chance)


def krippendorff_nominal(rows: Sequence[Sequence[str]]) -> float:
    """Krippendorff's alpha for nominal classes. 1 where all labels are one class."""
    if len({label for row in rows for label in row}) < 2:
        return 1.0  # nobody disagrees
    labels = (
        (str(rater), str(item), label)
        for item, row in enumerate(rows)
        for rater, label in enumerate(row)
    )
    alpha = rater_agreement(labels).alpha
    return float("nan") if alpha is None else alpha


def report(truth: Sequence[str], guess: Sequence[str]) -> Mapping[str, Mapping[str, float]]:
    """Precision, recall, F1 and support of each class of `truth`; 0 where a share is of nothing."""
    made = {}
    for name in sorted(set(truth)):
        hits = sum(t == g == name for t, g in zip(truth, guess, strict=True))
        said, support = guess.count(name), truth.count(name)
        precision = hits / said if said else 0.0
        recall = hits / support if support else 0.0
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        made[name] = {"precision": precision, "recall": recall, "f1": f1, "support": support}
    return made
