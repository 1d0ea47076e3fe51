"""Waves in a made-up world: more is found with fewer calls (`benchmarks/waves.py` shows all)."""

from tests.build.waves.world import World, ask_in_waves, ask_the_same


def test_waves_find_the_scenarios_with_half_the_calls() -> None:
    world = World(zipf=1.3, obeys=0.7)
    same, waves = ask_the_same(world, 1), ask_in_waves(world, 1, 1000)
    assert (same.calls, waves.calls) == (2000, 1000)
    assert waves.scenarios >= 38
    assert waves.reached[38] <= min(same.reached.get(38, 2000), 2000) / 2
    assert waves.largest < 0.7 * same.largest, "what is full is asked for less"
    assert ask_in_waves(world, 1, 1000) == waves


def test_an_author_who_obeys_no_hint_is_not_led_astray() -> None:
    world = World(scenes=400, zipf=1.0, obeys=0.0)
    same, waves = ask_the_same(world, 2), ask_in_waves(world, 2, 400)
    assert waves.scenarios >= same.scenarios - 3
