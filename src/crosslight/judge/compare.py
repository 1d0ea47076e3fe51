"""Two judging runs on the images that both judged: verdicts, findings, the share of unsafe ones."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from crosslight.records import Status
from crosslight.runs import (
    RunSide,
    Section,
    SetupDifference,
    first_with_others,
    heading_json,
    read_side,
    setup_differences,
    table_rows,
)
from crosslight.stats import bonett_price, holm, mcnemar

VERDICTS_FILE = "verdicts.parquet"
NOT_THERE = "(no such rule)"
ORDER = (Status.UNSAFE, Status.SAFE, Status.UNDECIDED)

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Matched:
    """How the images of two runs fit together. `lost_b`: of those that only A has, how many B
    failed at or dropped; None where B has no table of them."""

    common: int
    only_a: int
    only_b: int
    lost_a: int | None
    lost_b: int | None

    def told(self, done: str) -> str:
        """For people."""
        return (
            f"{self.common:,} images {done} by both; {self.only_a:,} only by A"
            f"{_why(self.only_a, 'B', self.lost_b)}, {self.only_b:,} only by B"
            f"{_why(self.only_b, 'A', self.lost_a)}"
        )


@dataclass(frozen=True, slots=True)
class ShareDifference:
    """Share of unsafe images, B minus A, over the `n` that both call safe or unsafe; the interval
    is Bonett and Price's, `p` McNemar's, `p_holm` that over all runs beside A."""

    a: float
    b: float
    difference: float
    low: float
    high: float
    n: int
    only_a: int
    only_b: int
    p: float
    p_holm: float


@dataclass(frozen=True, slots=True)
class Flip:
    """An image with another verdict, and the rules whose finding changed."""

    photo: str
    source: str
    a: str
    b: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FindingChange:
    """On how many images a rule's finding was `a` in A and is `b` in B."""

    rule: str
    a: str
    b: str
    images: int


@dataclass(frozen=True, slots=True)
class JudgePair:
    """The first run beside another one. `verdicts` counts images by (in A, in B)."""

    a: RunSide
    b: RunSide
    setup: tuple[SetupDifference, ...]
    images: Matched
    verdicts: Mapping[tuple[str, str], int]
    unsafe: ShareDifference | None
    """None where no image is decided by both."""
    flips: tuple[Flip, ...]
    findings: tuple[FindingChange, ...]

    def sections(self) -> list[Section]:
        """The numbers, ready to be shown."""
        table = tuple(
            (f"{a} in A", *(f"{self.verdicts.get((a, b), 0):,}" for b in ORDER)) for a in ORDER
        )
        flips = tuple((f.source or f.photo, f.a, f.b, ", ".join(f.rules)) for f in self.flips)
        findings = tuple((f.rule, f.a, f.b, f"{f.images:,}") for f in self.findings)
        changed = f"{len(flips):,} of {self.images.common:,} verdicts differ"
        rules = len({f.rule for f in self.findings})
        return [
            Section(self.images.told("judged"), ("", *(f"{b} in B" for b in ORDER)), table),
            Section(self._share()),
            Section(
                changed if flips else "no verdict differs", ("image", "A", "B", "rules"), flips
            ),
            Section(
                f"the findings of {rules:,} rules changed"
                if rules
                else "no finding of a rule differs",
                ("rule", "A", "B", "images"),
                findings,
            ),
        ]

    def as_json(self) -> dict[str, Any]:
        """For compare.json."""
        return {
            **heading_json(self.a, self.b, self.setup),
            "images": asdict(self.images),
            "verdicts": [{"a": a, "b": b, "images": n} for (a, b), n in self.verdicts.items()],
            "unsafe": None if self.unsafe is None else asdict(self.unsafe),
            "flips": [asdict(flip) for flip in self.flips],
            "findings": [asdict(change) for change in self.findings],
        }

    def _share(self) -> str:
        one = self.unsafe
        if one is None:
            return "share of unsafe images: no image is called safe or unsafe by both"
        adjusted = "" if one.p_holm == one.p else f", Holm {one.p_holm:.3g}"
        return (
            f"share of unsafe images: A {one.a:.1%}, B {one.b:.1%}, B - A "
            f"{100 * one.difference:+.1f} points (95% interval {100 * one.low:+.1f} to "
            f"{100 * one.high:+.1f}, McNemar p {one.p:.3g}{adjusted}), over the {one.n:,} images "
            f"that both call safe or unsafe; {self.images.common - one.n:,} undecided left out"
        )


