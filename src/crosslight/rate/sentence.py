"""What the matrix shows, in one sentence; also where that is nothing."""

from collections.abc import Sequence

from crosslight.rate.report import Line, Number, WithinEntry
from crosslight.rate.within import ALL, PICTURE, TEXT, WORDS
from crosslight.text import plural, visible

ALPHA = 0.05
CHANCE = 0.5


def sentence_of(lines: Sequence[Line], judge: str) -> str:
    """Of several sets."""
    rows = [line for line in lines if line.kind == "set" and line.mean is not None]
    if not rows:
        return "No dataset could be trained on and tested on another one: there is no measure."
    better = [line for line in rows if _gains(line)]
    above = [line for line in rows if line.mean is not None and line.mean.low > CHANCE]
    best = max(rows, key=lambda line: line.mean.value if line.mean else 0.0)
    of = plural(len(rows), "training set")
    others = plural(best.sets, "other set")
    told = f"{_name(best)} with a mean AUC of {_number(best.mean)} on {others}{_untuned(lines)}"
    if better:
        names = ", ".join(_name(line) for line in sorted(better, key=_order))
        return (
            f"Of {of}, {len(better)} (better than no training, p < {ALPHA} after Holm's "
            f"correction: {names}) taught {judge} something that holds on other sets; the best is "
            f"{told}."
        )
    if above:
        means = plural(len(above), "row mean lies", "row means lie")
        if any(line.kind == "untuned" and line.mean is None for line in lines):
            return (
                f"Whether any of {of} is better than no training is unknown: the untuned judge has "
                f"no figures; {means} above chance; the highest is {told}."
            )
        return (
            f"Of {of} none is better than no training (after Holm's correction), though {means} "
            f"above chance; the highest is {told}."
        )
    return (
        f"Nothing above chance: of {of} none taught {judge} anything that holds on other sets; "
        f"the highest is {told}."
    )


def within_sentence(name: str, found: Sequence[WithinEntry]) -> str:
    """Of one set alone: whether anything is told apart on what was held out most strictly, and
    whether a single source does as well."""
    whole = [one for one in found if one.seen in (ALL, TEXT)]
    main = max((one for one in whole if _known(one)), key=lambda one: one.texts, default=None)
    if main is None:
        why = next((one.reason for one in whole if one.reason), "there are too few rows")
        return f"How well {_short(name)} can be told apart within itself is unknown: {why}."
    assert main.value is not None and main.low is not None and main.high is not None
    told = f"AUC {main.value:.2f}, 95% interval {main.low:.2f} to {main.high:.2f}"
    where = f"{main.held} that it did not see"
    if main.low <= CHANCE:
        worse = "worse than by chance" if main.high < CHANCE else "no better than by chance"
        best = _best_single(main, found)
        apart = best is not None and (best.low or 0.0) > CHANCE
        start = "A" if apart else "Nothing above chance: a"
        though = f", though {best.seen} {_give(best)}" if best is not None and apart else ""
        return (
            f"{start} judge that learnt from {_short(name)} tells unsafe from safe on {where} "
            f"{worse} ({told}){though}."
        )
    return (
        f"A judge that learnt from {_short(name)} tells unsafe from safe on {where} ({told})"
        f"{_single(main, found)}."
    )


def _single(main: WithinEntry, found: Sequence[WithinEntry]) -> str:
    """What the better one of picture and words gives by itself, on the same rows held out."""
    best = _best_single(main, found)
    if best is None:
        return ""
    if _value(best) < (main.low or 0.0):
        return f"; {best.seen} {_give(best)}"
    return (
        f", but {best.seen} {'do' if best.seen == WORDS else 'does'} as well ({_value(best):.2f})"
    )


def _best_single(main: WithinEntry, found: Sequence[WithinEntry]) -> WithinEntry | None:
    alone = [one for one in found if one.seen in (PICTURE, WORDS) and one.texts == main.texts]
    return max((one for one in alone if _known(one)), key=_value, default=None)


def _give(one: WithinEntry) -> str:
    return f"give{'' if one.seen == WORDS else 's'} {_value(one):.2f}"


def _known(one: WithinEntry) -> bool:
    return None not in (one.value, one.low, one.high)


def _value(one: WithinEntry) -> float:
    return one.value or 0.0


def _gains(line: Line) -> bool:
    return bool(
        line.gain and line.gain.value > 0 and line.p_holm is not None and line.p_holm < ALPHA
    )


def _untuned(lines: Sequence[Line]) -> str:
    """What was there without any training."""
    found = next((line.mean for line in lines if line.kind == "untuned" and line.mean), None)
    return f" (without training, on all sets: {_number(found)})" if found else ""


def _order(line: Line) -> float:
    return -(line.mean.value if line.mean else 0.0)


def _number(number: Number | None) -> str:
    assert number is not None
    return f"{number.value:.2f} [{number.low:.2f}, {number.high:.2f}]"


def _name(line: Line) -> str:
    return _short(line.name)


def _short(name: str) -> str:
    return visible(" ".join(name.split()), 80)
