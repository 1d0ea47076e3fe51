"""The map of scenarios: names that hold, groups by meaning, what is asked for next."""

import random
from collections.abc import Sequence
from typing import NoReturn

import numpy as np

from crosslight.build.bank import Bank
from crosslight.build.waves import AcceptedPattern, Goal, ScenarioMap
from crosslight.models import Vectors
from crosslight.records import Triplet
from tests.build.banks import made_bank
from tests.build.waves.world import accepted, meaning


def never(texts: Sequence[str]) -> NoReturn:
    raise AssertionError(f"word vectors were asked for: {texts[:2]}")


def by_letters(texts: Sequence[str]) -> Vectors:
    """Texts mean the letters of their first word."""
    rows = np.zeros((len(texts), 26), dtype=np.float32)
    for at, text in enumerate(texts):
        for letter in text.split(".")[0].split()[0]:
            rows[at, ord(letter) - 97] += 1
    unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def idea(photo: str, pattern: str, category: str = "falls", scenario: str = "") -> AcceptedPattern:
    return AcceptedPattern(photo, pattern, category, scenario, "a thing", "May I?", "harm")


def triplet(pattern: str, category: str = "falls", scenario: str = "falls") -> Triplet:
    return Triplet("f" * 64, pattern, "a thing", "May I?", "harm", "why", category, scenario)


def test_rows_of_the_bank_keep_their_scenario_and_need_no_word_vectors() -> None:
    drawn = ScenarioMap(made_bank(), never, 0)
    assert drawn.name([triplet("lake.swim", scenario="lake")]) == ["lake"]
    version = drawn.close_wave([idea("p1", "lake.swim", scenario="lake")], {"p1"})
    assert drawn.current("lake.swim", "falls", "lake") == "lake"
    assert version.as_json()["counts"] == {"lake": 1}


def test_names_in_a_wave_do_not_depend_on_the_order_of_rows() -> None:
    ideas = [triplet(name) for name in ("aab edge", "aac edge", "xyz roof")]
    forward = ScenarioMap(Bank(()), by_letters, 0).name(ideas)
    assert forward == ["aab_edge", "aac_edge", "xyz_roof"]
    assert ScenarioMap(Bank(()), by_letters, 0).name(ideas[::-1]) == forward[::-1]


def test_ideas_of_one_meaning_are_one_place_after_the_wave() -> None:
    drawn = ScenarioMap(Bank(()), by_letters, 0)
    drawn.close_wave([idea("p1", "aab edge"), idea("p2", "aac edge"), idea("p3", "xyz roof")], ())
    one, two, other = (
        drawn.current(name, "falls", "falls") for name in ("aab edge", "aac edge", "xyz roof")
    )
    assert one == two == "aab_edge" != other == "xyz_roof"
    assert drawn.name([triplet("aab ledge"), triplet("mmm")]) == ["aab_edge", "mmm"]


def test_the_map_is_the_same_in_whatever_order_rows_came() -> None:
    rows = [accepted(f"p{s}{k}", s, k) for s in range(12) for k in range(5)]
    shuffled = rows[:]
    random.Random(1).shuffle(shuffled)
    one, two = (ScenarioMap(Bank(()), meaning, 0) for _ in range(2))
    assert one.close_wave(rows, {"p10"}) == two.close_wave(shuffled, {"p10"})
    assert one.hints("photo") == two.hints("photo")


def test_a_made_up_world_is_drawn_as_it_is() -> None:
    drawn = ScenarioMap(Bank(()), meaning, 0)
    drawn.close_wave([accepted(f"p{s}", s, k) for s in range(12) for k in range(6)], ())
    places = {
        s: {drawn.current(f"s{s} p{k}", f"c{s % 8}", "") for k in range(6)} for s in range(12)
    }
    assert all(len(names) == 1 for names in places.values())
    assert len({name for names in places.values() for name in names}) == 12


