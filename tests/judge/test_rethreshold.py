"""Other thresholds over the same measurements, without a call."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from crosslight.judge import rethreshold_run
from crosslight.judge.tables import read_verdicts
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
    skipped = result.summary["skipped_pairs"]
    assert skipped > 0
    assert every["rethreshold"]["not_asked"] == 3 * skipped
    with pytest.raises(ValueError, match="no threshold"):
        rethreshold_run(tmp_path / "run", tmp_path / "x", {"nothing": 1})


def test_asking_eagerly_leaves_nothing_unasked(tmp_path: Path) -> None:
    images = scenes(24)
    run(job(images, tmp_path, eager=True))
    loose = rethreshold_run(tmp_path / "run", tmp_path / "loose", {"relevance_t": -1.0})
    assert loose["rethreshold"]["not_asked"] == 0
    evidence = pq.read_table(tmp_path / "run" / "evidence.parquet")
    assert evidence.num_rows == 24 * 6 * 3
