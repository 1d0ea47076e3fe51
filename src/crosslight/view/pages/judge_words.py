"""What a finding means to somebody who looks at it: one sentence, its cuts, and its letter."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from crosslight.judge import Thresholds
from crosslight.records import Evidence, Finding, RuleFinding, Score, Verdict

LETTERS: Final[Mapping[Finding, str]] = {
    Finding.VIOLATED: "V",
    Finding.UNDECIDED: "?",
    Finding.FAILED: "F",
    Finding.CLEAR: "·",
}
"""Of a cell of the matrix: colour alone tells nobody who does not see it."""
TESTS: Final[Mapping[str, str]] = {
    "debias1": "with the image against without it",
    "debias2": "whole image against its centre erased",
    "cascade": "by reasoning",
    "floor": "too unlikely, whatever it says without the image",
    "no_prior": "sure, and without the image it says neither word",
    "crop": "seen in the enlarged part",
    "unprinted": "with the print filled",
    "joint": "none of the alternatives, asked together",
    "joint_cascade": "none of the alternatives, by reasoning about them together",
    "plain": "by the plain cut",
    "perception": "by the embedded perception",
    "print": "by the print that was read",
    "count": "by counting what was found",
    "unseen": "perception cannot know",
    "outside": "the model answered neither yes nor no",
    "unknown_mass": "the endpoint tells too little of its probabilities",
    "band": "the scores decide nothing",
    "not asked": "would need a measurement that was never made",
}
_ARTICLE = re.compile(r"^(?:an?|the|any|one) ", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cell:
    """One rule on one image: `letter` and `finding` for the eye, `said` for everybody."""

    rule: str
    finding: str
    letter: str
    said: str


def cell(r: RuleFinding, title: str) -> Cell:
    """A cell of the matrix."""
    return Cell(r.rule, str(r.finding), LETTERS[r.finding], f"{title}: {sentence(r)}")


def cells(verdict: Verdict, titles: Mapping[str, str]) -> dict[str, Cell]:
    """An image's cells by rule."""
    return {r.rule: cell(r, titles.get(r.rule, "the policy as a whole")) for r in verdict.rules}


def sentence(r: RuleFinding) -> str:
    """Why a rule is as it is, in one sentence."""
    if r.finding is Finding.CLEAR:
        return _clear(r)
    if r.finding is Finding.VIOLATED:
        there = [e for e in r.evidence if e.reading.answer == "yes" and not e.absent]
        gone = [e for e in r.evidence if e.reading.answer == "no" and e.absent]
        told = [*(e.question for e in there), *(f"no {bare(e.question)}" for e in gone)]
        return f"broken: {'; '.join(dict.fromkeys(told))}" if told else f"broken ({r.reason})"
    if r.finding is Finding.FAILED:
        return f"failed: {r.reason}"
    open_ = [e.question for e in r.evidence if e.reading.answer == "unknown"]
    about = f": {'; '.join(dict.fromkeys(open_))}" if open_ else ""
    return f"undecided ({r.reason}){about}"


def _clear(r: RuleFinding) -> str:
    if r.reason.startswith("relevance") and not r.evidence:
        return "the image has nothing to do with it"
    missing = [bare(e.question) for e in r.evidence if e.reading.answer == "no" and not e.absent]
    kept = [e.question for e in r.evidence if e.reading.answer == "yes" and e.absent]
    if missing:
        return f"no {' and no '.join(dict.fromkeys(missing))} to be seen"
    if kept:
        return f"{' and '.join(dict.fromkeys(kept))} to be seen"
    return f"kept ({r.reason})" if r.reason else "kept"


def bare(question: str) -> str:
    """A noun phrase without its article: `a firearm` is `no firearm` where it is missing."""
    return _ARTICLE.sub("", question)


def marks(e: Evidence) -> list[tuple[str, str, float]]:
    """The numbers of one question as marks on a scale: (class, name, value)."""
    m = e.measured
    named: list[tuple[str, str, Score | None]] = [
        ("prior", "without the image", m.prior),
        ("erased", "centre erased", m.erased),
        ("shown", "in the crop" if m.cropped else "with the image", m.shown),
    ]
    return [(kind, name, score.yes) for kind, name, score in named if score is not None]


def band(e: Evidence, t: Thresholds) -> tuple[float, float] | None:
    """Between which scores a question stays open: below is No, above is Yes; None where its test
    has no such band."""
    prior = e.measured.prior
    if e.reading.test in ("perception", "unseen"):
        return t.absent, t.present
    if e.reading.test == "plain":
        return t.cut, t.cut
    if prior is None:
        return None
    low = prior.yes * (1 + t.alpha1)
    return max(low, 0.0), min(1.0, prior.yes + t.alpha2 * (1 - prior.yes))
