"""How one question's measurements become an answer, or the measurement that comes next. Pure.

With the parts of `paper` this is the loop body of algorithm 1 of CLUE. What `clue-2` adds is said
at each part, and each can be left out by itself.
"""

import math
from collections.abc import Sequence
from enum import StrEnum

import numpy as np

from crosslight.judge.config import Parts, Thresholds
from crosslight.judge.unasked import METHODS as UNASKED
from crosslight.records import Measured, Reading, Region, Score
from crosslight.stats import wilson

YES, NO, UNKNOWN = "yes", "no", "unknown"
NOT_ASKED = "not asked"
"""The test of what other thresholds want and nobody measured."""


class Need(StrEnum):
    """A measurement that the thresholds want and that nobody has made yet."""

    REGION = "region"
    SHOWN = "shown"
    CROP = "crop"
    PRIOR = "prior"
    WHOLE = "whole"
    ERASED = "erased"
    UNPRINTED = "unprinted"
    REASONED = "reasoned"


Step = Reading | Need | None
"""What a test says: an answer, what it needs, or that it decides nothing."""


def read(m: Measured, t: Thresholds, parts: Parts, absent: bool = False) -> Reading | Need:
    """Steps 4 to 8 for one question: an answer, or the measurement that comes next. `absent`: the
    rule is broken where the answer is No, so what perception may have missed is no No."""
    unasked = m.shown is not None and m.shown.method in UNASKED
    if parts.perceived or unasked:
        return _perceived(m, t, m.shown.method if m.shown and unasked else "perception", absent)
    # What a box wants to be looked at as a crop the whole image cannot clear.
    if parts.joint and not crop_wanted(m, t, parts) and (test := _joint_no(m, t, parts)):
        return Reading(NO, test)
    if parts.tokens:
        found = _tokens(m, t, parts)
        if found is not None:
            return found
    if not parts.cascade:
        return Reading(UNKNOWN, "band")
    if m.reasoned is None or m.reasoned_look not in ("", reasoned_look(m, t, parts)):
        return Need.REASONED
    return Reading(YES if m.reasoned == "Yes" else NO, "cascade")


def _joint_no(m: Measured, t: Thresholds, parts: Parts) -> str:
    """The test by which all alternatives together are a No; empty: by none."""
    if m.joint is None:
        return ""
    if clear_no(m.joint, t):
        return "joint"
    reasoned = parts.cascade and m.joint_reasoned == "No" and doubtful(m.joint, t)
    return "joint_cascade" if reasoned else ""


def doubtful(score: Score, t: Thresholds) -> bool:
    """Whether a joint score is no clear No, and yet low: most likely none is there, and one
    reasoning about all costs less than a score of each and a reasoning about some."""
    low = score.outside <= t.outside_max and bounds(score, t.z)[1] < t.joint_below
    return low and not clear_no(score, t)


def clear_no(score: Score, t: Thresholds) -> bool:
    """Whether a score lies below the floor, and is one."""
    return score.outside <= t.outside_max and bounds(score, t.z)[1] < t.absent_below


def _tokens(m: Measured, t: Thresholds, parts: Parts) -> Step:
    """The token tests; None where they decide nothing."""
    if parts.detector and not m.sought:
        return Need.REGION
    wanted = crop_wanted(m, t, parts)
    if m.shown is None or (m.cropped != wanted and not parts.crop_adds):
        return Need.SHOWN
    if not parts.crop_adds:
        return _printed(_look(m.shown, m, t, parts), m.shown, m, t, parts)
    return _whole_first(m.shown, m, t, parts, crop=wanted)


def _whole_first(shown: Score, m: Measured, t: Thresholds, parts: Parts, *, crop: bool) -> Step:
    """Ours: the whole image is asked, and where there is a small box its crop too."""
    whole = m.whole if m.cropped else shown
    if whole is None:
        return Need.WHOLE
    first = _printed(_look(whole, m, t, parts), whole, m, t, parts)
    if not crop or isinstance(first, Need) or (first and first.answer == YES):
        return first
    if not m.cropped:
        return Need.CROP
    return _with_crop(first, _look(shown, m, t, parts, erase=False))


def _with_crop(whole: Reading | None, crop: Step) -> Step:
    """A crop adds a Yes. A No needs both."""
    if isinstance(crop, Need):
        return crop
    if crop is not None and crop.answer == YES:
        return Reading(YES, "crop")
    both = whole is not None and crop is not None and crop.answer == NO
    return whole if both else None


