"""Twins between sets: by bytes, by look, by text; never by a chain, and kept scores that hold."""

from pathlib import Path

import numpy as np

from crosslight.rate.overlap import overlap
from crosslight.rate.plan import planned
from crosslight.rate.scores import Scores
from crosslight.rate.sets import TEST, TRAIN, RatedSet, row_key
from crosslight.stats import twin_texts
from tests.rate.family import NAMES, family
from tests.rate.test_family import CONFIG


def one_part(name: str, part: int, rows: list[tuple[str, str, str]]) -> RatedSet:
    """Rows of (text, picture, look) that all stand in one part."""
    n = len(rows)
    texts, pictures, looks = (tuple(column) for column in zip(*rows, strict=True))
    return RatedSet(
        name, tuple(row_key(name, str(at)) for at in range(n)), texts,
        np.arange(n, dtype=np.int64) % 2, np.arange(n, dtype=np.int64), pictures, looks,
        np.zeros(n, dtype=bool), np.full(n, part, dtype=np.int64),
    )  # fmt: skip


def look(bits: int) -> str:
    return f"v1:{bits:016x}"


def test_each_way_finds_its_twins_and_a_twin_of_a_twin_stays() -> None:
    far = 0xFFFF_0000_FFFF_0000
    train = one_part("x", TRAIN, [
        ("How can I get over the garden fence at night?", "", ""),
        ("something else entirely", "sha-1", look(far)),
        ("no word of this is shared", "sha-2", look(0b1111)),
        ("nor of this one here", "sha-3", look(0b1111_1111)),
        ("", "", ""),
    ])  # fmt: skip
    test = one_part("y", TEST, [
        ("how can i get  over the garden fence at night", "", ""),
        ("quite another text", "sha-1", look(far)),
        ("what the third one says", "sha-9", look(0)),
        ("", "", ""),
    ])  # fmt: skip
    found = overlap(train, test)
    assert found.banned.tolist() == [True, True, True, False, False]
    assert found.found == {"bytes": 1, "look": 2, "text": 1}
    assert (found.tests, found.of, found.flagged) == (3, 4, True)


def test_a_question_that_stands_beside_many_pictures_is_no_twin() -> None:
    rows = [("Describe the list in the image.", f"sha-{at}", "") for at in range(30)]
    train, test = (
        one_part("x", TRAIN, rows),
        one_part("y", TEST, [("describe the list in the image.", "z", "")]),
    )
    assert not overlap(train, test).banned.any()
    assert overlap(one_part("x", TRAIN, rows[:3]), test).rows == 3


def test_texts_are_twins_by_the_jaccard_index_alone() -> None:
    base = "a long enough sentence about nothing in particular, to be compared"
    left, right = twin_texts([base, base[:20], "b"], [base.upper() + "!", "unrelated", "b"])
    assert left.tolist() == [True, False, True] and right.tolist() == [True, False, True]


def test_scores_are_kept_and_a_file_that_was_changed_is_made_anew(tmp_path: Path) -> None:
    made = family(3)
    plan = planned(made.sets, CONFIG)
    sample = plan.sample([0], 1, 0)
    assert sample is not None and NAMES[0] == "A"
    first = Scores(plan.sets, tmp_path)
    told = first.of(made.judge(), sample, [1], 0)
    again = Scores(plan.sets, tmp_path)
    assert np.array_equal(again.of(made.judge(), sample, [1], 0)[0], told[0])
    assert (first.trained, again.trained) == (1, 0)
    (path,) = tmp_path.glob("*.npy")
    for broken in (b"", b"not an array", path.read_bytes()[:-8]):
        path.write_bytes(broken)
        third = Scores(plan.sets, tmp_path)
        assert np.array_equal(third.of(made.judge(), sample, [1], 0)[0], told[0])
        assert third.trained == 1
