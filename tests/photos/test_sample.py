"""A sample is the seed's and the names': the same on every machine, in whatever form they come."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslight.photos.sample import sampled
from crosslight.photos.sources import Found


def entries(names: list[str]) -> Iterator[Found]:
    for name in names:
        yield Found(name, lambda: b"")


def chosen(names: list[str], limit: int | None, seed: int = 0) -> list[str]:
    return [one.source for one in sampled(entries(names), limit, seed)]


NAMES = [f"{i:03}.jpg" for i in range(200)]


def test_without_a_limit_all_come() -> None:
    assert chosen(NAMES, None) == NAMES


@given(st.integers(1, 60), st.integers(0, 5))
def test_a_sample_stands_in_the_order_of_the_input(limit: int, seed: int) -> None:
    found = chosen(NAMES, limit, seed)
    assert len(found) == limit
    assert found == sorted(found)


@given(st.permutations(NAMES[:40]))
def test_what_is_chosen_does_not_depend_on_the_order(names: list[str]) -> None:
    assert set(chosen(list(names), 7)) == set(chosen(NAMES[:40], 7))


def test_a_larger_sample_holds_the_smaller_one_and_seeds_differ() -> None:
    assert set(chosen(NAMES, 5)) < set(chosen(NAMES, 20))
    assert chosen(NAMES, 20, 1) != chosen(NAMES, 20, 2)


@pytest.mark.parametrize("limit", [199, 200, 201, 10_000])
def test_a_limit_near_or_above_the_size(limit: int) -> None:
    assert len(chosen(NAMES, limit)) == min(limit, 200)


def test_entries_of_one_name_are_told_apart() -> None:
    assert len(chosen(["same.jpg"] * 5, 3)) == 3


def test_it_is_no_more_than_fair() -> None:
    seen = dict.fromkeys(NAMES, 0)
    for seed in range(400):
        for name in chosen(NAMES, 20, seed):
            seen[name] += 1
    assert min(seen.values()) > 10 and max(seen.values()) < 75  # 40 each, six deviations wide
