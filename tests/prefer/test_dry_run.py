"""A dry run of prefer: its bounds hold for the run that follows, it tells what the store holds, and
it asks and writes nothing."""

import asyncio
from pathlib import Path

import pytest

from crosslight.flow import Budget, Estimate
from crosslight.models import NotSupported
from crosslight.models.fake import FakeServer
from crosslight.prefer import PreferJob
from crosslight.prefer.dry_run import estimate_prefer
from crosslight.records import BadSetting
from crosslight.runs import NotARunFolder
from tests.prefer.asked_world import world
from tests.prefer.builds import bank_rows, write_build
from tests.prefer.test_asked import PHOTOS, ask, made


def dry(job: PreferJob) -> Estimate:
    return asyncio.run(estimate_prefer(job))


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_run_asks_what_the_dry_run_said_and_the_store_is_counted(tmp_path: Path) -> None:
    with world() as server:
        job = made(tmp_path, server)
        first = dry(job)
        assert server.stats()["requests"] == 0 and not job.out.exists() and not job.images.exists()
        assert "the store holds no answer yet" in first.notes
        stopped = made(tmp_path, server, budget=Budget(calls=130))
        ask(stopped, "stopped")
        asked, before = server.stats()["requests"], files(tmp_path)
        half = dry(job)
        assert server.stats()["requests"] == asked and files(tmp_path) == before
        assert half.lines == first.lines
        assert f"in the store, of {PHOTOS} rows looked up there: 130 calls (" in half.notes[-1]
        assert "not in it and asked first: " in half.notes[-1]
        assert "comparisons were not looked up" in half.notes[-1]
        told = ask(job)
        whole, answers = dry(job), server.stats()["answers"]
    assert f"looked up there: {answers:,} calls (" in whole.notes[-1]
    assert whole.notes[-1].endswith("that is all of it: nothing would be asked")
    assert first.rows == PHOTOS and first.least <= answers <= first.most
    steps = {line.step: line for line in first.lines}
    compared = told["annotator"]["compared"]
    assert 2 * compared <= steps["compare: notes"].most == 2 * 9 * PHOTOS
    assert steps["probes: verdicts"].most == 4 * 5 * 2 and steps["probes: notes"].least == 0
    assert steps["compare: notes"].model.startswith("openai:annotator@")


def test_four_tiny_pictures_are_counted_of_every_model(tmp_path: Path) -> None:
    with world() as server:
        lines = dry(made(tmp_path, server, canary=True)).lines
        seen = [line for line in lines if line.step == "canary"]
        assert not [line for line in dry(made(tmp_path, server)).lines if line.step == "canary"]
    assert [line.least for line in seen] == [line.most for line in seen] == [4] * 6


def test_a_build_has_its_pairs_to_try_the_annotator_on_in_the_count(tmp_path: Path) -> None:
    folder = write_build(tmp_path / "build", bank_rows(step=12))
    with world() as server:
        found = dry(made(tmp_path, server, source=folder))
    steps = {line.step: line for line in found.lines}
    assert "rows are read as questions, from column text" in found.notes
    assert "questions" not in steps and "choose_leaves" not in steps
    assert steps["labelled: notes"].least == steps["labelled: notes"].most == 2 * 8
    assert steps["answers"].most == found.rows


def test_without_models_the_pairs_are_counted_and_nothing_is_written(tmp_path: Path) -> None:
    folder = write_build(tmp_path / "build", bank_rows(step=12))
    job = PreferJob(folder, tmp_path / "out", tmp_path / "a.sqlite", tmp_path / "images")
    before = files(tmp_path)
    found = dry(job)
    told = ask(job)
    assert files(tmp_path).keys() > before.keys() and found.most == 0
    assert found.rows == told["inputs"] and f"give {told['rows']:,} pairs, " in found.notes[0]
    assert f"{len(bank_rows(step=12)):,} rows of the build read" in found.notes[0]


def test_a_dry_run_refuses_what_the_run_would_refuse(tmp_path: Path) -> None:
    with FakeServer("echo") as server:
        with pytest.raises(NotSupported):
            dry(made(tmp_path, server, guard=f"openai:blind@{server.url}?lacks=images"))
        with pytest.raises(BadSetting, match="no --responder"):
            dry(made(tmp_path, server, responders=()))
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "thesis.txt").write_text("mine")
        with pytest.raises(NotARunFolder):
            dry(made(tmp_path, server))
