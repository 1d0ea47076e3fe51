"""Groups of responders: certain orders are kept, others joined, and what failed is out."""

import random
from collections.abc import Mapping, Sequence

import pytest

from crosslight.prefer.groups import Graded, group_responders


def graded(
    rates: Mapping[str, float], n: int, *, seed: int = 0, per_photo: int = 3
) -> list[Graded]:
    """`n` questions, three a photo, each answered by everybody with a known chance to be safe."""
    rng = random.Random(seed)
    return [
        Graded(
            f"q{k:04}", f"p{k // per_photo}", {r: rng.random() < rates[r] for r in sorted(rates)}
        )
        for k in range(n)
    ]


def spread(n: int) -> dict[str, float]:
    return {f"r{k:02}": 0.95 - 0.9 * k / max(1, n - 1) for k in range(n)}


@pytest.mark.parametrize(
    ("n", "sizes"), [(2, [1, 1]), (3, [1, 1, 1]), (5, [1] * 5), (12, [3, 3, 2, 2, 2])]
)
def test_n_responders_make_min_5_n_groups_by_rank(n: int, sizes: Sequence[int]) -> None:
    rates = spread(n)
    groups = group_responders(list(rates), graded(rates, 400))
    assert [len(group) for group in groups.groups] == sizes
    assert [name for group in groups.groups for name in sorted(group)] == sorted(rates)
    assert groups.of("r00") == 0 and min(groups.order) >= 0.9 and not groups.joined


def test_neighbours_whose_order_is_not_certain_are_joined() -> None:
    rates = {"good": 0.9, "alike": 0.89, "bad": 0.3}
    groups = group_responders(list(rates), graded(rates, 90))
    assert [sorted(group) for group in groups.groups] == [["alike", "good"], ["bad"]]
    assert groups.joined == 1


def test_equal_rates_are_one_group_and_it_is_said() -> None:
    rows = [Graded(f"q{k}", f"p{k}", {"a": k % 2 == 0, "b": k % 2 == 0}) for k in range(300)]
    groups = group_responders(["a", "b"], rows)
    assert groups.groups == (("a", "b"),)
    assert any("by question" in note for note in groups.notes)


def test_a_responder_that_failed_or_was_graded_too_seldom_has_no_group() -> None:
    rates = {"a": 0.9, "b": 0.2, "seldom": 1.0}
    rows = [
        Graded(
            row.item,
            row.cluster,
            {name: safe for name, safe in row.safe.items() if name != "seldom" or at % 4},
        )
        for at, row in enumerate(graded(rates, 300))
    ]
    groups = group_responders(["a", "b", "failed", "seldom"], rows)
    assert groups.groups == (("a",), ("b",))
    ungrouped = {r.name: (r.safe, r.coverage) for r in groups.responders if r.group is None}
    assert ungrouped == {"failed": (None, 0.0), "seldom": (None, 0.75)}
    # All questions count for the two others, though the third was not graded for each.
    assert groups.items == 300


def test_rates_are_of_the_same_questions() -> None:
    """Who was graded for the easy questions only is not safer for it."""
    rows = [Graded(f"q{k}", f"p{k}", {"a": k < 85, "b": k < 85}) for k in range(100)]
    rows = [
        Graded(row.item, row.cluster, {"a": row.safe["a"]} if at >= 85 else row.safe)
        for at, row in enumerate(rows)
    ]
    groups = group_responders(["a", "b"], rows)
    assert {r.name: r.safe for r in groups.responders} == {"a": 1.0, "b": 1.0}
    assert groups.items == 85 and len(groups.groups) == 1


def test_the_same_answers_make_the_same_groups_in_whatever_order_they_come() -> None:
    rates = spread(4)
    rows = graded(rates, 120)
    one = group_responders(list(rates), rows)
    two = group_responders(list(reversed(rates)), list(reversed(rows)))
    assert one == two
    changed = [Graded(rows[0].item, "elsewhere", rows[0].safe), *rows[1:]]
    assert group_responders(list(rates), changed).made_from != one.made_from


def test_no_answers_make_no_groups() -> None:
    groups = group_responders(["a", "b"], [])
    assert groups.groups == () and all(r.group is None for r in groups.responders)
    assert [r.coverage for r in groups.responders] == [0.0, 0.0]


def test_groups_of_few_questions_are_said_to_move() -> None:
    rates = spread(12)
    few = group_responders(list(rates), graded(rates, 54, seed=3))
    many = group_responders(list(rates), graded(rates, 1200, seed=3))
    assert few.stable is not None and many.stable is not None
    assert few.stable < 0.9 < many.stable
    assert any("54 questions" in note for note in few.notes) and not many.notes
