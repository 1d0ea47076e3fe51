"""The plan of waves: all photos once, a pilot, then doubling."""

import pytest

from crosslight.build.waves import plan_waves


def ids(n: int) -> list[str]:
    return [f"{at:05}" for at in range(n)]


def test_a_pilot_then_waves_that_double_over_every_photo_once() -> None:
    waves = list(plan_waves(ids(2000), seed=3))
    assert [len(wave.photos) for wave in waves] == [80, 160, 320, 640, 800]
    assert sorted(p for wave in waves for p in wave.photos) == ids(2000)
    assert [wave.index for wave in waves] == list(range(5))
    assert list(plan_waves(ids(2000), seed=3)) == waves
    assert list(plan_waves(ids(2000), seed=4)) != waves


def test_the_pilot_is_unsteered_and_a_share_of_the_rest() -> None:
    pilot, *later = plan_waves(ids(2000), seed=3)
    assert pilot.unsteered == set(pilot.photos)
    for wave in later:
        assert wave.unsteered < set(wave.photos)
        assert 0.1 < len(wave.unsteered) / len(wave.photos) < 0.3


def test_the_pilot_is_a_fair_sample_in_input_order() -> None:
    pilot = next(plan_waves(ids(2000), seed=3)).photos
    assert list(pilot) == sorted(pilot)
    assert 20 <= sum(photo < "01000" for photo in pilot) <= 60


@pytest.mark.parametrize(("photos", "sizes"), [(0, []), (1, [1]), (47, [47]), (48, [32, 16])])
def test_a_small_album_is_one_wave_and_no_wave_is_a_scrap(photos: int, sizes: list[int]) -> None:
    waves = list(plan_waves(ids(photos), seed=0))
    assert [len(wave.photos) for wave in waves] == sizes
    assert sorted(p for wave in waves for p in wave.photos) == ids(photos)
