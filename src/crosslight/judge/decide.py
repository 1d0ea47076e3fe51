"""How answers become rules and verdicts. Pure: no call, no clock, no state.

With `reading.py`, which makes an answer of one question's measurements, the same functions drive
the run (what is missing is asked) and `judge rethreshold` (what is missing stays unknown), so the
two cannot differ. Follows algorithm 1 of CLUE.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from crosslight.judge.config import Parts, Thresholds
from crosslight.judge.reading import NO, NOT_ASKED, UNKNOWN, YES, question_score
from crosslight.records import Evidence, Finding, RuleFinding, Status

Place = tuple[int, int]
"""Item (counted over all chains of a rule) and alternative."""
Shape = Sequence[Sequence[int]]
"""For each chain, how many alternatives each of its items has."""
Ties = Mapping[Place, Place]
"""Of alternatives that are asked only where another one is not a clear No: that other one."""
NO_TIES: Ties = MappingProxyType({})
Span = tuple[float, float]
"""Between what a score lies; infinite where nobody knows."""
DECIDED = (Finding.VIOLATED, Finding.CLEAR)


def is_relevant(cosine: float | None, t: Thresholds, parts: Parts) -> bool:
    """Step 1: skipped only below `relevance_t`; unknown relevance skips nothing."""
    return not parts.relevance or cosine is None or cosine >= t.relevance_t


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
        # Nothing was asked of it: a cut of the score says nothing.
        rank = 0.05 * max(0.0, relevance or 0.0)
        return RuleFinding(rule, Finding.CLEAR, "relevance", rank, relevance, tuple(evidence))
    found = [
        _at_look(
            rule, [e for e in evidence if e.look == look], shape, ties, t, parts, relevance, look
        )
        for look in looks
    ]
    return worst([cut_at(one, shape, t, parts, ties) for one in found])


def reach(
    evidence: Sequence[Evidence],
    shape: Shape,
    t: Thresholds,
    parts: Parts,
    relevance: float | None = None,
    looks: Sequence[str] = ("",),
    ties: Ties = NO_TIES,
) -> float:
    """The highest cut of its score by which a rule is violated; NaN where none accuses it."""
    best = -math.inf
    for look in looks if is_relevant(relevance, t, parts) else ():
        known = [e for e in evidence if e.look == look]
        if _at_look("", known, shape, ties, t, parts, relevance, look).finding in DECIDED:
            best = max(best, score_span(known, shape, t, parts, ties)[0])
    return best if math.isfinite(best) else math.nan


def cut_at(
    found: RuleFinding, shape: Shape, t: Thresholds, parts: Parts, ties: Ties = NO_TIES
) -> RuleFinding:
    """The finding at one look by the cut of its score, where there is one.

    What is unknown stays so: an undecided rule, and one whose open questions (nobody asked them
    because another had decided, or nobody could answer them) could lift it over the cut, or hold
    it below.
    """
    cut = t.score_cut
    if cut is None or found.finding not in DECIDED:
        return found
    low, high = score_span(found.evidence, shape, t, parts, ties)
    if low >= cut or high < cut:
        finding, sign = (Finding.VIOLATED, ">=") if low >= cut else (Finding.CLEAR, "<")
        return replace(found, finding=finding, reason=f"score {found.score:.3f} {sign} {cut:.3f}")
    missing = unasked_places(found.evidence, shape, t, parts, ties)
    why = f"by a cut of {cut:.3f} it takes answers that nobody could give"
    if missing:
        n = len(missing)
        why = (
            f"{NOT_ASKED}: {n} question{'s'[: n != 1]} that a cut of {cut:.3f} takes; judge again "
            f"with --threshold {found.rule}={cut:g} (what was answered is replayed)"
        )
    return replace(found, finding=Finding.UNDECIDED, reason=why)


def score_span(
    evidence: Sequence[Evidence], shape: Shape, t: Thresholds, parts: Parts, ties: Ties = NO_TIES
) -> Span:
    """Between what the score of a rule at one look lies, whatever its open questions would say."""
    spans = place_spans(evidence, shape, t, parts, ties)
    return _most_of([chain_span(chain, spans) for chain in places(shape)])


def place_spans(
    evidence: Sequence[Evidence], shape: Shape, t: Thresholds, parts: Parts, ties: Ties = NO_TIES
) -> dict[Place, Span]:
    """The same of every question: its rank where it was answered."""
    known = {(e.item, e.alternative): e for e in evidence}
    spans: dict[Place, Span] = {}
    for place in (p for chain in places(shape) for item in chain for p in item):
        e, low, high = known.get(place), -math.inf, math.inf
        if e is not None and e.holds != UNKNOWN:
            low = high = place_score(e, t, parts)
        of = known.get(ties[place]) if place in ties else None
        if of is not None and of.holds == NO:
            # What is tied to a No goes no further than that, whatever was said of it.
            high = min(high, place_score(of, t, parts))
        spans[place] = (min(low, high), high)
    return spans


def chain_span(chain: Sequence[Sequence[Place]], spans: Mapping[Place, Span]) -> Span:
    """Of one chain: its weakest item's strongest question."""
    items = [_most_of([spans[place] for place in item]) for item in chain]
    return min(low for low, _ in items), min(high for _, high in items)