def test_what_a_later_wave_joins_is_merged_and_renamed() -> None:
    drawn = ScenarioMap(Bank(()), by_letters, 0)
    many = [idea(f"p{at}", "bccc") for at in range(9)]
    first = drawn.close_wave([idea("p", "aaab"), *many], ())
    assert {p.id: p.patterns for p in first.places} == {"bccc": 9, "aaab": 1}
    merged = drawn.close_wave([idea(f"q{at}", "abbc") for at in range(4)], ())
    assert [p.id for p in merged.places] == ["bccc"]
    assert merged.renames == {"aaab": "bccc"}
    assert drawn.current("aaab", "falls", "aaab") == "bccc"
    assert drawn.name([triplet("aaab")]) == ["bccc"]


def test_the_larger_part_of_a_split_keeps_the_id() -> None:
    from crosslight.build.waves.groups import keep_ids, renamed

    parts = {0: [("water", 2), ("", 1)], 1: [("water", 5)], 2: [("", 1)]}
    ids = keep_ids(parts, {0: "Ice!", 1: "Pool", 2: "Water"}, {"fire"})
    assert ids == {0: "ice", 1: "water", 2: "water_2"}
    assert renamed({7: "water", 8: "water"}, {7: "ice", 8: "water"}, {7: 2, 8: 5}) == {}
    taken = keep_ids({0: [("fire", 3)], 1: [("", 1)]}, {0: "Fire", 1: "Fire"}, {"fire"})
    assert set(taken.values()) == {"fire_2", "fire_3"}, "no group takes the name of the bank's"


def test_ideas_near_a_scenario_of_the_bank_join_it_and_far_ones_do_not() -> None:
    from crosslight.models.embedded.conse import LabelSpace

    drawn = ScenarioMap(made_bank(), LabelSpace().texts, 0)
    risk = "A child in the kitchen pulls the hot drink down and is hurt."
    near = Triplet("f" * 64, "hot drink", "a cup", "May I?", risk, "why", "fire_burns", "x")
    far = Triplet("f" * 64, "tax form", "a form", "May I?", "A late fine.", "why", "fraud", "x")
    assert drawn.name([near, far]) == ["kitchen", "tax_form"]
    rows = [
        AcceptedPattern("p", t.pattern, t.category, "x", t.element, t.text, t.risk)
        for t in (near, far)
    ]
    drawn.close_wave(rows, ())
    assert drawn.name([near, far]) == ["kitchen", "tax_form"]


def uneven(*counts: int) -> ScenarioMap:
    drawn = ScenarioMap(Bank(()), meaning, 0)
    rows = [accepted(f"p{s}-{at}", s, at % 3) for s, n in enumerate(counts) for at in range(n)]
    drawn.close_wave(rows, ())
    return drawn


def test_thin_and_full_are_by_the_fair_share_and_not_by_a_number() -> None:
    for scale in (1, 20):
        wish = uneven(*(scale * n for n in (24, 9, 8, 7, 2))).hints("photo")
        assert [hint.title.split()[0] for hint in wish.full] == ["s0"]
        assert [hint.title.split()[0] for hint in wish.thin] == ["s4"]
    assert not uneven(5, 5, 5).hints("photo").steered


def test_other_photos_are_asked_for_other_thin_scenarios_the_thinnest_most() -> None:
    drawn = uneven(*[400, 400] + [20] * 5 + [1] * 15)
    asked = [hint.id for at in range(200) for hint in drawn.hints(f"photo{at}").thin]
    counts = {name: asked.count(name) for name in drawn.titles}
    thinnest = [counts[n] for n, t in drawn.titles.items() if int(t.split()[0][1:]) >= 7]
    others = [counts[n] for n, t in drawn.titles.items() if 2 <= int(t.split()[0][1:]) < 7]
    assert len(asked) == 200 * 6
    assert min(thinnest) > 20, "every thin scenario is asked for"
    assert np.mean(thinnest) > np.mean(others) > 0


def test_inspiration_is_of_this_run_and_never_sensitive() -> None:
    drawn = ScenarioMap(Bank(()), by_letters, 0)
    dark = AcceptedPattern("p0", "zzz", "self_harm", "", "it", "May I?", "harm", sensitive=True)
    drawn.close_wave([dark, *(idea(f"p{at}", "aaa") for at in range(9)), idea("p", "mmm")], ())
    wish = drawn.hints("photo", already=("Said.",))
    assert {one.pattern for one in wish.inspiration} == {"aaa", "mmm"}
    assert wish.inspiration[0].pattern == "mmm", "what is thin comes first"
    assert wish.inspiration[0].scenario == "mmm"
    assert wish.already == ("Said.",)


