"""Every number that steers the judge, in one place. Names and defaults as in the paper.

CLUE, arXiv 2501.00192, section B2 of our notes. What the paper leaves open is marked "ours", and
so is what the method `clue-2` adds to it; `paper` is CLUE as it was published.
"""

import math
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Self

from crosslight.records import BadSetting
from crosslight.store import LOOKS

METHOD_VERSION = "judge-2"
DEFAULT, PAPER = "clue-2", "paper"
CHAINED = (DEFAULT, PAPER, "clue")
"""Methods that ask chains of preconditions. `clue` is what `paper` was called until judge-1."""
PARTS = (
    *("preconditions", "debias1", "debias2", "relevance", "cascade", "crop"),
    *("objective", "alternatives"),
)
OURS = (
    *("floor", "prior_mass", "erase_limit", "deciding_word", "enlarge", "sure_crop", "crop_adds"),
    *("one_detection", "joint", "depictions", "print", "one_turn"),
)
"""Parts that `clue-2` adds to the paper's."""
ADDRESSED = ("ocr", "ask", "off")
OF_SCORES = ("cut", "score_cut")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How measurements are read. Changing one makes no new call (`judge rethreshold`)."""

    relevance_t: float = 0.22
    """A rule is skipped below this cosine of image and rule text (CLIP ViT-B/16; other encoders
    have other scales: the paper gives no number for SigLIP)."""
    alpha1: float = -0.3
    """Times M(None, c): below that difference a precondition is not satisfied."""
    alpha2: float = 0.8
    """Times 1 - M(None, c): above that difference it is satisfied."""
    beta: float = 0.6
    """Satisfied where erasing the central region lowers the score by more than this."""
    box_confidence: float = 0.05
    """A detected box counts above this confidence."""
    small_area: float = 0.01
    """A box below this share of the image is looked at as a crop."""
    cut: float = 0.5
    """Of the plain yes/no methods, and of the judge without its first debiasing step."""
    outside_max: float = 0.5
    """Ours: with more probability than this outside Yes and No, the score is no answer."""
    present: float = 0.53
    absent: float = 0.28
    """Ours, for the embedded perception: calibrated probabilities above and below which a thing is
    taken to be there or not (benchmarks/calibrate_embedded.py)."""
    unseen_max: float = 0.19
    unmissed_max: float = 0.36
    """Ours: perception says "there", or "not there", only where no more than this of the phrase
    escapes it. Acts, states and relations ("at the edge of") do; 0.35 is what it misses anyway."""
    gone_max: float = 0.2
    """Ours: and where a rule is broken by the absence of a thing, only where no more than this of
    it is missed: persons, by the detector. A small helmet that nobody saw must accuse nobody."""
    absent_below: float = 0.05
    """Ours (`floor`, `joint`): a P(Yes) below this is No, whatever the model says without the
    image. 0 gives the paper's test."""
    joint_below: float = 0.2
    """Ours (`joint`): alternatives whose joint P(Yes) lies between `absent_below` and this are
    reasoned about together first. What is there gets more than this, even where it is soft."""
    present_above: float = 0.9
    """Ours (`prior_mass`): P(Yes) above which it is Yes where no image-free prior can be trusted;
    it is the cut of debias 1 for a prior of a half."""
    box_max: float = 0.6
    """Ours (`erase_limit`): boxes that cover more of the image than this are not erased."""
    crop_confidence: float = 0.3
    """Ours (`sure_crop`): a box is cropped only above this confidence."""
    print_moves: float = 0.2
    """Ours (`print`): where filling all print raises P(Yes) by more than this, the print has a
    say, and the filled image counts."""
    z: float = 1.96
    """Ours: width of the Wilson interval of scores that were counted from samples."""
    score_cut: float | None = None
    """Ours: a decided rule is violated from this score on and clear below it, whatever its tests
    say; an undecided one stays so, and what was never asked leaves it open. A report card chooses
    it (`judge rethreshold --card`)."""

    def changed(self, values: dict[str, float]) -> Self:
        """With other values. Raises `BadSetting` for a name that is no threshold, or no number."""
        unknown = values.keys() - {f.name for f in fields(self)}
        if unknown:
            names = ", ".join(f.name for f in fields(self))
            one = sorted(unknown)[0]
            raise BadSetting(f"{one!r} is no threshold; there are: {names}")
        for name, value in values.items():
            if not math.isfinite(value):  # every comparison with it would be false
                raise BadSetting(f"{name} must be a finite number, not {value}")
            if name in OF_SCORES and not 0 <= value <= 1:
                # 60 for 0.6 would clear everything.
                raise BadSetting(f"{name} is of scores, from 0 to 1: {value:g} is none")
        return replace(self, **values)


