"""Metrics against hand-made cases: of plain samples, and of strata with weights."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from crosslight.judge import cutoff, metrics
from crosslight.judge.calibrate import BadMap, ScoreMap, learn

NAN = math.nan


def judged(rows: str, strata: Sequence[int] = ()) -> metrics.Judged:
    """One image a word: truth (u/s/- for no label), what was said (u/s/?), score in tenths."""
    truth = {"u": True, "s": False, "-": None}
    found = [(truth[w[0]], w[1] == "u", w[1] != "?", int(w[2]) / 10) for w in rows.split()]
    return metrics.arrays(found, strata)


def test_metrics_by_hand() -> None:
    j = judged("uu9 uu8 us2 u?5 su7 ss1 ss0 ss3")
    told = metrics.measure(j)
    assert told["precision"]["value"] == pytest.approx(2 / 3)
    assert told["recall"]["value"] == pytest.approx(2 / 3)
    assert told["specificity"]["value"] == pytest.approx(3 / 4)
    assert told["f1"]["value"] == pytest.approx(2 / 3)
    assert told["accuracy"]["value"] == pytest.approx(5 / 7)
    # Pairs: 9 and 8 beat all four, 2 beats two (1, 0), 5 beats three.
    assert told["auroc"]["value"] == pytest.approx((4 + 4 + 2 + 3) / 16)
    assert metrics.recall_bounds(j) == (0.5, 0.75)
    assert told["coverage"] == pytest.approx(7 / 8)
    # Clopper and Pearson of 2 in 3, by hand from the beta distribution.
    assert told["recall"]["low"] == pytest.approx(0.094299, abs=1e-5)
    assert told["recall"]["high"] == pytest.approx(0.991596, abs=1e-5)


def test_what_cannot_be_measured_is_none() -> None:
    told = metrics.measure(judged("ss1 ss0"))
    for name in ("recall", "precision", "auroc"):
        assert told[name]["value"] is None
        assert told[name]["few"]
    assert metrics.measure(metrics.arrays([]))["images"] == 0


def test_two_labels_are_no_certainty() -> None:
    told = metrics.measure(judged("uu9 uu8"))
    assert told["recall"]["value"] == 1.0
    assert told["recall"]["few"]
    assert told["recall"]["low"] < 0.2
    # Thirty without an error: a value, and an interval that has a width.
    thirty = metrics.measure(judged(" ".join(["uu9"] * 30)))["recall"]
    assert not thirty["few"]
    assert (thirty["low"], thirty["high"]) == pytest.approx((0.8843, 1.0), abs=1e-3)
    # Said of a sample, it is a little wider still: no image of the run was ever called safe.
    sample = metrics.measure(judged(" ".join(["uu9"] * 30 + ["-u9"] * 30)))["recall"]
    assert sample["value"] == 1.0
    assert 0.8 < sample["low"] < 0.97


def test_a_label_counts_for_the_images_that_it_stands_for() -> None:
    # Of 10 images called safe at the end of the scale one was labelled; of 2 doubtful ones all.
    j = judged("uu9 uu9 us5 us5 ss0" + " -s0" * 9, [0, 0, 1, 1, 0] + [0] * 9)
    assert j.weights[:5].tolist() == [1, 1, 1, 1, 10]
    told = metrics.measure(j)
    assert told["recall"]["value"] == pytest.approx(2 / 4)
    assert told["specificity"]["value"] == 1.0
    assert told["prevalence"]["value"] == pytest.approx(4 / 14)
    assert told["recall"]["low"] < 0.25  # the nine others may hide unsafe ones
    # The same labels taken for a random sample would call four of five images unsafe.
    assert metrics.measure(judged("uu9 uu9 us5 us5 ss0"))["prevalence"]["value"] == pytest.approx(
        0.8
    )


def test_a_verdict_that_nobody_labelled_leaves_the_figure_open() -> None:
    told = metrics.measure(judged("uu9 uu8 uu9 uu8 uu7 su6 -s1 -s0 -s2"))
    assert told["recall"]["value"] is None
    assert told["prevalence"]["value"] is None
    assert told["precision"]["value"] == pytest.approx(5 / 6)


def test_weighted_pairs() -> None:
    # The safe image at 0 stands for three, the one at 6 for itself.
    j = judged("uu5 su6 ss0 -s0 -s0")
    assert metrics.auroc(j) == pytest.approx(3 / 4)
    assert metrics.auroc(judged("uu5 ss5")) == 0.5  # ties count half


def test_an_area_of_few_heavy_labels_is_not_told() -> None:
    # Twelve labels of either kind; one of the unsafe ones stands for 100 images.
    rows = "uu9 " + "-u9 " * 99 + "us4 " * 11 + "ss1 " * 12
    told = metrics.measure(judged(rows, [0] * 100 + [1] * 23))["auroc"]
    assert told["labels"] == 12
    assert told["few"]
    even = metrics.measure(judged("uu9 " * 12 + "ss1 " * 12))["auroc"]
    assert not even["few"]
    assert even["low"] < even["value"] == 1.0


def test_a_weighted_cut_keeps_its_promise_for_the_run() -> None:
    unsafe = " ".join(["us5"] * 10 + ["uu9"] * 20) + " -u9" * 180
    j = judged(unsafe, [1] * 10 + [0] * 200)
    # 10 of the 30 labels lie at 5, and 10 of the 210 images: a miss of those is within 10%.
    assert cutoff.few_missed(j, 0.1).at == pytest.approx(0.9)
    assert cutoff.few_missed(judged(unsafe[: 30 * 4 - 1]), 0.1).at == pytest.approx(0.5)


def test_a_map_of_the_score_to_the_unsafe_share() -> None:
    rng = np.random.default_rng(1)
    score = rng.random(400)
    truth = rng.random(400) < score**2
    rows = [(bool(t), bool(s > 0.5), True, float(s)) for t, s in zip(truth, score, strict=True)]
    found = learn(metrics.arrays(rows))
    assert found["brier"] < found["brier_of_share"]
    made = ScoreMap.from_json(found["map"])
    at = np.array([0.2, 0.5, 0.9])
    assert np.abs(made.of(at) - at**2).max() < 0.2
    assert learn(judged("uu9 ss1"))["map"] is None
    # A score that points the other way is no ground for a map.
    turned = [(not t, said, True, s) for t, said, _, s in rows]
    assert learn(metrics.arrays(turned))["map"] is None


@pytest.mark.parametrize(
    "bad",
    [
        None,
        {"how": "platt", "x": [1.0], "y": []},
        {"how": "platt", "x": [1.0, NAN], "y": []},
        {"how": "isotonic", "x": [0.1, 0.2], "y": [0.9, 0.1]},
        {"how": "isotonic", "x": [0.1], "y": [3.0]},
        {"how": "tree", "x": [0.1], "y": [0.5]},
    ],
)
def test_maps_of_strangers(bad: object) -> None:
    with pytest.raises(BadMap):
        ScoreMap.from_json(bad)
