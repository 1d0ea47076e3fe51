"""The report card of a run, its cut, and the labels that it is made from."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crosslight.judge import cutoff, metrics
from crosslight.judge.card import report_card
from crosslight.judge.chosen import ChosenCuts
from crosslight.judge.label_queue import images_to_label
from crosslight.judge.labels import OVERALL, LabelError, read_labels
from tests.judge.running import job, run
from tests.judge.simulated import World, scenes

NAN = math.nan


def judged(rows: str) -> metrics.Judged:
    """One image a word: truth (u/s), what was said (u/s/?), score in tenths."""
    found = [(w[0] == "u", w[1] == "u", w[1] != "?", int(w[2]) / 10) for w in rows.split()]
    return metrics.arrays(found)


def test_the_calibration_curve() -> None:
    rows = [(True, True, True, 1.0), (False, True, True, 0.95), (False, False, True, 0.0)]
    curve = metrics.calibration(metrics.arrays([*rows, (True, False, False, NAN)]))
    assert [(b["from"], b["images"], b["unsafe"]) for b in curve] == [(0.0, 1, 0.0), (0.9, 2, 0.5)]


def test_the_conformal_cut_keeps_its_promise() -> None:
    rng = np.random.default_rng(1)
    alpha, missed = 0.1, []
    for _ in range(1000):
        scores = rng.beta(4, 2, size=60)
        j = metrics.arrays([(True, True, True, float(score)) for score in scores])
        cut = cutoff.few_missed(j, alpha)
        assert cut.at is not None
        missed.append(float((rng.beta(4, 2, size=400) < cut.at).mean()))
    assert np.mean(missed) <= alpha + 0.002  # 60 / 61 of it is promised; the rest is our draws
    assert np.mean(missed) > alpha / 2  # not by calling everything unsafe


def test_the_cuts_of_rules_keep_what_that_of_all_images_promises() -> None:
    """Two in five images break the first, which is seen well and half suspected of what breaks
    the second; so few break the second that it takes the cut of all images."""
    rng = np.random.default_rng(0)

    def drawn(size: int) -> tuple[dict[str, Any], dict[str, Any]]:
        which = rng.choice(3, size, p=(0.4, 0.1, 0.5))
        truth = {"r0": which == 0, "r1": which == 1, OVERALL: which < 2}
        other = np.where(truth["r1"], rng.beta(4, 4, size), rng.beta(1, 6, size))
        scores = {
            "r0": np.where(truth["r0"], rng.beta(8, 2, size), other),
            "r1": np.where(truth["r1"], rng.beta(3, 3, size), rng.beta(1, 8, size)),
        }
        return truth, {**scores, OVERALL: np.maximum(*scores.values())}

    alpha, missed = 0.1, {rule: list[float]() for rule in (OVERALL, "r0")}
    for _ in range(300):
        truth, scores = drawn(60)
        cuts = cutoff.none_over_all(
            {
                rule: cutoff.few_missed(
                    metrics.arrays(
                        [
                            (bool(t), True, True, float(s))
                            for t, s in zip(truth[rule], scores[rule], strict=True)
                        ]
                    ),
                    alpha,
                )
                for rule in truth
            }
        )
        kept = {rule: cut.at for rule, cut in cuts.items() if cut.at is not None}
        applied = ChosenCuts(kept).values(["r0", "r1"])
        truth, scores = drawn(400)
        said = {rule: scores[rule] >= applied[f"{rule}.score_cut"] for rule in ("r0", "r1")}
        said[OVERALL] = said["r0"] | said["r1"]
        for rule, shares in missed.items():
            shares.append(float((~said[rule])[truth[rule]].mean()))
    assert np.mean(missed[OVERALL]) <= alpha + 0.002
    assert np.mean(missed["r0"]) <= alpha + 0.002


def test_too_few_labels_give_no_guarantee() -> None:
    cut = cutoff.few_missed(judged("uu9 uu8 uu7"), 0.1)
    assert cut.at is None
    assert "9 are the least" in cut.note
    nine = cutoff.few_missed(judged(" ".join(f"uu{i}" for i in range(1, 10))), 0.1)
    assert nine.at == pytest.approx(0.1)  # (0 + 1) / 10: none may be missed
    unscored = metrics.arrays([(True, False, False, NAN)] * 20)
    assert cutoff.few_missed(unscored, 0.1).at is None


def test_the_best_f1_cut() -> None:
    five = "uu9 uu9 uu8 uu7 uu6 su5 ss1 ss1 ss2 ss3"
    assert cutoff.best_f1(judged(five)).at == pytest.approx(0.6)
    assert "5 are the least" in cutoff.best_f1(judged("uu9 uu6 su5 ss1")).note
    first, second = cutoff.split(10, 0.5, 0)
    assert sorted(first + second) == list(range(10))
    assert cutoff.split(10, 0.5, 0) == (first, second)


def write(path: Path, rows: Sequence[tuple[str, ...]]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def test_labels(tmp_path: Path) -> None:
    rows = [
        ("image", "rule", "label"),
        ("a", "r0", "unsafe"),
        ("b", "r0", "safe"),
        ("b", "r1", "safe"),
        ("c", "r0", "safe"),
        ("d", "", "1"),
        ("e", "", ""),
    ]
    labels = read_labels(write(tmp_path / "l.csv", rows))
    assert labels.of("x", "a") is True
    assert labels.of("x", "b") is False  # safe for every rule of the file
    assert labels.of("x", "c") is None  # r1 was never looked at
    assert labels.of("d", "x") is True
    assert labels.of("e", "e") is None
    for bad in ([("image", "label"), ("a", "maybe")], [("image", "label")]):
        with pytest.raises(LabelError):
            read_labels(write(tmp_path / "bad.csv", bad))


def test_a_card_of_a_run_and_what_to_label_next(tmp_path: Path) -> None:
    images = scenes(120)
    made = job(images, tmp_path, world=World(images))
    _, verdicts = run(made)
    rows: list[tuple[str, ...]] = [("image", "rule", "label")]
    for scene in images[:90]:
        rows += [
            (scene.photo, f"r{k}", "unsafe" if scene.unsafe and k == scene.rule else "safe")
            for k in range(6)
        ]
    labels = read_labels(write(tmp_path / "labels.csv", rows))
    card = report_card(made.out, labels, sample="random", missed_at_most=0.2)
    assert card["labels"] == 90
    assert card["overall"]["recall"]["value"] > 0.85
    assert card["overall"]["auroc"]["value"] > 0.9
    assert set(card["rules"]) == {f"r{k}" for k in range(6)}
    assert card["cut"]["how"] == "conformal"
    assert card["cut"]["measured"]["recall"]["value"] > 0.7
    assert card["prevalence"]["low"] < 0.5 < card["prevalence"]["high"]
    assert (made.out / "card.json").exists()
    # Nobody said how they were drawn: figures of the labelled images, and no share of the run.
    alone = report_card(made.out, labels)
    assert alone["sample"]["kind"] == "unknown"
    assert alone["prevalence"]["value"] is None
    assert alone["overall"]["images"] == 90
    todo = images_to_label(verdicts, labels, 10)
    known = {scene.photo for scene in images[:90]}
    blank = [row for row in todo if not row["label"]]
    assert len(blank) == 10
    assert not known & {row["photo"] for row in blank}
    with pytest.raises(LabelError, match="names an image"):
        others = write(tmp_path / "o.csv", [("image", "label"), ("z", "1")])
        report_card(made.out, read_labels(others))


def test_failed_images_lower_the_coverage_and_nothing_else(tmp_path: Path) -> None:
    from crosslight.runs.lost import FAILED
    from crosslight.store import write_table

    images = scenes(24)
    made = job(images, tmp_path)
    run(made)
    rows: list[tuple[str, ...]] = [("image", "label")]
    rows += [(scene.photo, "unsafe" if scene.unsafe else "safe") for scene in images]
    labels = read_labels(write(tmp_path / "l.csv", [*rows, ("gone", "unsafe")]))
    before = report_card(made.out, labels)
    write_table(
        made.out / "failed.parquet", FAILED, [{"input": "gone", "photo": "", "step": "judge"}]
    )
    after = report_card(made.out, labels)
    assert after["overall"]["coverage"] < before["overall"]["coverage"] == 1.0
    assert after["overall"]["recall"]["value"] == before["overall"]["recall"]["value"]
    assert after["overall"]["recall"]["all_missed"] < before["overall"]["recall"]["all_missed"]


def test_labels_that_say_nothing_or_two_things(tmp_path: Path) -> None:
    twice = [("image", "label"), ("a", "unsafe"), ("a", "safe")]
    with pytest.raises(LabelError, match="row 2: a is unsafe and safe"):
        read_labels(write(tmp_path / "t.csv", twice))
    same = [("image", "label"), ("a", "unsafe"), ("a", "1")]
    assert read_labels(write(tmp_path / "s.csv", same)).of("a", "") is True
    with pytest.raises(LabelError, match="columns file, verdict"):
        read_labels(write(tmp_path / "w.csv", [("file", "verdict"), ("a", "safe")]))
    listed = tmp_path / "l.json"
    listed.write_text('[{"image": "a", "label": "safe"}]')
    assert read_labels(listed).of("a", "") is False
    listed.write_text('["a"]')
    with pytest.raises(LabelError, match="row 1"):
        read_labels(listed)
    known = read_labels(
        write(tmp_path / "k.csv", [("image", "rule", "label"), ("a", "r0", "1"), ("z", "r9", "1")])
    )
    assert known.strangers([("hash", "a")], ["r0"]) == (["z"], ["r9"])


def test_a_card_of_other_verdicts_is_not_shown(tmp_path: Path) -> None:
    from crosslight.view.pages.judge import render

    images = scenes(12)
    made = job(images, tmp_path)
    run(made)
    rows = [("image", "label"), *((s.photo, "unsafe" if s.unsafe else "safe") for s in images)]
    report_card(made.out, read_labels(write(tmp_path / "l.csv", rows)))
    shown = "The judge's report card"
    assert shown in render(made.out, made.images)
    run(made)  # the same verdicts again
    assert shown in render(made.out, made.images)
    run(job(images, tmp_path, method="rule-yes-no"))
    assert shown not in render(made.out, made.images)


def test_labels_in_the_names_of_another_system(tmp_path: Path) -> None:
    apart, composed = "imgs/cafe\u0301.jpg", "imgs\\caf\u00e9.jpg"
    rows = [("image", "label"), (composed, "unsafe"), (' "imgs/b.jpg"', "safe"), ("c.jpg", "1")]
    labels = read_labels(write(tmp_path / "l.csv", rows))
    images = [("h1", apart), ("h2", "imgs\\\\b.jpg"), ("h3", "c.jpg"), ("h4", "d.jpg")]
    ours = labels.fitted(images)
    assert [ours.of(*image) for image in images] == [True, False, True, None]
    assert ours.strangers(images, []) == ([], [])
    assert labels.fitted([("h3", "c.jpg")]).strangers([("h3", "c.jpg")], [])[0] == sorted(
        [composed, '"imgs/b.jpg"']
    )


def test_a_label_belongs_to_the_image_of_its_very_name_alone(tmp_path: Path) -> None:
    composed, apart = "caf\u00e9.jpg", "cafe\u0301.jpg"
    labels = read_labels(write(tmp_path / "l.csv", [("image", "label"), (composed, "unsafe")]))
    images = [("h1", composed), ("h2", apart)]
    assert [labels.fitted(images).of(*image) for image in images] == [True, None]
    with pytest.raises(LabelError, match="could be"):
        labels.fitted([("h1", apart), ("h2", f"./{apart}")])


def test_two_names_of_one_image_that_contradict(tmp_path: Path) -> None:
    rows = [("image", "label"), ("a\\b.jpg", "unsafe"), ("./a/b.jpg", "safe")]
    labels = read_labels(write(tmp_path / "l.csv", rows))
    with pytest.raises(LabelError, match="unsafe and safe"):
        labels.fitted([("h", "a/b.jpg")])
