"""How far raters agree beyond chance, through NLTK (Apache-2.0, extra `bench`).

(The package `krippendorff` is GPL-3.0, which an Apache-2.0 tool had better not ask for.)
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crosslight.records import MissingPart


@dataclass(frozen=True, slots=True)
class Agreement:
    """Nominal agreement. None where the coefficient is not defined for these labels.

    `alpha` is Krippendorff's (missing labels allowed), `fleiss` Fleiss' kappa and `cohen` Cohen's
    kappa (mean over pairs of raters), both over the items that all raters labelled; `raw` is the
    share of rater pairs that agree.
    """

    items: int
    complete: int
    raters: int
    raw: float | None
    alpha: float | None
    fleiss: float | None
    cohen: float | None


def rater_agreement(labels: Iterable[tuple[str, str, str]]) -> Agreement:
    """From (rater, item, label). An empty label is a missing one, never a class.

    Raises `MissingPart` where NLTK is not installed.
    """
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
        alpha=_coefficient("alpha", several),
        fleiss=_coefficient("pi", complete),
        cohen=_coefficient("kappa", complete),
    )


def _raw(rows: Mapping[str, Mapping[str, str]]) -> float | None:
    same = pairs = 0
    for row in rows.values():
        given = list(row.values())
        for at, label in enumerate(given):
            same += given[at + 1 :].count(label)
            pairs += len(given) - at - 1
    return same / pairs if pairs else None


def _coefficient(name: str, rows: Mapping[str, Mapping[str, str]]) -> float | None:
    """NLTK's `pi` of several raters is Fleiss' kappa (Siegel and Castellan 1988)."""
    classes = {label for row in rows.values() for label in row.values()}
    if len(classes) < 2:
        return None  # one label only: agreement beyond chance is not defined, 0 / 0
    try:
        from nltk.metrics.agreement import (  # type: ignore[import-untyped,unused-ignore]
            AnnotationTask,
        )
    except ImportError as error:
        raise MissingPart(
            "agreement needs NLTK, which is not installed", hint="pip install 'crosslight[bench]'"
        ) from error
    triples = [(rater, item, label) for item, row in rows.items() for rater, label in row.items()]
    try:
        return float(getattr(AnnotationTask(data=triples), name)())
    except ZeroDivisionError:
        return None
