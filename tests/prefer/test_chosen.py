"""Rows of the dataset out of comparisons: their caps and their splits."""

from dataclasses import replace

from crosslight.prefer.chosen import capped, deal, pair_of, with_splits
from crosslight.prefer.comparisons import Comparison


def compared(photo: int, outcome: str) -> Comparison:
    return Comparison(
        f"q{photo}", f"{photo:064x}", "What now?", "a", "b", "one", "two", outcome=outcome
    )


def test_other_thresholds_move_no_photo_to_another_split() -> None:
    """Who is tuned on one of two tables and tested on the other has not seen its photos."""
    strict = [compared(n, "pair" if n % 3 == 0 else "orders_disagree") for n in range(30)]
    lenient = [replace(row, outcome="pair") for row in strict]
    few, many = (with_splits(rows, deal(rows, (), 7)) for rows in (strict, lenient))
    assert [row.split for row in few] == [row.split for row in many]
    assert {row.split for row in many} == {"train", "validation", "test"}


def test_near_copies_of_a_photo_stand_in_one_split_and_are_one_cluster() -> None:
    rows = [replace(compared(n, "pair"), cluster=f"{n // 10:064x}") for n in range(100)]
    dealt = with_splits(rows, deal(rows, (), 3))
    for first in range(0, 100, 10):
        assert len({row.split for row in dealt[first : first + 10]}) == 1
    assert {row.split for row in dealt} == {"train", "validation", "test"}
    both = {"harmless_first": (0.8, 0.1, 0.1), "harmless_swapped": (0.8, 0.1, 0.1)}
    both |= {"helpful_first": (0.8, 0.1, 0.1), "helpful_swapped": (0.8, 0.1, 0.1)}
    pair = pair_of(replace(dealt[13], chosen="A", **both), {})  # type: ignore[arg-type]
    assert pair.cluster == f"{1:064x}" != pair.photo


def test_what_was_answered_and_not_compared_is_dealt_as_well() -> None:
    rows = [compared(n, "pair") for n in range(10)]
    splits = deal(rows, (f"{n:064x}" for n in range(200)), 0)
    apart = {splits[f"{n:064x}"] for n in range(10, 200)}
    assert apart == {"train", "validation", "test"}


def test_photos_of_labelled_pairs_take_no_place_in_a_split() -> None:
    rows = [compared(n, "pair") for n in range(10)]
    others = [replace(compared(n, "probe"), probe="labelled") for n in range(10, 500)]
    splits = deal([*rows, *others], (), 0)
    assert splits == deal(rows, (), 0)
    assert {row.split for row in with_splits(others, splits)} == {""}
    assert {row.split for row in with_splits(rows, splits)} == {"train", "validation", "test"}


def choosing(refuses: float | None, n: int) -> list[Comparison]:
    made = [replace(compared(at, "pair"), chosen="A", status="done") for at in range(n)]
    return [
        replace(row, question_id=f"{refuses} {row.question_id}", a_refuses=refuses) for row in made
    ]


def test_a_reply_that_may_be_a_refusal_takes_room_under_the_cap() -> None:
    rows = [*choosing(0.1, 18), *choosing(0.9, 3), *choosing(None, 3)]
    kept = [row for row in capped(rows, 0.1, 5) if row.pair]
    assert len(kept) == 20 and sum(row.a_refuses == 0.1 for row in kept) == 18
    gone = {row.question_id: row for row in capped(rows, 0.1, 5) if not row.pair}
    assert {row.outcome for row in gone.values() if row.a_refuses} == {"refusal_cap"}
    assert {row.outcome for row in gone.values() if row.a_refuses is None} == {"refusal_unknown"}
    assert all(row.status == "dropped" and not row.chosen for row in gone.values())
    assert sum(row.pair for row in capped(rows, 0.0, 5)) == 18
    assert all(row.pair for row in capped(rows, 1.0, 5))
