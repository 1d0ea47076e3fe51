"""How many drafts a build makes when everything goes the expensive way: for `--dry-run`.

What is costly is not that all rows pass. A scenario grows only while it is thin, so the worst is
that every idea founds a scenario of its own, is augmented in vain, and is tried anew each round.
"""

from collections.abc import Callable
from dataclasses import dataclass

from crosslight.build.config import BuildConfig


@dataclass(frozen=True, slots=True)
class WorstCase:
    """Upper ends over a whole build. `imagined`, `moved` and `worded` drafts are cross-checked.

    Answers under one key count once, as they are asked once: a wish for the same scenario on the
    same photo in a later round, the sentence of a draft that moved to another photo.
    """

    wishes: int
    """Requests for ideas, those of the growth rounds included."""
    imagined: int
    augmented: int
    """Drafts for which other wordings and photos are sought."""
    worded: int
    moved: int
    kept: int
    """Unsafe drafts that get an answer."""
    unrelated: int
    """Photos beside which a text is tried."""


def worst_case(
    photos: int,
    config: BuildConfig,
    *,
    ideas: int,
    wordings: Callable[[int], int],
    scenarios: int | None = None,
) -> WorstCase:
    """For so many photos. `ideas`: those that the author has at most for a photo; `wordings(n)`:
    those that it gives when `n` are wanted; `scenarios`: how many it knows, None: no bound."""
    unrelated = min(config.unrelated, max(0, photos - 1))
    first = photos * ideas
    others = min(config.other_photos, photos - 1)
    each = 1 + wordings(config.rewordings) + others
    found = places = again = 0
    thin = 0
    if config.rounds and config.per_scenario > 1:
        thin = first if scenarios is None else min(first, scenarios)
        places = thin * (config.per_scenario - 1)
        if config.target:  # the loop ends at the target, so it begins below it
            places = min(places, config.target - 1)
        found = places * ideas
        again = config.rounds * places + found
    most_words = wordings(config.rewordings * (config.rounds + 1))
    return WorstCase(
        wishes=photos + places,
        imagined=first + found,
        augmented=first + again,
        worded=first * wordings(config.rewordings) + again * most_words,
        moved=(first + again) * others,
        kept=first * each + thin * max(0, config.per_scenario - each),
        unrelated=unrelated,
    )