def compare_judged(runs: Sequence[Path]) -> list[JudgePair]:
    """The first run with each other one. Raises `NotARunFolder`, `BadSetting` for one run only."""
    pairs = [_pair(a, b) for a, b in first_with_others(runs)]
    adjusted = iter(holm([pair.unsafe.p for pair in pairs if pair.unsafe]))
    return [
        replace(pair, unsafe=replace(pair.unsafe, p_holm=next(adjusted))) if pair.unsafe else pair
        for pair in pairs
    ]


def matched(a: RunSide, b: RunSide, left: Mapping[str, Row], right: Mapping[str, Row]) -> Matched:
    """Counts of the images of two runs, by their hash."""
    only_a, only_b = left.keys() - right.keys(), right.keys() - left.keys()
    gone_a, gone_b = lost_photos(a.folder), lost_photos(b.folder)
    return Matched(
        len(left) - len(only_a),
        len(only_a),
        len(only_b),
        None if gone_a is None else len(only_b & gone_a),
        None if gone_b is None else len(only_a & gone_b),
    )


def by_photo(path: Path, columns: Sequence[str]) -> dict[str, Row]:
    """Rows of a table by image; of an image that came in twice, the first."""
    found: dict[str, Row] = {}
    for row in table_rows(path, ("photo", *columns)):
        found.setdefault(str(row["photo"]), row)
    return found


def lost_photos(folder: Path) -> set[str] | None:
    """Images without a row because they failed or were dropped; None without those tables."""
    paths = [folder / name for name in ("dropped.parquet", "failed.parquet")]
    if not all(path.is_file() for path in paths):
        return None
    return {str(row["photo"]) for path in paths for row in table_rows(path, ("photo",))}


def _pair(first: Path, other: Path) -> JudgePair:
    a, b = (read_side(folder, "judge", VERDICTS_FILE) for folder in (first, other))
    columns = ("source", "verdict", "rules")
    left, right = (by_photo(side.folder / VERDICTS_FILE, columns) for side in (a, b))
    both = [(left[photo], right[photo]) for photo in left if photo in right]
    found = [(one, two, _changes(one, two)) for one, two in both]
    return JudgePair(
        a,
        b,
        setup_differences(a.run, b.run),
        matched(a, b, left, right),
        Counter((one["verdict"], two["verdict"]) for one, two in both),
        _unsafe(both),
        tuple(
            Flip(
                one["photo"],
                str(one["source"] or ""),
                one["verdict"],
                two["verdict"],
                tuple(rule for rule, _, _ in changes),
            )
            for one, two, changes in found
            if one["verdict"] != two["verdict"]
        ),
        _findings(change for _, _, changes in found for change in changes),
    )


def _unsafe(both: Sequence[tuple[Row, Row]]) -> ShareDifference | None:
    """Undecided images are neither safe nor unsafe: a pair with one is left out."""
    decided = [
        (one["verdict"] == Status.UNSAFE, two["verdict"] == Status.UNSAFE)
        for one, two in both
        if Status.UNDECIDED not in (one["verdict"], two["verdict"])
    ]
    n = len(decided)
    if not n:
        return None
    only_a, only_b = decided.count((True, False)), decided.count((False, True))
    share_a, share_b = sum(one for one, _ in decided) / n, sum(two for _, two in decided) / n
    low, high = bonett_price(only_a, only_b, n)
    p = mcnemar(only_a, only_b)
    return ShareDifference(
        share_a, share_b, (only_b - only_a) / n, low, high, n, only_a, only_b, p, p
    )


def _changes(one: Row, two: Row) -> list[tuple[str, str, str]]:
    """(rule, in A, in B) of each finding that changed on an image."""
    left, right = _found(one), _found(two)
    return [
        (rule, left.get(rule, NOT_THERE), right.get(rule, NOT_THERE))
        for rule in sorted(left.keys() | right.keys())
        if left.get(rule) != right.get(rule)
    ]


def _found(row: Row) -> dict[str, str]:
    return {str(r["rule"]): str(r["finding"]) for r in json.loads(row["rules"] or "[]")}


def _findings(changes: Iterable[tuple[str, str, str]]) -> tuple[FindingChange, ...]:
    counts = Counter(changes)
    order = sorted(counts, key=lambda change: (change[0], -counts[change], change))
    return tuple(FindingChange(rule, a, b, counts[rule, a, b]) for rule, a, b in order)


def _why(only: int, other: str, lost: int | None) -> str:
    if not only:
        return ""
    if lost is None:
        return f" ({other} has no tables of what failed: why is not known)"
    return f" ({lost:,} of these failed or were dropped in {other})" if lost else ""
