"""Rows of the dataset out of comparisons: their splits."""

from dataclasses import replace

from crosslight.prefer.chosen import with_splits
from crosslight.prefer.comparisons import Comparison


def compared(photo: int, outcome: str) -> Comparison:
    return Comparison(
        f"q{photo}", f"{photo:064x}", "What now?", "a", "b", "one", "two", outcome=outcome
    )


def test_other_thresholds_move_no_photo_to_another_split() -> None:
    """Who is tuned on one of two tables and tested on the other has not seen its photos."""
    strict = [compared(n, "pair" if n % 3 == 0 else "orders_disagree") for n in range(30)]
    lenient = [replace(row, outcome="pair") for row in strict]
    few, many = with_splits(strict, 7), with_splits(lenient, 7)
    assert [row.split for row in few] == [row.split for row in many]
    assert {row.split for row in many} == {"train", "validation", "test"}
