"""Every number that steers the judge, in one place. Names and defaults as in the paper.

CLUE, arXiv 2501.00192, section B2 of our notes. What the paper leaves open is marked "ours".
"""

import math
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Self

from crosslight.records import BadSetting
from crosslight.store import LOOKS

METHOD_VERSION = "judge-1"
PARTS = ("preconditions", "debias1", "debias2", "relevance", "cascade")
ADDRESSED = ("ocr", "ask", "off")


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
    z: float = 1.96
    """Ours: width of the Wilson interval of scores that were counted from samples."""
    score_cut: float | None = None
    """Ours: a rule is violated from this score on and clear below it, whatever its tests say. A
    report card chooses it (`judge rethreshold --card`)."""

    def changed(self, values: dict[str, float]) -> Self:
        """With other values. Raises `BadSetting` for a name that is no threshold, or no number."""
        unknown = values.keys() - {f.name for f in fields(self)}
        if unknown:
            names = ", ".join(f.name for f in fields(self))
            raise BadSetting(f"{sorted(unknown)[0]!r} is no threshold; there are: {names}")
        for name, value in values.items():
            if not math.isfinite(value):  # every comparison with it would be false
                raise BadSetting(f"{name} must be a finite number, not {value}")
        return replace(self, **values)


@dataclass(frozen=True, slots=True)
class Parts:
    """Which parts of the method are on. `tokens`: token probabilities are asked at all;
    `detector`: there is one; `perceived`: the model is the embedded perception."""

    preconditions: bool = True
    debias1: bool = True
    debias2: bool = True
    relevance: bool = True
    cascade: bool = True
    tokens: bool = True
    detector: bool = False
    perceived: bool = False

    def without(self, *names: str) -> Self:
        """The ablations of the command line. Raises `BadSetting` for an unknown part."""
        for name in names:
            if name not in PARTS:
                raise BadSetting(f"{name!r} is no part; there are: {', '.join(PARTS)}")
        return replace(self, **dict.fromkeys(names, False))


@dataclass(frozen=True, slots=True)
class JudgeConfig:
    """One way of judging. Written to `run.json` as a whole; its hash is on every verdict."""

    method: str = "clue"
    thresholds: Thresholds = field(default_factory=Thresholds)
    by_rule: dict[str, dict[str, float]] = field(default_factory=dict)
    """Thresholds of single rules that differ from the others' (`judge rethreshold`)."""
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