def _look(shown: Score, m: Measured, t: Thresholds, parts: Parts, *, erase: bool = True) -> Step:
    """What one look's score says: against the prior, against the plain cut, and (`erase`) against
    the image without its central region."""
    if shown.outside > t.outside_max:
        return None if parts.cascade else Reading(UNKNOWN, "outside")
    first = _debias1(shown, m.prior, t, parts) if parts.debias1 else _plain(shown, t)
    if first is not None:
        return first
    if erase and parts.debias2 and parts.detector and has_box(m.region, t):
        second = _debias2(m, t, parts)
        if second is not None:
            return second
    return None if parts.debias1 else _not_plain(shown, t, parts)


def _debias1(shown: Score, prior: Score | None, t: Thresholds, parts: Parts) -> Step:
    """Step 5: with the image against without it. Counted scores decide by their intervals.

    Ours: nothing that the model gives less than the floor is there, however low its prior is (else
    a model that says No to an empty page leaves every plain No open); and a prior that is mostly
    neither word is none.
    """
    low, high = bounds(shown, t.z)
    if parts.floor and high < t.absent_below:
        return Reading(NO, "floor")
    if prior is None:
        return Need.PRIOR
    if prior.outside >= 1.0 or (parts.prior_mass and prior.outside > t.outside_max):
        # Without the image it says neither word: there is no prior.
        sure = parts.prior_mass and low > t.present_above
        return Reading(YES, "no_prior") if sure else None
    return _against_prior((low, high), prior, t)


def _against_prior(shown: tuple[float, float], prior: Score, t: Thresholds) -> Reading | None:
    low, high = shown
    prior_low, prior_high = bounds(prior, t.z)
    if high - prior_low < t.alpha1 * prior_low:
        return Reading(NO, "debias1")
    if low - prior_high > t.alpha2 * (1 - prior_high):
        return Reading(YES, "debias1")
    return None


def _debias2(m: Measured, t: Thresholds, parts: Parts) -> Step:
    """Step 6: the whole image against the one without its central region. Only accepts.

    Ours: not asked where the difference cannot exceed `beta`, nor of boxes that are most of the
    image (what is left is one flat colour, and the test a cut of the plain score).
    """
    whole = m.whole
    if whole is None:
        return Need.WHOLE
    if parts.erase_limit and (
        bounds(whole, t.z)[0] <= t.beta or covered(m.regions or _one(m.region)) > t.box_max
    ):
        return None
    if m.erased is None or any(r.confidence <= t.box_confidence for r in m.regions):
        return Need.ERASED
    if max(whole.outside, m.erased.outside) > t.outside_max:
        return None  # one of the two is no score, so neither is their difference
    gain = bounds(whole, t.z)[0] - bounds(m.erased, t.z)[1]
    return Reading(YES, "debias2") if gain > t.beta else None


def _printed(found: Step, shown: Score, m: Measured, t: Thresholds, parts: Parts) -> Step:
    """Ours: where the image bears print and the question is open (or the print speaks to the
    judge, or is seen to hold a No down), the same with all print filled. Only a rise counts: a fall
    may be that of evidence that was print, or lay under it."""
    asked = found is None or (m.addressed and isinstance(found, Reading) and found.answer != YES)
    if not (parts.print and m.lettered and asked):
        return found
    if m.unprinted is None:
        return Need.UNPRINTED
    if not print_says(m, t):
        return found
    again = _look(m.unprinted, m, t, parts, erase=False)
    return Reading(again.answer, "unprinted") if isinstance(again, Reading) else again


def print_says(m: Measured, t: Thresholds) -> bool:
    """Whether print holds the score down by more than `print_moves`."""
    with_print = m.whole if m.whole is not None or m.cropped else m.shown
    if m.unprinted is None or with_print is None:
        return False
    return risen(with_print, m.unprinted, t)


def risen(with_print: Score, filled: Score, t: Thresholds) -> bool:
    """Whether a score rises by more than `print_moves` where the print is filled."""
    if max(filled.outside, with_print.outside) > t.outside_max:
        return False
    return bounds(filled, t.z)[0] - bounds(with_print, t.z)[1] > t.print_moves


def could_rise(filled: Score, t: Thresholds) -> bool:
    """Whether a score with the print filled is so high that any other could lie far below it."""
    return risen(Score(0.0), filled, t)


def reasoned_look(m: Measured, t: Thresholds, parts: Parts) -> str:
    """What the cascade looks at: "whole", "crop" or "unprinted"."""
    if parts.print and m.lettered and print_says(m, t):
        return "unprinted"
    if not m.cropped:
        return "whole"
    if parts.crop_adds and m.whole is not None:
        # Where the whole image decided, the crop is what is open.
        first = _look(m.whole, m, t, parts, erase=False)
        return "crop" if isinstance(first, Reading) and first.answer == NO else "whole"
    return "crop"


