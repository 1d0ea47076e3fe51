"""Other thresholds over the same measurements, without a call."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from crosslight.judge import rethreshold_run
from crosslight.judge.config import Parts, Thresholds
from crosslight.judge.reading import NO, UNKNOWN
from crosslight.judge.rethreshold import Form, unasked
from crosslight.judge.tables import read_verdicts
from crosslight.records.verdict import Evidence, Finding, Measured, Reading, RuleFinding
from tests.judge.running import job, run
from tests.judge.simulated import scenes


def test_other_thresholds_make_no_call(tmp_path: Path) -> None:
    images = scenes(48)
    result, before = run(job(images, tmp_path))
    same = rethreshold_run(tmp_path / "run", tmp_path / "same", {})
    assert same["rethreshold"]["flipped"] == 0
    again = read_verdicts(tmp_path / "same")
    assert [(v.status, v.rules) for v in again] == [(v.status, v.rules) for v in before]
    strict = rethreshold_run(tmp_path / "run", tmp_path / "strict", {"alpha2": 0.2, "alpha1": -3.0})
    # Rejected before, so nobody asked further: now unknown, and said so.
    assert strict["rethreshold"]["not_asked"] > 0
    assert strict["verdicts"]["undecided"] > 0
    assert result.summary["calls"]["asked"] > 0
    # A rule that the scan had skipped has no evidence at all: all of its questions are missing.
    every = rethreshold_run(tmp_path / "run", tmp_path / "every", {"relevance_t": -1.0})
    points = result.summary["relevance_points"]  # five of six rules have a cosine of 0.1
    assert (points["0.67"], points["0.9"]) == (0.1, 0.3)
    skipped = result.summary["skipped_pairs"]
    assert skipped > 0
    assert every["rethreshold"]["not_asked"] == 3 * skipped
    with pytest.raises(ValueError, match="no threshold"):
        rethreshold_run(tmp_path / "run", tmp_path / "x", {"nothing": 1})


def test_a_run_of_the_method_that_was_called_clue_is_read_as_it_was(tmp_path: Path) -> None:
    """Before judge-2 there were no parts of ours, no columns for them, and one name."""
    run(job(scenes(24), tmp_path, method="paper"))
    folder = tmp_path / "run"
    told = json.loads((folder / "run.json").read_text())
    names = ("preconditions", "debias1", "debias2", "relevance", "cascade", "tokens", "detector")
    told["plan"]["parts"] = {n: told["plan"]["parts"][n] for n in (*names, "perceived")}
    for rule in told["plan"]["rules"]:
        (rule["shape"],) = rule["shape"]
    old = ("relevance_t", "alpha1", "alpha2", "beta", "box_confidence", "small_area", "cut", "z")
    told["settings"] |= {"method": "clue", "version": "judge-1"}
    told["settings"]["thresholds"] = {n: told["settings"]["thresholds"][n] for n in old}
    (folder / "run.json").write_text(json.dumps(told))
    table = pq.read_table(folder / "evidence.parquet")
    new = {*("joint", "joint_outside", "unprinted", "unprinted_outside", "boxes", "absent")}
    new |= {"single", "lettered", "addressed"}
    assert new < set(table.column_names)
    pq.write_table(table.drop_columns(sorted(new)), folder / "evidence.parquet")
    same = rethreshold_run(folder, tmp_path / "same", {})
    assert (same["rethreshold"]["flipped"], same["rethreshold"]["not_asked"]) == (0, 0)
    assert same["settings"]["method"] == "clue"
    before = [(v.status, v.violated) for v in read_verdicts(folder)]
    assert [(v.status, v.violated) for v in read_verdicts(tmp_path / "same")] == before


def test_asking_eagerly_leaves_nothing_unasked(tmp_path: Path) -> None:
    images = scenes(24)
    run(job(images, tmp_path, eager=True))
    loose = rethreshold_run(tmp_path / "run", tmp_path / "loose", {"relevance_t": -1.0})
    assert loose["rethreshold"]["not_asked"] == 0
    evidence = pq.read_table(tmp_path / "run" / "evidence.parquet")
    assert evidence.num_rows == 24 * 6 * 3


def test_what_is_not_asked_is_counted_at_each_look_that_it_leaves_open() -> None:
    def seen(look: str, item: int, answer: str) -> Evidence:
        return Evidence(item, 0, "?", Measured(), Reading(answer, "score"), look)

    def open_(*evidence: Evidence) -> RuleFinding:
        return RuleFinding("r", Finding.UNDECIDED, "", 0.0, None, evidence)

    looks, shape = ("frame 1 of 2", "frame 2 of 2"), Form(((1, 1),))
    assert (
        unasked(open_(), shape, Thresholds(), Parts(), looks) == 4
    )  # skipped by relevance: nothing was asked at either
    known = [seen(looks[0], 0, NO), seen(looks[1], 0, UNKNOWN), seen(looks[1], 1, UNKNOWN)]
    assert (
        unasked(open_(*known), shape, Thresholds(), Parts(), looks) == 0
    )  # the first is clear, whatever comes second
