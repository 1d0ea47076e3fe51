"""Scenarios: named, counted, and found thin."""

from collections.abc import Sequence

import numpy as np

from crosslight.build.bank import Bank
from crosslight.build.config import BuildConfig
from crosslight.build.coverage import Scenarios, count, thin
from crosslight.models.protocol import Vectors
from crosslight.records import Triplet
from tests.build.banks import made_bank


def triplet(
    pattern: str, risk: str, scenario: str = "none yet", category: str = "falls"
) -> Triplet:
    return Triplet("f" * 64, pattern, "a thing", "May I?", risk, "why", category, scenario)


def by_letter(texts: Sequence[str]) -> Vectors:
    """Texts that begin alike mean the same."""
    rows = np.zeros((len(texts), 128), dtype=np.float32)
    for at, text in enumerate(texts):
        rows[at, ord(text[0]) % 128] = 1
    return rows


def test_rows_of_the_bank_keep_their_scenario() -> None:
    scenarios = Scenarios(made_bank(), by_letter)
    assert scenarios.name([triplet("lake.x", "r", "lake")]) == ["lake"]


def test_new_ideas_found_scenarios_and_later_ones_join_them() -> None:
    scenarios = Scenarios(Bank(()), by_letter)
    ideas = [triplet("Quicksand at low tide!", "r"), triplet("zipline", "r"), triplet("Quirk", "r")]
    assert scenarios.name(ideas) == ["quicksand_at_low_tide", "zipline", "quicksand_at_low_tide"]
    assert scenarios.name([triplet("zoo", "r")]) == ["zipline"]


def test_an_idea_near_a_scenario_of_the_bank_joins_it() -> None:
    from crosslight.models.embedded.conse import LabelSpace

    scenarios = Scenarios(made_bank(), LabelSpace().texts)
    risk = "A child in the kitchen pulls the hot drink down and is hurt."
    near = triplet("hot drink", risk, category="fire_burns")
    far = triplet("hot drink", risk, category="work_injury")
    assert scenarios.name([near, far]) == ["kitchen", "hot_drink"]


def test_thin_are_the_scenarios_below_the_bound_thinnest_first() -> None:
    rows = [triplet("p", "r", s) for s in ("a", "b", "b", "c", "c", "c", "c")]
    counts = count(rows)
    assert counts == {"a": 1, "b": 2, "c": 4}
    assert thin(counts, BuildConfig(per_scenario=4)) == ["a", "b"]
    assert thin(counts, BuildConfig(per_scenario=4, target=7)) == []
