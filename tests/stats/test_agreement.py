"""Agreement against published worked examples."""

import random

import pytest

from crosslight.stats import rater_agreement

FLEISS = """0 0 0 0 14;0 2 6 4 2;0 0 3 5 6;0 3 9 2 0;2 2 8 1 1;7 7 0 0 0;3 2 6 3 0;2 5 3 2 2;
6 5 2 1 0;0 2 2 3 7"""
"""Fleiss (1971), the example of ten subjects and fourteen raters: kappa 0.210."""


def test_fleiss_kappa_of_his_own_example() -> None:
    labels = []
    for item, line in enumerate(FLEISS.replace("\n", "").split(";")):
        rater = 0
        for label, count in enumerate(line.split()):
            for _ in range(int(count)):
                labels.append((f"r{rater}", f"i{item}", f"c{label}"))
                rater += 1
    found = rater_agreement(labels)
    assert found.fleiss == pytest.approx(0.210, abs=5e-4)
    assert (found.items, found.complete, found.raters) == (10, 10, 14)


def test_cohens_kappa_of_the_textbook_example() -> None:
    # 50 proposals: both yes 20, only A 5, only B 10, both no 15: kappa 0.4.
    cells = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    labels = [(r, str(i), pair[at]) for i, pair in enumerate(cells) for at, r in enumerate("AB")]
    found = rater_agreement(labels)
    assert found.cohen == pytest.approx(0.4)
    assert found.raw == pytest.approx(0.7)


def test_krippendorffs_alpha_of_his_example_with_missing_labels() -> None:
    # Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", D: nominal alpha 0.743.
    columns = {
        "A": "1 2 3 3 2 1 4 1 2 . . .",
        "B": "1 2 3 3 2 2 4 1 2 5 . 3",
        "C": ". 3 3 3 2 3 4 2 2 5 1 .",
        "D": "1 2 3 3 2 4 4 1 2 5 1 .",
    }
    labels = [
        (rater, str(item), "" if label == "." else label)
        for rater, line in columns.items()
        for item, label in enumerate(line.split())
    ]
    assert rater_agreement(labels).alpha == pytest.approx(0.743, abs=5e-4)


def test_nobody_to_disagree_with_has_no_coefficient() -> None:
    assert rater_agreement([]).alpha is None
    assert rater_agreement([("a", "1", "x")]).alpha is None


def test_one_label_only_says_nothing_beyond_chance() -> None:
    found = rater_agreement([("a", "1", "safe"), ("b", "1", "safe")])
    assert found.raw == 1.0
    assert (found.alpha, found.fleiss, found.cohen) == (None, None, None)


def test_many_raters_are_no_long_wait() -> None:
    labels = [(str(r), str(i), "xy"[r * i % 2]) for r in range(400) for i in range(5)]
    found = rater_agreement(labels)
    assert found.alpha is not None and found.fleiss is not None
    assert found.cohen is None  # of 100 raters at most each pair is looked at


def test_two_who_say_one_and_the_same_throughout_are_no_pair_for_kappa() -> None:
    said = {"a": "xyxy", "b": "xxxx", "c": "xxxx", "d": "yxyx"}
    found = rater_agreement(
        [(r, str(i), x) for r, line in said.items() for i, x in enumerate(line)]
    )
    assert found.cohen == pytest.approx((0 + 0 - 1 + 0 + 0) / 5)


@pytest.mark.slow
def test_the_same_as_nltk() -> None:
    agreement = pytest.importorskip("nltk.metrics.agreement")
    drawn = random.Random(7)
    for _ in range(60):
        raters, items, classes = drawn.randint(2, 5), drawn.randint(6, 12), drawn.randint(2, 4)
        labels = [
            (str(r), str(i), str(drawn.randrange(classes)))
            for r in range(raters)
            for i in range(items)
        ]
        found = rater_agreement(labels)
        theirs = agreement.AnnotationTask(data=labels)
        assert found.alpha == pytest.approx(theirs.alpha())
        assert found.fleiss == pytest.approx(theirs.pi())
        if all(len({x for r, _, x in labels if r == str(one)}) > 1 for one in range(raters)):
            assert found.cohen == pytest.approx(theirs.kappa())
