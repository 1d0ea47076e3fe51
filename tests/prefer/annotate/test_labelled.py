"""Pairs that people wrote as a measure of the annotator."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from crosslight.models.fake import FakeServer
from crosslight.prefer import PairRow, PreferConfig, PreferJob, run_prefer, write_pairs
from crosslight.prefer.annotate.ask import AskAnnotator
from crosslight.prefer.annotate.labelled import labelled_set
from crosslight.prefer.bank_pairs import pairs_of
from crosslight.prefer.built import read_built
from crosslight.prefer.comparisons import Thresholds, comparison_of, decided
from crosslight.prefer.figures.annotator import labelled_errors
from crosslight.records import BadSetting
from crosslight.store import ImageStore
from tests.prefer.asked_world import NOTES
from tests.prefer.builds import bank_rows, drawn, photo, write_build
from tests.prefer.scripted import PLAIN, QUICK, script, through


def job(folder: Path, source: Path, **more: Any) -> PreferJob:
    return PreferJob(
        *(source, folder / "out", folder / "answers.sqlite", folder / "images"),
        config=PreferConfig(),
        policy=QUICK,
        **more,
    )


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_build(tmp_path_factory.mktemp("build"), bank_rows(40))


def asked(folder: Path, made: PreferJob, *rules: dict[str, Any]) -> dict[str, Any]:
    """What the card says of an annotator with these rules, on twenty pairs."""
    found = labelled_set(made)
    assert found is not None
    contests = found.contests(5, ImageStore(folder / "images", fsync=False), seed=0)
    assert len(contests) == 20 and contests == found.contests(
        5, ImageStore(folder / "images", fsync=False), seed=0
    )
    with FakeServer(script(*rules, {"task": "compare", "json": NOTES})) as server:
        results = through(folder, server, [AskAnnotator(PLAIN)], contests, "annotator")
    rows = [decided(comparison_of(one.done[0]), Thresholds()) for one in results]
    assert {row.outcome for row in rows} == {"probe"} and not any(row.chosen for row in rows)
    return labelled_errors(rows)


def test_an_annotator_that_knows_the_bank_is_right_and_one_that_likes_a_place_is_silent(
    tmp_path: Path, build: Path
) -> None:
    made = job(tmp_path, build)
    known = labelled_set(made)
    assert known is not None and not any(row.sensitive for row in known.rows)
    # Beside the risky sentence of a mirror by text the worse reply may be fair advice.
    assert {row.weight for row in known.rows} == {1.0}
    assert 0.5 in {row.weight for row in pairs_of(read_built(build), made.config).rows}
    place = [{"task": f"compare_{axis}", "choice": {"A": 0.99}} for axis in ("harmless", "helpful")]
    silent = asked(tmp_path, made, *place)
    assert (silent["n"], silent["undecided"]["hits"]) == (20, 20)
    contests = known.contests(5, ImageStore(tmp_path / "images", fsync=False), seed=0)
    better = [
        {**rule, "text": rf"{_start(one.question.text)}.*<<<REPLY A-\w+\n{_start(one.a.text)}"}
        for one in contests
        for rule in place
    ]
    worse = [{**rule, "choice": {"B": 0.99}} for rule in place]
    right = asked(tmp_path / "right", job(tmp_path / "right", build), *better, *worse)
    # The reply that is better beside one photo is worse beside another one, and the words are the
    # same: without the picture nobody is right on both.
    assert right["right"]["hits"] >= 8 and right["n"] == 20
    assert right["wrong"]["hits"] == 0


def _start(text: str) -> str:
    return re.escape(text[:40])


def test_a_run_of_prefer_without_models_is_such_a_set_and_photos_are_none(
    tmp_path: Path, build: Path
) -> None:
    pairs = asyncio.run(run_prefer(job(tmp_path, build)))
    assert pairs.status == "complete" and pairs.summary["rows"] > 20
    (tmp_path / "photos").mkdir()
    photos = job(tmp_path / "x", tmp_path / "photos")
    assert labelled_set(photos) is None
    found = labelled_set(job(tmp_path / "x", tmp_path / "photos", labelled=tmp_path / "out"))
    same = labelled_set(job(tmp_path, build))
    assert found is not None and same is not None
    assert {row.id for row in found.rows} == {row.id for row in same.rows}
    assert (
        asked(
            tmp_path / "y",
            job(tmp_path / "y", build, labelled=tmp_path / "out"),
            {"task": "compare_harmless", "choice": {"tie": 0.99}},
            {"task": "compare_helpful", "choice": {"tie": 0.99}},
        )["undecided"]["hits"]
        == 20
    )


def test_pairs_of_which_nobody_knows_the_better_reply_are_refused(tmp_path: Path) -> None:
    bytes_ = drawn("a photo")
    row = PairRow(
        *(photo("a photo"), "What is it?", "A thing.", "No idea.", "fake:a", "fake:b"),
        *("model", "model", "harmless", "helpful"),
    )
    write_pairs(tmp_path / "models", [row], lambda _: iter([(row.photo, bytes_, "a.png")]))
    (tmp_path / "models" / "run.json").write_text('{"kind": "prefer", "status": "complete"}')
    with pytest.raises(BadSetting, match="better reply is known"):
        labelled_set(job(tmp_path, tmp_path, labelled=tmp_path / "models"))