def unasked_places(
    evidence: Sequence[Evidence], shape: Shape, t: Thresholds, parts: Parts, ties: Ties = NO_TIES
) -> list[Place]:
    """The questions that leave a rule open at one look because nobody measured enough of them: by
    its tests, or where these decide by the cut of its score."""
    known = {(e.item, e.alternative): e for e in evidence}
    found = held({place: e.holds for place, e in known.items()}, shape, ties)
    chains = [[[found[p] for p in item] for item in chain] for chain in places(shape)]
    answer = any_of([all_of([any_of(item) for item in chain]) for chain in chains])
    if answer != UNKNOWN and t.score_cut is not None:
        cut, spans = t.score_cut, place_spans(evidence, shape, t, parts, ties)
        found = {
            p: YES if low >= cut else NO if high < cut else UNKNOWN
            for p, (low, high) in spans.items()
        }
    missing = {p for p in found if p not in known or known[p].reading.test == NOT_ASKED}
    wanted: list[Place] = []
    for chain in places(shape):
        answers = [any_of([found[place] for place in item]) for item in chain]
        if NO in answers:
            continue
        for item, said in zip(chain, answers, strict=True):
            if said != YES:
                wanted += [place for place in item if place in missing and found[place] != NO]
    return wanted


def place_score(e: Evidence, t: Thresholds, parts: Parts) -> float:
    """How far one question goes towards a violation."""
    rank = question_score(e.measured, e.reading, t, parts)
    return round(1 - rank if e.absent else rank, 6)


def _most_of(spans: Sequence[Span]) -> Span:
    return max(low for low, _ in spans), max(high for _, high in spans)


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
    known = {(e.item, e.alternative) for e in evidence}
    missing = {item for item, j in found if (item, j) not in known and found[item, j] == UNKNOWN}
    reason = _reason(answer, items, evidence, missing)
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
        return Status.UNDECIDED, f"{_placed(first)}: {first.reason} ({clear_of(rules)})"
    return Status.SAFE, clear_of(rules)


def clear_of(rules: Sequence[RuleFinding]) -> str:
    """What "safe" comes to: no more than that these rules are kept."""
    clear = [rule for rule in rules if rule.finding is Finding.CLEAR]
    unasked = sum(rule.reason == "relevance" for rule in clear)
    by_scan = f", {unasked} of them by the relevance scan alone" if unasked else ""
    named = "rule" if len(rules) == 1 else "rules"
    return f"clear of {len(clear)} of {len(rules)} {named}{by_scan}"


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


def _reason(
    answer: str,
    items: Sequence[Sequence[str]],
    evidence: Sequence[Evidence],
    missing: Collection[int],
) -> str:
    """The tests that decided; of what is not violated, in each chain the item that decided.
    `missing`: items with alternatives that nobody asked."""
    told, first = [], 0
    for chain in items:
        if all_of(chain) == answer:
            at = (
                range(first, first + len(chain)) if answer == YES else [first + chain.index(answer)]
            )
            tests = list(
                dict.fromkeys(
                    e.reading.test for e in evidence if e.item in at and e.holds == answer
                )
            )
            if answer == YES:
                return ", ".join(tests)
            unasked = "nothing there to ask of" if answer == NO else NOT_ASKED
            if answer == UNKNOWN and at[0] in missing and NOT_ASKED not in tests:
                tests.append(NOT_ASKED)
            told.append(f"precondition {at[0] + 1}: {', '.join(tests) or unasked}")
        first += len(chain)
    return "; ".join(told)


def _rule_score(
    evidence: Sequence[Evidence], shape: Shape, ties: Ties, t: Thresholds, parts: Parts
) -> float:
    """Of the chain that goes furthest, the weakest item's strongest question: how far the evidence
    goes towards a violation."""
    scores = {(e.item, e.alternative): place_score(e, t, parts) for e in evidence}
    denied = {(e.item, e.alternative) for e in evidence if e.holds == NO}
    best = [0.0]
    for chain in places(shape):
        near = [[_near(p, scores, ties, denied) for p in item] for item in chain]
        known = [[s for s in item if s is not None] for item in near]
        best.append(min((max(item) for item in known if item), default=0.0))
    return round(max(best), 6)


def _near(
    place: Place, scores: Mapping[Place, float], ties: Ties, denied: Collection[Place]
) -> float | None:
    """The score of a question. What is tied to a No goes no further than that."""
    own, of = scores.get(place), ties.get(place)
    if of is None or of not in scores or (own is not None and of not in denied):
        return own
    return scores[of] if own is None else min(own, scores[of])
