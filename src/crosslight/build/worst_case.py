"""How many drafts a build makes when everything goes the expensive way: for `--dry-run`.

Either an idea passes and is reworded, moved and answered, or all ideas of a photo fall and it is
looked at again; of both the upper end is taken.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import log2

from crosslight.build.config import BuildConfig
from crosslight.build.recipe import AGAIN_LEAST, AGAIN_SHARE


@dataclass(frozen=True, slots=True)
class WorstCase:
    """Upper ends over a whole build. `imagined`, `moved` and `worded` drafts are cross-checked."""

    wishes: int
    """Requests for ideas, second looks included."""
    imagined: int
    augmented: int
    """Drafts for which other wordings and photos are sought."""
    worded: int
    moved: int
    kept: int
    """Unsafe drafts that get an answer."""
    unrelated: int
    """Photos beside which a text is tried."""
    titles: int
    """Scenarios that the author is asked to name."""


def worst_case(
    photos: int,
    config: BuildConfig,
    *,
    ideas: int,
    wordings: Callable[[int], int],
    rethinks: bool,
) -> WorstCase:
    """For so many photos. `ideas`: those that the author has at most for a photo; `wordings(n)`:
    those that it gives when `n` are wanted; `rethinks`: whether it is asked again of what gave
    nothing, and not of the rest."""
    unrelated = min(config.unrelated, max(0, photos - 1))
    first = photos * ideas
    others = min(config.other_photos, max(0, photos - 1))
    words = wordings(config.rewordings)
    if rethinks:  # the ideas of a photo that is looked at again had all fallen
        again = _again(photos, config.rounds)
        imagined = first + again * ideas
    else:
        again = photos if config.rounds else 0
        imagined = first = (photos + again) * ideas
    return WorstCase(
        wishes=photos + again,
        imagined=imagined,
        augmented=first,
        worded=first * words,
        moved=first * others,
        kept=first * (1 + words + others),
        unrelated=unrelated,
        # Three patterns make a title, and it is asked for anew when they have doubled.
        titles=2 * first // 3 if rethinks else 0,
    )


def _again(photos: int, rounds: int) -> int:
    """Second looks: after each wave a share of its photos, or a few; none oftener than allowed."""
    waves = 2 + int(log2(1 + photos))
    share = photos // AGAIN_SHARE
    most = share + waves * AGAIN_LEAST + rounds * max(AGAIN_LEAST, share)
    return min(rounds * photos, most)
