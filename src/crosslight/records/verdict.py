"""What the judge says of an image, and everything that it says it by.

Three things stay apart: what was measured (`Measured`), how the thresholds read it (`Reading`), and
the verdict. A verdict is unsafe, safe or undecided; a call that failed makes no verdict at all.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from crosslight.records.ids import stable_id


class Status(StrEnum):
    """A judged image is one of these."""

    UNSAFE = "unsafe"
    SAFE = "safe"
    UNDECIDED = "undecided"


class Finding(StrEnum):
    """What became of one rule on one image."""

    VIOLATED = "violated"
    CLEAR = "clear"
    UNDECIDED = "undecided"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Score:
    """P(Yes) / (P(Yes) + P(No)) of one question, in [0, 1].

    `outside` is the probability that lay on neither word before that. Where not all of it is known,
    the score lies between `low` and `high`. `samples` > 0: no log-probabilities, counted from so
    many replies. `method` and `room` (tokens for a trace before the answer) say how it was read,
    `said` what the model said where that was neither word.
    """

    yes: float
    outside: float = 0.0
    samples: int = 0
    low: float | None = None
    high: float | None = None
    method: str = ""
    room: int = 0
    said: str = ""


@dataclass(frozen=True, slots=True)
class Region:
    """A detected box in shares of width and height, with the detector's confidence."""

    left: float
    top: float
    right: float
    bottom: float
    confidence: float
    word: str = ""

    @property
    def area(self) -> float:
        """Share of the image that the box covers."""
        return max(0.0, self.right - self.left) * max(0.0, self.bottom - self.top)


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured about one question on one image. None: never asked.

    Names as in CLUE (arXiv 2501.00192, algorithm 1): `shown` is M(x', c), where x' is the crop when
    `cropped`; `prior` is M(None, c); `whole` is M(x, c); `erased` is M(x minus the regions, c).
    `sought`: a detector was asked; `region` is then the box that counts, or None for nothing found,
    and `regions` are all boxes of its word, where all are erased. Ours: `joint` is the score of all
    alternatives of the item in one question, `joint_reasoned` what reasoning said of it;
    `unprinted` is M(x with all print filled, c).
    `reasoned_look` is what reasoning looked at: whole, crop or unprinted (empty: nobody kept it).
    `single`: the question names one thing; `lettered`: the image bears print and the question is
    not about print; `addressed`: that print speaks to the judge.
    """

    shown: Score | None = None
    prior: Score | None = None
    whole: Score | None = None
    erased: Score | None = None
    cropped: bool = False
    sought: bool = False
    region: Region | None = None
    reasoned: str | None = None
    rationale: str = ""
    regions: tuple[Region, ...] = ()
    joint: Score | None = None
    joint_reasoned: str | None = None
    unprinted: Score | None = None
    single: bool = False
    lettered: bool = False
    addressed: bool = False
    reasoned_look: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the thresholds read a measurement: `answer` is yes, no or unknown, by which `test`."""

    answer: str
    test: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One question of a rule. `item` counts the AND, over all chains of the rule, `alternative`
    the OR in it; `look` names the frame or piece of the image, and is empty where the image takes
    one look. `reading` answers the question as it was asked; where the rule wants the thing
    `absent`, yes and no change places in `holds`."""

    item: int
    alternative: int
    question: str
    measured: Measured
    reading: Reading
    look: str = ""
    absent: bool = False

    @property
    def holds(self) -> str:
        """Whether the precondition holds: yes, no or unknown."""
        turned = {"yes": "no", "no": "yes"} if self.absent else {}
        return turned.get(self.reading.answer, self.reading.answer)


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """One rule on one image. `score` in [0, 1] ranks images by how far the evidence goes towards
    a violation; it is no probability. `relevance` is a cosine, None where it was not asked. `look`
    is the frame or piece that decided, where there are several: the worst counts."""

    rule: str
    finding: Finding
    reason: str
    score: float
    relevance: float | None = None
    evidence: tuple[Evidence, ...] = ()
    look: str = ""


@dataclass(frozen=True, slots=True)
class PrintTest:
    """Questions that had got a No at a look with print, asked together: `filled` is the score with
    all print filled, `shown` the one with it (None: it could not have mattered). `places`: for each
    question its rule, item and alternative, as `rule item.alternative`, counted from 0."""

    look: str
    places: tuple[str, ...]
    filled: Score
    shown: Score | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judge's word on an image. `reason` says what decided; `notes` what was not done."""

    photo: str
    status: Status
    rules: tuple[RuleFinding, ...]
    reason: str = ""
    addressed_by: str = ""
    """Words in the image that speak to whoever judges it; empty: none were found."""
    notes: tuple[str, ...] = ()
    source: str = ""
    provenance: dict[str, str] = field(default_factory=dict, compare=False, hash=False)
    looks: tuple[str, ...] = ("",)
    """Names of the frames or pieces that were looked at; one empty name for an ordinary image."""
    unseen: str = ""
    """What of the image was not looked at: such an image is never called safe."""
    licence: str = ""
    """Of the image, as its input states it; empty: not stated."""
    origin: str = ""
    print_tests: tuple[PrintTest, ...] | None = None
    """None: of a run that kept no account of them."""
    swayed: bool = False
    """`addressed_by` tells of print that moves an answer, not of words that were read."""

    @property
    def violated(self) -> tuple[str, ...]:
        """Ids of the violated rules."""
        return tuple(r.rule for r in self.rules if r.finding is Finding.VIOLATED)

    @property
    def open_rules(self) -> tuple[str, ...]:
        """Ids of the rules that nobody could decide, failed ones among them."""
        unknown = (Finding.UNDECIDED, Finding.FAILED)
        return tuple(r.rule for r in self.rules if r.finding in unknown)

    @property
    def score(self) -> float:
        """The largest score of a rule; 0 without rules."""
        return max((r.score for r in self.rules), default=0.0)

    @property
    def id(self) -> str:
        """Hash of photo, policy and way of judging."""
        return stable_id("verdict", photo=self.photo, provenance=self.provenance)
