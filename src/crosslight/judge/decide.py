"""How measurements become answers, rules and verdicts. Pure: no call, no clock, no state.

The same functions drive the run (what is missing is asked) and `judge rethreshold` (what is
missing stays unknown), so the two cannot differ. Follows algorithm 1 of CLUE.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from types import MappingProxyType

from crosslight.judge.config import Parts, Thresholds
from crosslight.records import (
    Evidence,
    Finding,
    Measured,
    Reading,
    Region,
    RuleFinding,
    Score,
    Status,
)
from crosslight.stats import wilson

YES, NO, UNKNOWN = "yes", "no", "unknown"
Place = tuple[int, int]
"""Item (counted over all chains of a rule) and alternative."""
Shape = Sequence[Sequence[int]]
"""For each chain, how many alternatives each of its items has."""
Ties = Mapping[Place, Place]
"""Of alternatives that are asked only where another one is not a clear No: that other one."""
NO_TIES: Ties = MappingProxyType({})


class Need(StrEnum):
    """A measurement that the thresholds want and that nobody has made yet."""

    REGION = "region"
    SHOWN = "shown"
    PRIOR = "prior"
    WHOLE = "whole"
    ERASED = "erased"
    REASONED = "reasoned"


def is_relevant(cosine: float | None, t: Thresholds, parts: Parts) -> bool:
    """Step 1: skipped only below `relevance_t`; unknown relevance skips nothing."""
    return not parts.relevance or cosine is None or cosine >= t.relevance_t


def has_box(region: Region | None, t: Thresholds) -> bool:
    """Whether a box counts (step 6)."""
    return region is not None and region.confidence > t.box_confidence


def is_small(region: Region | None, t: Thresholds) -> bool:
    """Whether the crop is looked at instead of the image (step 7)."""
    return region is not None and has_box(region, t) and region.area < t.small_area


def read(m: Measured, t: Thresholds, parts: Parts) -> Reading | Need:
    """Steps 4 to 8 for one question: an answer, or the measurement that comes next."""
    if parts.perceived:
        return _perceived(m, t)
    if parts.tokens:
        found = _tokens(m, t, parts)
        if found is not None:
            return found
    if not parts.cascade:
        return Reading(UNKNOWN, "band")
    if m.reasoned is None:
        return Need.REASONED
    return Reading(YES if m.reasoned == "Yes" else NO, "cascade")


def _tokens(m: Measured, t: Thresholds, parts: Parts) -> Reading | Need | None:
    """The token tests; None where they decide nothing."""
    if parts.detector and not m.sought:
        return Need.REGION
    if m.shown is None or m.cropped != (parts.detector and is_small(m.region, t)):
        return Need.SHOWN
    if m.shown.outside > t.outside_max:
        return None if parts.cascade else Reading(UNKNOWN, "outside")
    first = _debias1(m.shown, m.prior, t) if parts.debias1 else _plain(m.shown, t)
    if first is not None:
        return first
    if parts.debias2 and parts.detector and has_box(m.region, t):
        second = _debias2(m, t)
        if second is not None:
            return second
    return None if parts.debias1 else _not_plain(m.shown, t, parts)


def _debias1(shown: Score, prior: Score | None, t: Thresholds) -> Reading | Need | None:
    """Step 5: with the image against without it. Counted scores decide by their intervals."""
    if prior is None:
        return Need.PRIOR
    if prior.outside >= 1.0:  # without the image it says neither word: there is no prior
        return None
    low, high = bounds(shown, t.z)
    prior_low, prior_high = bounds(prior, t.z)
    if high - prior_low < t.alpha1 * prior_low:
        return Reading(NO, "debias1")
    if low - prior_high > t.alpha2 * (1 - prior_high):
        return Reading(YES, "debias1")
    return None


def _debias2(m: Measured, t: Thresholds) -> Reading | Need | None:
    """Step 6: the whole image against the one without its central region. Only accepts."""
    if m.whole is None:
        return Need.WHOLE
    if m.erased is None:
        return Need.ERASED
    if max(m.whole.outside, m.erased.outside) > t.outside_max:
        return None  # one of the two is no score, so neither is their difference
    gain = bounds(m.whole, t.z)[0] - bounds(m.erased, t.z)[1]
    return Reading(YES, "debias2") if gain > t.beta else None


def _plain(shown: Score, t: Thresholds) -> Reading | None:
    """Without step 5: a cut of the raw score (ours; the paper does not say what replaced it)."""
    low = shown.yes if shown.low is None else shown.low
    return Reading(YES, "plain") if low > t.cut else None


def _not_plain(shown: Score, t: Thresholds, parts: Parts) -> Reading | None:
    """A raw score that is under the cut, unless what is not known of it could lift it above."""
    if shown.high is None or shown.high <= t.cut:
        return Reading(NO, "plain")
    return None if parts.cascade else Reading(UNKNOWN, "unknown_mass")


def _perceived(m: Measured, t: Thresholds) -> Reading | Need:
    """The embedded perception: calibrated, and honest about what it cannot know."""
    if m.shown is None:
        return Need.SHOWN
    if m.shown.yes < t.absent and m.shown.outside <= t.unmissed_max:
        return Reading(NO, "perception")
    if m.shown.yes > t.present and m.shown.outside <= t.unseen_max:
        return Reading(YES, "perception")
    return Reading(UNKNOWN, "unseen" if m.shown.outside > t.unseen_max else "perception")


def any_of(answers: Sequence[str]) -> str:
    """OR over three values."""
    if YES in answers:
        return YES
    return NO if answers and all(a == NO for a in answers) else UNKNOWN


def all_of(answers: Sequence[str]) -> str:
    """AND over three values."""
    if NO in answers:
        return NO
    return YES if answers and all(a == YES for a in answers) else UNKNOWN


def rule_finding(
    rule: str,
    evidence: Sequence[Evidence],
    shape: Shape,
    t: Thresholds,
    parts: Parts,
    relevance: float | None = None,
    looks: Sequence[str] = ("",),
    ties: Ties = NO_TIES,
) -> RuleFinding:
    """What became of a rule that is broken where any of its chains holds.

    Questions without evidence were never asked: they are unknown, or No where they are tied to a
    clear No. Of several looks the worst counts.
    """
    if not is_relevant(relevance, t, parts):
        rank = 0.05 * max(0.0, relevance or 0.0)
        return RuleFinding(rule, Finding.CLEAR, "relevance", rank, relevance, tuple(evidence))
    found = [
        _at_look(
            rule, [e for e in evidence if e.look == look], shape, ties, t, parts, relevance, look
        )
        for look in looks
    ]
    return worst(found)


_WORST = (Finding.VIOLATED, Finding.FAILED, Finding.UNDECIDED, Finding.CLEAR)


def worst(found: Sequence[RuleFinding]) -> RuleFinding:
    """One rule at several looks at an image: the worst finding, with the evidence of all.

    A rule that is broken at one look is broken, whatever failed at another.
    """
    if len(found) == 1:
        return found[0]
    least = min(found, key=lambda one: (_WORST.index(one.finding), -one.score))
    evidence = tuple(e for one in found for e in one.evidence)
    return replace(least, score=max(one.score for one in found), evidence=evidence)


def _at_look(
    rule: str,
    evidence: Sequence[Evidence],
    shape: Shape,
    ties: Ties,
    t: Thresholds,
    parts: Parts,
    relevance: float | None,
    look: str,
) -> RuleFinding:
    found = held({(e.item, e.alternative): e.holds for e in evidence}, shape, ties)
    items = [[any_of([found[p] for p in item]) for item in chain] for chain in places(shape)]
    answer = any_of([all_of(chain) for chain in items])
    finding = {YES: Finding.VIOLATED, NO: Finding.CLEAR}.get(answer, Finding.UNDECIDED)
    reason = _reason(answer, items, evidence)
    rank = _rule_score(evidence, shape, ties, t, parts)
    return RuleFinding(rule, finding, reason, rank, relevance, tuple(evidence), look)


def places(shape: Shape) -> list[list[list[Place]]]:
    """The places of a rule: for each chain, for each of its items, its alternatives."""
    found: list[list[list[Place]]] = []
    item = 0
    for chain in shape:
        found.append([[(item + i, j) for j in range(width)] for i, width in enumerate(chain)])
        item += len(chain)
    return found


def held(known: Mapping[Place, str], shape: Shape, ties: Ties = NO_TIES) -> dict[Place, str]:
    """What holds at every place: `known`, No where it is tied to a No, else unknown."""
    found: dict[Place, str] = {}
    for place in (p for chain in places(shape) for item in chain for p in item):
        tied = place in ties and found.get(ties[place]) == NO
        found[place] = NO if tied else known.get(place, UNKNOWN)
    return found


def verdict_of(rules: Sequence[RuleFinding]) -> tuple[Status | None, str]:
    """The verdict and the rule that decided it; None: a call failed and nothing else decides."""
    by = {finding: [r for r in rules if r.finding is finding] for finding in Finding}
    if by[Finding.VIOLATED]:
        return Status.UNSAFE, ", ".join(map(_placed, by[Finding.VIOLATED]))
    if by[Finding.FAILED]:
        return None, by[Finding.FAILED][0].reason
    if by[Finding.UNDECIDED]:
        first = by[Finding.UNDECIDED][0]
        return Status.UNDECIDED, f"{_placed(first)}: {first.reason}"
    return Status.SAFE, f"none of {len(rules)} rules"


def doubted(
    status: Status, reason: str, unseen: str, addressed: str, trust: bool
) -> tuple[Status, str]:
    """The verdict where no rule is known to be broken: an image of which not all was looked at is
    not safe, nor is one that speaks to the judge (unless such images are trusted)."""
    if status is Status.SAFE and unseen:
        return Status.UNDECIDED, unseen
    if status is Status.SAFE and addressed and not trust:
        return Status.UNDECIDED, "the image speaks to the judge"
    return status, reason


def _placed(rule: RuleFinding) -> str:
    return f"{rule.rule} ({rule.look})" if rule.look else rule.rule


def _reason(answer: str, items: Sequence[Sequence[str]], evidence: Sequence[Evidence]) -> str:
    """The tests that decided; of what is not violated, in each chain the item that decided."""
    told, first = [], 0
    for chain in items:
        if all_of(chain) == answer:
            at = (
                range(first, first + len(chain)) if answer == YES else [first + chain.index(answer)]
            )
            tests = dict.fromkeys(
                e.reading.test for e in evidence if e.item in at and e.holds == answer
            )
            if answer == YES:
                return ", ".join(tests)
            unasked = "nothing there to ask of" if answer == NO else "not asked"
            told.append(f"precondition {at[0] + 1}: {', '.join(tests) or unasked}")
        first += len(chain)
    return "; ".join(told)


def _rule_score(
    evidence: Sequence[Evidence], shape: Shape, ties: Ties, t: Thresholds, parts: Parts
) -> float:
    """Of the chain that goes furthest, the weakest item's strongest question: how far the evidence
    goes towards a violation."""
    scores: dict[Place, float] = {}
    for e in evidence:
        rank = question_score(e.measured, e.reading, t, parts)
        scores[e.item, e.alternative] = 1 - rank if e.absent else rank
    best = [0.0]
    for chain in places(shape):
        # What was not asked because it is tied to a No goes no further than that.
        near = [[scores.get(p, scores.get(ties.get(p, p))) for p in item] for item in chain]
        known = [[s for s in item if s is not None] for item in near]
        best.append(min((max(item) for item in known if item), default=0.0))
    return round(max(best), 6)


def question_score(m: Measured, reading: Reading, t: Thresholds, parts: Parts) -> float:
    """A rank in [0, 1], ours: thirds for no, unknown and yes; within a third by the token score.
    Without debias 1 it is the token score itself, so that a cut of it is a cut of P(Yes)."""
    base = {NO: 0.0, UNKNOWN: 1.0, YES: 2.0}[reading.answer]
    if m.shown is None:
        return (base + 0.5) / 3
    if parts.perceived:
        return (base + m.shown.yes) / 3
    if not parts.debias1:
        return m.shown.yes
    if m.prior is None:
        return (base + m.shown.yes) / 3
    reject, accept = t.alpha1 * m.prior.yes, t.alpha2 * (1 - m.prior.yes)
    place = (m.shown.yes - m.prior.yes - reject) / max(1e-9, accept - reject)
    return (base + 1 / (1 + math.exp(-4 * (min(5.0, max(-5.0, place)) - 0.5)))) / 3


def bounds(score: Score, z: float = 1.96) -> tuple[float, float]:
    """Between what a score lies: itself where it comes from token probabilities that are known."""
    if score.samples:
        return wilson(score.yes, score.samples, z)
    low = score.yes if score.low is None else score.low
    return low, score.yes if score.high is None else score.high