def test_photos_that_gave_nothing_are_looked_at_again_for_what_is_thin() -> None:
    drawn = uneven(30, 1, 1, 1)
    photos = [f"n{at}" for at in range(10)]
    wishes = drawn.again(photos, 4)
    assert len(wishes) == 4
    assert all(wish.thin and wish.turn == 1 for wish in wishes)
    assert [w.photo for w in wishes] == [p for p in photos if p in {w.photo for w in wishes}]
    assert drawn.again(photos, 4) == wishes
    assert uneven(5, 5).again(photos, 4) == []


def test_novelty_is_read_off_first_unsteered_looks_alone() -> None:
    drawn = ScenarioMap(Bank(()), meaning, 0)
    free = [accepted(f"f{at}", at % 4, 0) for at in range(40)]
    steered = [accepted(f"s{at}", 4 + at, 0) for at in range(20)]
    moved = [accepted(f"f{at}", 30 + at, 0, drawn=False) for at in range(5)]
    found = drawn.close_wave([*free, *steered, *moved], {f"f{at}" for at in range(40)}).novelty
    assert (found.overall.draws, found.overall.singles, found.overall.mass) == (40, 0, 0.0)
    assert found.scenarios.species == 4
    assert str(found) == (
        "not seen yet: 0% (0% to 11%) of the patterns that further looks without hints would show, "
        "by 40 draws"
    )
    few = ScenarioMap(Bank(()), meaning, 0).novelty()
    assert str(few).endswith("too few: 0 of at least 20 draws without hints")
    assert found.by_category["c0"].mass is None
    assert found.by_category["c0"].note.startswith("too few: 10")


def test_a_goal_is_reached_by_the_upper_end_of_the_interval() -> None:
    drawn = ScenarioMap(Bank(()), meaning, 0)
    assert drawn.done(Goal(novelty=0.5)) == ""
    drawn.close_wave([accepted(f"f{at}", at % 4, 0) for at in range(40)], [])
    assert drawn.done(Goal(novelty=0.99)) == "", "nothing unsteered: unknown is not complete"
    drawn.close_wave(
        [accepted(f"g{at}", at % 4, 0) for at in range(40)], {f"g{at}" for at in range(40)}
    )
    assert drawn.versions[-1].novelty.overall.mass == 0
    assert drawn.done(Goal(novelty=0.05)) == ""
    assert drawn.done(Goal(novelty=0.2)).startswith("novelty reached")
    assert drawn.done(Goal(target=9), rows=9).startswith("target reached: 9 of 9")


def test_a_title_of_the_author_stays_and_is_asked_for_again_when_the_place_doubled() -> None:
    drawn = ScenarioMap(Bank(()), by_letters, 0)
    version = drawn.close_wave([idea(f"p{at}", "aaa") for at in range(3)] + [idea("p", "zzz")], ())
    assert list(version.unnamed) == ["aaa"]
    assert version.unnamed["aaa"][0].pattern == "aaa"
    drawn.retitle("aaa", "Edges and drops", "Places from which one falls.")
    assert drawn.titles["aaa"] == "Edges and drops"
    assert list(drawn.close_wave([idea("q", "aaa")], ()).unnamed) == []
    grown = drawn.close_wave([idea(f"r{at}", "aaa") for at in range(3)], ())
    assert list(grown.unnamed) == ["aaa"]
    assert drawn.titles["aaa"] == "Edges and drops"


def test_very_many_kinds_are_gathered_first() -> None:
    from crosslight.build.waves import cluster

    rng = np.random.default_rng(0)
    centres = rng.normal(size=(12, 32))
    points = (centres[np.arange(600) % 12] + 0.1 * rng.normal(size=(600, 32))).astype(np.float32)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    categories = [f"c{at % 12}" for at in range(600)]
    whole = cluster.cluster(points, categories)
    most, cluster.MOST = cluster.MOST, 100
    try:
        gathered = cluster.cluster(points, categories)
    finally:
        cluster.MOST = most
    assert len(set(whole)) == len(set(zip(whole, gathered, strict=True))) == 12
