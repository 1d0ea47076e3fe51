"""Each part safe, all together unsafe: the decision over the numbers of a two-photo idea.

As for one photo: of a text that a model reads, the difference of log-odds decides, here between all
together and the worst of the parts; of a text that people wrote, the band holds for each number.
"""

from crosslight.build.config import BuildConfig
from crosslight.build.crosscheck import STEP, claim_read, gained, read_fault
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
    """`element_not_visible`, `risk_does_not_follow`, `undecided`: as of one photo."""
    found = claim_read(check, config)
    return Dropped(STEP, found, numbers(check)) if found else None


def _photos(check: PairCheck, config: BuildConfig) -> str:
    if any(p is not None and p >= config.unsafe_above for p in check.photos_alone):
        return "photo_unsafe_alone"
    if any(p is None or p > config.safe_below for p in check.photos_alone):
        return "undecided"
    return ""


def _read(check: PairCheck, config: BuildConfig) -> str:
    parts = {
        "text_unsafe_alone": [check.text_alone],
        "unsafe_with_one_photo": [check.with_first, check.with_second],
    }
    return read_fault(parts, check.together, config)


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
    return gained([check.text_alone, check.with_first, check.with_second], check.together)


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
