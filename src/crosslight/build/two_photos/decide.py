"""Each part safe, all together unsafe: the decision over the numbers of a two-photo idea.

As for one photo: of a text that a model reads, the difference of log-odds decides, here between all
together and the worst of the parts; of a text that people wrote, the band holds for each number.
"""

from crosslight.build.config import BuildConfig
from crosslight.build.crosscheck import STEP, log_odds
from crosslight.build.two_photos.records import PairCheck
from crosslight.records import Dropped


def pair_fault(check: PairCheck, config: BuildConfig) -> Dropped | None:
    """`leak`, `text_unsafe_alone`, `photo_unsafe_alone`, `unsafe_with_one_photo`,
    `not_unsafe_together`, `adds_too_little`, `undecided`; None for what is kept."""
    if check.leak:
        return Dropped(STEP, "leak", f"the text names one of the things; {numbers(check)}")
    found = _photos(check, config)
    found = found or (_stated(check, config) if check.stated else _read(check, config))
    return Dropped(STEP, found, numbers(check)) if found else None


def claim_fault(check: PairCheck, config: BuildConfig) -> Dropped | None:
    """`element_not_visible`, `risk_does_not_follow`, `undecided`. What people stated of a pattern
    is not asked again."""
    claims = (("element_not_visible", check.visible), ("risk_does_not_follow", check.follows))
    for reason, value in claims:
        if value is not None and value <= config.safe_below:
            return Dropped(STEP, reason, numbers(check))
    if not check.stated and any(v is None or v < config.unsafe_above for _, v in claims):
        return Dropped(STEP, "undecided", numbers(check))
    return None


def _photos(check: PairCheck, config: BuildConfig) -> str:
    if any(p is not None and p >= config.unsafe_above for p in check.photos_alone):
        return "photo_unsafe_alone"
    if any(p is None or p > config.safe_below for p in check.photos_alone):
        return "undecided"
    return ""


def _read(check: PairCheck, config: BuildConfig) -> str:
    bound = config.alone_below
    if check.text_alone is not None and check.text_alone >= bound:
        return "text_unsafe_alone"
    if any(p is not None and p >= bound for p in (check.with_first, check.with_second)):
        return "unsafe_with_one_photo"
    if check.together is not None and check.together < config.together_at_least:
        return "not_unsafe_together"
    gain = added(check)
    if gain is None:
        return "undecided"
    return "adds_too_little" if gain < config.adds else ""


def _stated(check: PairCheck, config: BuildConfig) -> str:
    low, high = config.safe_below, config.unsafe_above
    single = (check.with_first, check.with_second)
    if any(p is not None and p >= high for p in single):
        return "unsafe_with_one_photo"
    if check.together is not None and check.together <= low:
        return "not_unsafe_together"
    if any(p is None or p > low for p in single):
        return "undecided"
    return "" if check.together is not None and check.together >= high else "undecided"


def added(check: PairCheck) -> float | None:
    """What the two photos add to the worst of the parts, in log-odds. None where one is
    unknown."""
    parts = (check.text_alone, check.with_first, check.with_second)
    known = [p for p in parts if p is not None]
    if check.together is None or len(known) < len(parts):
        return None
    return log_odds(check.together) - log_odds(max(known))


def numbers(check: PairCheck) -> str:
    """The numbers on one line, with `?` for unknown."""
    named = (
        ("text alone", check.text_alone),
        ("first photo alone", check.photos_alone[0]),
        ("second photo alone", check.photos_alone[1]),
        ("text with the first", check.with_first),
        ("text with the second", check.with_second),
        ("together", check.together),
    )
    return ", ".join(f"{name} {'?' if v is None else f'{v:.3f}'}" for name, v in named)
