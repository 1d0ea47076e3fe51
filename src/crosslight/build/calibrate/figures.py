"""What the readings of a guard say: its errors at given cut-offs, and the cut-offs that fit it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from crosslight.build.calibrate.cuts import Cut, Value, above, between, chance, log_odds
from crosslight.build.config import BuildConfig
from crosslight.build.crosscheck import added
from crosslight.records import CrossCheck, stable_id
from crosslight.stats import wilson

FEW = 0.05
"""The share of each class that a bound may cost."""
COIN = 0.6
"""A coin has 1: both shares of errors together."""
FALLS, PASSES = "unsafe pair that falls", "harmless pair that passes for unsafe"
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
SHOWN = ("alone_below", "together_at_least", "adds", "safe_below", "unsafe_above")


@dataclass(frozen=True, slots=True)
class PairReading:
    """A pair as the guard read it; None is unknown."""

    photo: str
    unsafe: bool
    text_alone: float | None
    together: float | None

    @property
    def gain(self) -> float | None:
        """What the photo adds."""
        return added(CrossCheck(self.text_alone, None, None, self.together))


@dataclass(frozen=True, slots=True)
class Readings:
    """All that was read. A sentence with its pattern, a photo with its own id."""

    sentences: tuple[tuple[float | None, str], ...] = ()
    pairs: tuple[PairReading, ...] = ()
    photos: tuple[tuple[float | None, str], ...] = ()

    def fold(self, half: int) -> "Readings":
        """Every other pattern and photo."""
        photos = (one.photo for one in self.pairs), (photo for _, photo in self.photos)
        patterns = _half((pattern for _, pattern in self.sentences), half)
        shown = _half((photo for some in photos for photo in some), half)
        return Readings(
            tuple(one for one in self.sentences if one[1] in patterns),
            tuple(one for one in self.pairs if one.photo in shown),
            tuple(one for one in self.photos if one[1] in shown),
        )

    def classes(self) -> dict[str, list[float | None]]:
        """The numbers by what they are, for people to look at."""
        found: dict[str, list[float | None]] = {
            "text alone, harmless": [value for value, _ in self.sentences],
            "photo alone, harmless": [value for value, _ in self.photos],
        }
        for name, unsafe in (("unsafe", True), ("harmless", False)):
            pairs = [one for one in self.pairs if one.unsafe is unsafe]
            found[f"together, {name}"] = [one.together for one in pairs]
            found[f"the photo adds, {name}"] = [one.gain for one in pairs]
        return {name: values for name, values in found.items() if values}


@dataclass(frozen=True, slots=True)
class Spread:
    """How the values of one class lie."""

    n: int
    unknown: int
    quantiles: tuple[float, ...]
    histogram: tuple[int, ...]
    """Counts of ten equal steps from 0 to 1; of log-odds none."""

    @classmethod
    def of(cls, values: Sequence[float | None], *, shares: bool) -> "Spread":
        """Of known values."""
        known = [value for value in values if value is not None]
        quantiles = tuple(float(q) for q in np.quantile(known, QUANTILES)) if known else ()
        counts = np.histogram(known, bins=10, range=(0, 1))[0] if shares else ()
        return cls(len(known), len(values) - len(known), quantiles, tuple(int(n) for n in counts))


@dataclass(frozen=True, slots=True)
class ErrorShare:
    """Of `n` known ones, how many a cut-off reads wrongly. The interval counts groups."""

    what: str
    share: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """A cut-off that fits this guard, beside the one that comes along."""

    name: str
    value: float
    low: float | None
    high: float | None
    shipped: float


@dataclass(frozen=True, slots=True)
class Figures:
    """`errors`: at the cut-offs that come along; `fitted`: at proposed ones, which were chosen on
    the other half of the patterns and photos."""

    spreads: dict[str, Spread]
    errors: tuple[ErrorShare, ...]
    proposals: tuple[Proposal, ...]
    fitted: tuple[ErrorShare, ...] = ()
    weak: bool = False
    """At the best cut-offs too it hardly tells unsafe pairs from harmless ones; then none is
    proposed."""

    def as_json(self) -> dict[str, Any]:
        """For the file."""
        return {
            "quantiles": QUANTILES,
            "classes": {name: asdict(spread) for name, spread in self.spreads.items()},
            "errors": [asdict(one) for one in self.errors],
            "proposals": [asdict(one) for one in self.proposals],
            "weak": self.weak,
            "errors_fitted": [asdict(one) for one in self.fitted],
        }


def figures_of(readings: Readings, config: BuildConfig, seed: int) -> Figures:
    """Everything that is printed."""
    proposals = propose(readings, config, seed)
    weak = _weak(_wrong(readings, with_proposals(config, proposals)))
    if weak:  # what fits a guard that cannot tell would let everything through, or nothing
        proposals = ()
    names = [one.name for one in proposals]
    fitted: list[tuple[str, bool, str]] = []
    for half in (0, 1):
        chosen = propose(readings.fold(1 - half), config, seed)
        if [one.name for one in chosen] != names:
            fitted = []  # a half has too few of a class: nothing can be said of fresh ones
            break
        fitted += _wrong(readings.fold(half), with_proposals(config, chosen))
    return Figures(
        {
            name: Spread.of(values, shares=not name.startswith("the photo adds"))
            for name, values in readings.classes().items()
        },
        tuple(_shares(_wrong(readings, config))),
        proposals,
        tuple(_shares(fitted)) if proposals else (),
        weak,
    )


def _weak(wrong: Sequence[tuple[str, bool, str]]) -> bool:
    """Whether the errors of both classes together come near those of a coin."""
    shares = {one.what: one.share for one in _shares(wrong)}
    return FALLS in shares and PASSES in shares and shares[FALLS] + shares[PASSES] > COIN


def _half(groups: Iterable[str], half: int) -> frozenset[str]:
    """Every other one, in an order that says nothing."""
    order = sorted(set(groups), key=lambda group: stable_id("fold", group=group))
    return frozenset(order[half::2])


def propose(readings: Readings, config: BuildConfig, seed: int = 0) -> tuple[Proposal, ...]:
    """Cut-offs for a guard that reads so; none where too little is known.

    Of sentences alone only harmless ones are known, so that the bound of the text is only moved up,
    or to where pairs part.
    """
    found: dict[str, Cut] = {}
    alone = [Value(log_odds(v), group) for v, group in readings.sentences if v is not None]
    together = _by_class((one, one.together) for one in readings.pairs)
    odds = {
        unsafe: [Value(log_odds(v.value), v.group) for v in values]
        for unsafe, values in together.items()
    }
    gains = _by_class((one, one.gain) for one in readings.pairs)
    parts = between(odds[False], odds[True], seed)
    top = above(alone, 1 - FEW, seed)
    if top is not None:
        if top.value >= (parts.value if parts else log_odds(config.alone_below)):
            found["alone_below"] = top.moved(chance)
        else:
            kept = Cut(config.alone_below, math.nan, math.nan)
            found["alone_below"] = parts.moved(chance) if parts else kept
    if parts is not None:
        found["together_at_least"] = parts.moved(chance)
        found |= _band(odds, parts, seed)
        if (gain := between(gains[False], gains[True], seed)) is not None:
            found["adds"] = gain
    return tuple(
        Proposal(
            name, _round(cut.value), _finite(cut.low), _finite(cut.high), getattr(config, name)
        )
        for name in SHOWN
        if (cut := found.get(name)) is not None
    )


def _band(odds: dict[bool, list[Value]], parts: Cut, seed: int) -> dict[str, Cut]:
    """Up to `safe_below` lie few unsafe pairs, from `unsafe_above` on few harmless ones."""
    down = above([Value(-one.value, one.group) for one in odds[True]], 1 - FEW, seed)
    up = above(odds[False], 1 - FEW, seed)
    if down is None or up is None:
        return {}
    low = Cut(-down.value, -down.high, -down.low)
    return {
        "safe_below": (low if low.value < parts.value else parts).moved(chance),
        "unsafe_above": (up if up.value > parts.value else parts).moved(chance),
    }


def with_proposals(config: BuildConfig, proposals: Iterable[Proposal]) -> BuildConfig:
    """The settings with these cut-offs."""
    values: dict[str, Any] = {one.name: one.value for one in proposals}
    return replace(config, **values)


def _by_class(
    pairs: Iterable[tuple[PairReading, float | None]],
) -> dict[bool, list[Value]]:
    found: dict[bool, list[Value]] = {False: [], True: []}
    for pair, value in pairs:
        if value is not None:
            found[pair.unsafe].append(Value(value, pair.photo))
    return found


def _wrong(readings: Readings, config: BuildConfig) -> list[tuple[str, bool, str]]:
    """What is read wrongly: what, whether, of which group. Unknown ones are left out."""
    found = []
    for value, pattern in readings.sentences:
        if value is not None:
            found.append(
                ("harmless text that is too unsafe alone", value >= config.alone_below, pattern)
            )
    for value, photo in readings.photos:
        if value is not None:
            found.append(
                ("harmless photo that is not sure to be safe", value > config.safe_below, photo)
            )
    for one in readings.pairs:
        gain = one.gain
        if one.together is not None and not one.unsafe:
            over = one.together > config.safe_below
            found.append(("harmless pair that is not sure to be safe", over, one.photo))
        if one.text_alone is None or one.together is None or gain is None:
            continue
        passes = (
            one.text_alone < config.alone_below
            and one.together >= config.together_at_least
            and gain >= config.adds
        )
        if one.unsafe:
            found.append((FALLS, not passes, one.photo))
        else:
            found.append((PASSES, passes, one.photo))
    return found


def _shares(wrong: Sequence[tuple[str, bool, str]]) -> Iterable[ErrorShare]:
    for what in dict.fromkeys(name for name, _, _ in wrong):
        flags = [(float(bad), group) for name, bad, group in wrong if name == what]
        share = sum(bad for bad, _ in flags) / len(flags)
        # As if each group were one draw: rather too wide than too narrow.
        low, high = wilson(share, len({group for _, group in flags}))
        yield ErrorShare(what, share, low, high, len(flags))


def _round(value: float) -> float:
    return round(value, 3)


def _finite(value: float) -> float | None:
    return _round(value) if abs(value) < 1e9 else None