@dataclass(frozen=True, slots=True)
class Parts:
    """Which parts of the method are on. `tokens`: token probabilities are asked at all;
    `detector`: there is one; `perceived`: the model is the embedded perception. The defaults are
    those of the paper, so that a run from before a part had a name is read as it was made."""

    preconditions: bool = True
    debias1: bool = True
    debias2: bool = True
    relevance: bool = True
    cascade: bool = True
    tokens: bool = True
    detector: bool = False
    perceived: bool = False
    crop: bool = True
    """A small box is looked at as a crop."""
    objective: bool = True
    """The objective wording of a rule is asked, and not the source's."""
    alternatives: bool = True
    """Each alternative of an item is a question of its own."""
    floor: bool = False
    """P(Yes) below `absent_below` is No whatever the prior."""
    prior_mass: bool = False
    """An image-free score that is mostly neither word is no prior."""
    erase_limit: bool = False
    """Nothing is erased where that could not decide, nor a box that is most of the image."""
    deciding_word: bool = False
    """Of the central words the first one with a box counts, with all its boxes."""
    enlarge: bool = False
    """Crops are enlarged to `crop_side`."""
    sure_crop: bool = False
    """Crops are made of sure boxes of single things only."""
    crop_adds: bool = False
    """The whole image is asked too; a crop can add a Yes and cannot clear alone."""
    one_detection: bool = False
    """The detector is asked once an image, for all words of the plan."""
    joint: bool = False
    """The alternatives of an item are first asked together."""
    depictions: bool = False
    """The prompt says whether drawings, toys and screens count, where the rule does."""
    print: bool = False
    """Open questions are asked again with all print filled."""
    one_turn: bool = False
    """The cascade reasons and rates in one structured call."""

    def without(self, *names: str) -> Self:
        """The ablations of the command line. Raises `BadSetting` for an unknown part."""
        for name in names:
            if name not in (*PARTS, *OURS):
                named = ", ".join((*PARTS, *OURS))
                raise BadSetting(f"{name!r} is no part; there are: {named}")
        return replace(self, **dict.fromkeys(names, False))

    def with_ours(self) -> Self:
        """With all that `clue-2` adds."""
        return replace(self, **dict.fromkeys(OURS, True))


@dataclass(frozen=True, slots=True)
class JudgeConfig:
    """One way of judging. Written to `run.json` as a whole; its hash is on every verdict."""

    method: str = DEFAULT
    thresholds: Thresholds = field(default_factory=Thresholds)
    by_rule: dict[str, dict[str, float]] = field(default_factory=dict)
    """Thresholds of single rules that differ from the others' (`--set RULE.name=`)."""
    without: tuple[str, ...] = ()
    eager: bool = False
    """Ask all questions of an image at once: more calls, nothing missing for `rethreshold`. For
    models that share the image among questions."""
    addressed: str = "ocr"
    """How words in the image that speak to the judge are found: ocr, ask or off."""
    trust_addressed: bool = False
    """Let an image that speaks to the judge be called safe (else it is undecided)."""
    crop_margin: float = 0.2
    """Ours: how much of the box's size a crop keeps around it, on each side."""
    crop_side: int = 448
    """Ours (`enlarge`): pixels of a crop's shorter side."""
    reason_tokens: int = 768
    looks: int = LOOKS
    """Ours: the most looks at one image: frames of an animation, pages, pieces of a strip. Where
    there are more, evenly many are taken, and the image is never called safe."""
    seed: int = 0
    side: int = 768
    quality: int = 85

    def __post_init__(self) -> None:
        if self.addressed not in ADDRESSED:
            raise BadSetting(f"addressed is one of {', '.join(ADDRESSED)}, not {self.addressed!r}")
        check_looks(self.looks)
        Parts().without(*self.without)
        if self.method in CHAINED[1:] and (added := set(self.without) & set(OURS)):
            raise BadSetting(f"{min(added)!r} is a part of {DEFAULT}; {self.method} has none of it")

    def thresholds_of(self, rule: str) -> Thresholds:
        """Those of one rule."""
        return self.thresholds.changed(self.by_rule.get(rule, {}))

    def changed(self, values: dict[str, float], rules: Collection[str]) -> Self:
        """With other thresholds: `name` for all rules, `RULE.name` for one. Raises `BadSetting`
        for a name that is no threshold, and for a rule that is none of `rules`."""
        common = {name: value for name, value in values.items() if "." not in name}
        by_rule = {rule: dict(own) for rule, own in self.by_rule.items()}
        for name in values.keys() - common.keys():
            rule, _, threshold = name.rpartition(".")
            if rule not in rules:
                raise BadSetting(f"{rule[:80]!r} is no rule; there are: {', '.join(rules)[:400]}")
            by_rule.setdefault(rule, {})[threshold] = values[name]
        found = replace(self, thresholds=self.thresholds.changed(common), by_rule=by_rule)
        for rule in by_rule:
            found.thresholds_of(rule)
        return found

    def as_json(self) -> dict[str, Any]:
        """As it stands in `run.json`."""
        return {"version": METHOD_VERSION, **asdict(self)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """What `as_json` wrote. Raises `BadSetting` for fields of another version."""
        known = {f.name for f in fields(cls)}
        try:
            parts = {k: v for k, v in value.items() if k in known}
            parts["thresholds"] = Thresholds(**value["thresholds"])
            parts["without"] = tuple(value.get("without", ()))
            parts["by_rule"] = {
                rule: {name: float(number) for name, number in own.items()}
                for rule, own in value.get("by_rule", {}).items()
            }
            return cls(**parts)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadSetting(f"these settings are of another version: {error}") from error


def check_looks(looks: int) -> None:
    """Raises `BadSetting` unless there is a look."""
    if looks < 1:
        raise BadSetting(f"looks is a number from 1, not {looks}")
