"""The missing mass: the estimate, and an interval that covers."""

import numpy as np
import pytest

from crosslight.stats import LEAST_DRAWS, missing_mass
from tests.build.waves.world import World, frequencies, plain_looks, unseen


def test_singles_over_draws_and_a_pair_counts_once() -> None:
    species = np.array([0] * 18 + [1, 2, 3, 3, 4])
    units = np.arange(len(species))
    found = missing_mass(units, species)
    assert (found.mass, found.draws, found.singles, found.species) == (3 / 23, 23, 3, 5)
    assert 0 == found.low < 3 / 23 < found.high < 0.4
    more = missing_mass(np.arange(100), np.array([0] * 70 + [*range(1, 31)]))
    assert 0.2 < more.low < 0.3 < more.high < 0.42
    again = missing_mass(np.tile(units, 2), np.tile(species, 2))
    assert again == found, "the same photo showed the same pattern twice: that is one draw"


def test_nothing_single_is_not_nothing_left() -> None:
    found = missing_mass(np.arange(40), np.arange(40) % 10)
    assert found.mass == 0
    assert found.low == 0
    assert 0.05 < found.high < 0.15
    assert missing_mass(np.arange(400), np.arange(400) % 10).high < found.high / 5


def test_singles_of_one_odd_photo_are_one_surprise() -> None:
    species = np.array([0] * 60 + [1, 2, 3, 4])
    apart = missing_mass(np.arange(64), species)
    together = missing_mass(np.array([*range(60), 60, 60, 60, 60]), species)
    assert together.mass == apart.mass
    assert together.high - together.low > apart.high - apart.low


def test_too_few_draws_say_nothing() -> None:
    empty = np.array([], dtype=int)
    for units in (empty, np.arange(LEAST_DRAWS - 1)):
        found = missing_mass(units, units)
        assert (found.mass, found.low, found.high) == (None, 0.0, 1.0)
        assert found.note.startswith("too few")


@pytest.mark.parametrize("photos", [30, 120])
def test_the_interval_covers_the_true_mass(photos: int) -> None:
    world, held, wide = World(), [], []
    frequency = frequencies(world, patterns=True)
    for seed in range(200):
        units, species = plain_looks(world, photos, seed, patterns=True)
        found = missing_mass(units, species)
        held.append(found.low <= unseen(frequency, species) <= found.high)
        wide.append(found.high - found.low)
    assert np.mean(held) >= 0.92
    assert np.mean(wide) < (0.6 if photos < 60 else 0.25), "an interval of all holds everything"