def has_box(region: Region | None, t: Thresholds) -> bool:
    """Whether a box counts (step 6)."""
    return region is not None and region.confidence > t.box_confidence


def is_small(region: Region | None, t: Thresholds) -> bool:
    """Whether a box is so small that its crop is looked at (step 7)."""
    return region is not None and has_box(region, t) and region.area < t.small_area


def crop_wanted(m: Measured, t: Thresholds, parts: Parts) -> bool:
    """Step 7. Ours: of sure boxes only, where the question names one thing and there is one."""
    if not (parts.detector and parts.crop and is_small(m.region, t)):
        return False
    sure = m.region is not None and m.region.confidence > t.crop_confidence
    return (m.single and sure and len(m.regions) <= 1) if parts.sure_crop else True


GRID = 128
"""Cells of a side in which the area of overlapping boxes is counted."""


def covered(regions: Sequence[Region]) -> float:
    """The share of the image that boxes cover together, overlaps once."""
    if len(regions) == 1:
        return regions[0].area
    cells = np.zeros((GRID, GRID), dtype=bool)
    for r in regions:
        top, bottom = round(r.top * GRID), round(r.bottom * GRID)
        cells[top:bottom, round(r.left * GRID) : round(r.right * GRID)] = True
    return float(cells.mean())


def _one(region: Region | None) -> tuple[Region, ...]:
    return () if region is None else (region,)


def _plain(shown: Score, t: Thresholds) -> Reading | None:
    """Without step 5: a cut of the raw score (ours; the paper does not say what replaced it)."""
    low = shown.yes if shown.low is None else shown.low
    return Reading(YES, "plain") if low > t.cut else None


def _not_plain(shown: Score, t: Thresholds, parts: Parts) -> Reading | None:
    """A raw score that is under the cut, unless what is not known of it could lift it above."""
    if shown.high is None or shown.high <= t.cut:
        return Reading(NO, "plain")
    return None if parts.cascade else Reading(UNKNOWN, "unknown_mass")


def _perceived(m: Measured, t: Thresholds, test: str, absent: bool) -> Reading | Need:
    """The embedded perception: calibrated, and honest about what it cannot know."""
    if m.shown is None:
        return Need.SHOWN
    missed = min(t.unmissed_max, t.gone_max) if absent else t.unmissed_max
    if m.shown.yes < t.absent and m.shown.outside <= missed:
        return Reading(NO, test)
    if m.shown.yes > t.present and m.shown.outside <= t.unseen_max:
        return Reading(YES, test)
    return Reading(UNKNOWN, "unseen" if m.shown.outside > t.unseen_max else test)


def question_score(m: Measured, reading: Reading, t: Thresholds, parts: Parts) -> float:
    """A rank in [0, 1], ours: thirds for no, unknown and yes; within a third by the token score.
    Without debias 1 it is the token score itself, so that a cut of it is a cut of P(Yes)."""
    base = {NO: 0.0, UNKNOWN: 1.0, YES: 2.0}[reading.answer]
    shown = _most(m, parts)
    if shown is None:
        return (base + 0.5) / 3
    if parts.perceived or reading.test.startswith("joint") or shown.method in UNASKED:
        return (base + shown.yes) / 3
    if not parts.debias1:
        return shown.yes
    if m.prior is None or reading.test == "floor":
        # The floor asks for no prior: one that other thresholds had wanted has no say.
        return (base + shown.yes) / 3
    reject, accept = t.alpha1 * m.prior.yes, t.alpha2 * (1 - m.prior.yes)
    place = (shown.yes - m.prior.yes - reject) / max(1e-9, accept - reject)
    return (base + 1 / (1 + math.exp(-4 * (min(5.0, max(-5.0, place)) - 0.5)))) / 3


def _most(m: Measured, parts: Parts) -> Score | None:
    """The score of a question that says most; where a crop only adds, the higher of the two."""
    if m.shown is None:
        return m.joint
    if parts.crop_adds and m.cropped and m.whole is not None and m.whole.yes > m.shown.yes:
        return m.whole
    return m.shown


def bounds(score: Score, z: float = 1.96) -> tuple[float, float]:
    """Between what a score lies: itself where it comes from token probabilities that are known."""
    if score.samples:
        return wilson(score.yes, score.samples, z)
    low = score.yes if score.low is None else score.low
    return low, score.yes if score.high is None else score.high
