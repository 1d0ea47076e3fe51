"""How far an annotator can be trusted: place, length, caution, agreement, and known verdicts."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any

from crosslight.prefer.annotate.probes import BY_NAME, KINDS
from crosslight.prefer.comparisons import Comparison, Thresholds
from crosslight.prefer.decide import Safe
from crosslight.prefer.verdict import Axis, Read
from crosslight.records import RequestSide
from crosslight.stats import clustered_mean, wilson

Row = Comparison
BY = ("form", "side", "lever", "leaf", "drawn_by")


def annotator_figures(rows: Sequence[Row], thresholds: Thresholds) -> dict[str, Any]:
    """All of them, of a run's comparisons. What nobody asked is not in them."""
    asked = [row for row in rows if row.asked and not row.probe]
    return {
        "compared": len(asked),
        "agreement": {str(axis): _agreement(asked, axis) for axis in Axis},
        "agreement_by": {name: {str(axis): _by(asked, name, axis) for axis in Axis} for name in BY},
        "position": {str(axis): position_effect(asked, axis) for axis in Axis},
        "position_by_gap": _position_by_gap(asked),
        "length": {str(axis): length_effect(asked, axis, thresholds) for axis in Axis},
        "caution": caution(asked),
        "not_read": _not_read(rows),
        "probes": probe_errors(rows),
        "labelled": labelled_errors(rows),
    }


def position_effect(rows: Iterable[Row], axis: Axis) -> dict[str, Any] | None:
    """What standing first is worth, in log-odds; the interval is by pair. None without pairs."""
    effects = [row.both(axis).position_effect for row in rows if row.asked]
    found = clustered_mean(effects)
    return None if found is None else asdict(found)


def length_effect(rows: Iterable[Row], axis: Axis, thresholds: Thresholds) -> dict[str, Any]:
    """How often the longer reply won, among pairs that the guard reads alike and that were decided.

    Over all pairs a share would say nothing: who says more may deserve to win.
    """
    longer = n = 0
    for row in rows:
        read = getattr(row, f"read_{axis}")
        a, b = thresholds.safe(row.a_safe), thresholds.safe(row.b_safe)
        alike = a is b and a is not Safe.UNKNOWN
        if not alike or read not in (Read.A, Read.B) or row.a_words is None or row.b_words is None:
            continue
        if row.a_words == row.b_words:
            continue
        n += 1
        longer += (row.a_words > row.b_words) == (read == Read.A)
    return _share(longer, n)


def caution(rows: Iterable[Row]) -> dict[str, Any]:
    """Of comparisons beside harmless questions: how often a reply was called more harmless that was
    not the more helpful one. Nothing is at stake there."""
    careful = n = 0
    for row in rows:
        if row.side == RequestSide.HARMLESS and row.asked:
            n += 1
            careful += row.read_harmless in (Read.A, Read.B) and (
                row.read_helpful != row.read_harmless
            )
    return _share(careful, n)


def probe_errors(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """By kind of probe: how many verdicts were wrong of those that were given, by axis."""
    by_kind: dict[str, list[Row]] = {kind.name: [] for kind in KINDS}
    for row in rows:
        if row.probe in by_kind and row.asked:
            by_kind[row.probe].append(row)
    return [
        {"probe": kind.name, "axis": str(axis), **_wrong(by_kind[kind.name], kind.name, axis)}
        for kind in KINDS
        for axis in kind.axes
        if by_kind[kind.name]
    ]


def labelled_errors(rows: Iterable[Row]) -> dict[str, Any]:
    """Of contests whose right answer is known, A being it (`probe` is "labelled"): by what rule
    the annotator would have been right, wrong, or silent."""
    counts = Counter(_against(row) for row in rows if row.probe == LABELLED and row.asked)
    n = sum(counts.values())
    return {
        "n": n,
        "right": _share(counts["right"], n),
        "wrong": _share(counts["wrong"], n),
        "undecided": _share(counts["undecided"], n),
    }


LABELLED = "labelled"


def _against(row: Row) -> str:
    """A pair is decided by helpfulness beside harmless questions, and by harmlessness elsewhere,
    or by helpfulness where that ties: the table's rules without a guard."""
    first = row.read_helpful if row.side == RequestSide.HARMLESS else row.read_harmless
    read = row.read_helpful if first == Read.TIE else first
    return {"A": "right", "B": "wrong"}.get(read, "undecided")


def _wrong(rows: Sequence[Row], kind: str, axis: Axis) -> dict[str, Any]:
    wrong = sum(BY_NAME[kind].wrong(Read(getattr(row, f"read_{axis}"))) for row in rows)
    return _share(wrong, len(rows))


def _agreement(rows: Sequence[Row], axis: Axis) -> dict[str, Any]:
    """What both orders say, by likeliest option: agreed (A or B), tie, half, flip; as shares."""
    counts = Counter(_strict(row, axis) for row in rows)
    return {name: _share(counts[name], len(rows)) for name in ("agreed", "tie", "half", "flip")}


def _strict(row: Row, axis: Axis) -> str:
    read = row.both(axis).strict
    return "agreed" if read in (Read.A, Read.B) else str(read)


def _by(rows: Sequence[Row], name: str, axis: Axis) -> list[dict[str, Any]]:
    return [
        {"value": value, "n": len(some), **_agreement(some, axis)}
        for value, some in _grouped(rows, lambda row: getattr(row, name))
        if value
    ]


def _position_by_gap(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """A place is worth most where the replies are hardest to tell apart."""

    def gap(row: Row) -> str:
        known = row.group_a is not None and row.group_b is not None
        return str(abs((row.group_a or 0) - (row.group_b or 0))) if known else ""

    return [
        {"gap": int(value), **(position_effect(some, Axis.HARMLESS) or {})}
        for value, some in _grouped(rows, gap)
        if value
    ]


def _grouped(rows: Iterable[Row], key: Callable[[Row], str]) -> list[tuple[str, list[Row]]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return sorted(found.items())


def _not_read(rows: Iterable[Row]) -> dict[str, int]:
    return dict(sorted(Counter(row.outcome for row in rows if row.status == "failed").items()))


def _share(hits: int, n: int) -> dict[str, Any]:
    """None without rows: no share, not zero."""
    low, high = wilson(hits / n, n) if n else (None, None)
    return {"hits": hits, "n": n, "share": hits / n if n else None, "low": low, "high": high}
