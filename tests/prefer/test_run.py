"""Whole runs of prefer over a build: real processes, signals, a busy folder, the same bytes."""

import json
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from crosslight import prefer_pairs
from crosslight.prefer import read_pairs
from crosslight.records import BadSetting
from crosslight.runs import RunError
from tests.prefer.builds import bank_rows, photo, write_build
from tests.runs.verbs import Ended, ran

FILES = ("dropped.parquet", "failed.parquet", "README.md", "report.html")


def command(source: Path, out: Path, *more: str) -> list[str]:
    words = ("prefer", str(source), "-o", str(out), "--store", str(out.parent / "store"), "-q")
    return [sys.executable, "-m", "crosslight", *words, *more]


def run(args: list[str], code: int = 0) -> Ended:
    done = ran(args)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def left(out: Path) -> dict[str, bytes]:
    """Everything that a run leaves except its clock and counters."""
    found = {name: (out / name).read_bytes() for name in FILES}
    return found | {p.name: p.read_bytes() for p in sorted((out / "dataset").iterdir())}


def summary(out: Path) -> dict[str, Any]:
    return dict(json.loads((out / "run.json").read_text()))


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_build(tmp_path_factory.mktemp("source") / "demo", bank_rows(40, share=1))


@pytest.fixture(scope="module")
def calm(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing disturbed."""
    out = tmp_path_factory.mktemp("calm") / "pairs"
    said = run(command(source, out)).stdout
    assert "stand in a mirror" in said and "need the picture" in said
    return out


def test_a_run_is_read_again_as_it_was_written(calm: Path, source: Path) -> None:
    found, told = read_pairs(calm), summary(calm)
    assert told["kind"] == "prefer" and told["status"] == "complete"
    assert told["pairs"] == told["rows"] == len(found.rows) > 30
    account = told["account"]
    assert account["inputs"] == account["finished"] + account["dropped"]
    first = found.rows[0]
    assert (first.chosen_by, first.basis, first.form) == ("bank", "written", "given")
    assert first.chosen_words == len(first.chosen.split()) and first.chosen_safe is None
    pictures = dict(found.pictures({row.photo for row in found.rows}))
    assert set(pictures) == {row.photo for row in found.rows}
    table = pq.read_table(next((calm / "dataset").glob("train-*")))
    one = table.to_pylist()[0]
    assert one["image"]["bytes"] == pictures[one["photo"]] and one["lever"] is None
    assert one["leaf_blind"] is None and one["harmless_first"] is None
    assert one["image"]["path"].endswith(".png")


def test_the_same_command_leaves_the_same_bytes(calm: Path, source: Path, tmp_path: Path) -> None:
    before = left(calm)
    run(command(source, calm))
    assert left(calm) == before
    other = tmp_path / "other" / calm.name  # the page names the folder
    run(command(source, other))
    assert left(other) == before


def test_the_folder_of_another_run_is_left_alone(source: Path) -> None:
    said = run(command(source, source), code=2).stderr
    assert "holds no prefer run" in said


def test_what_is_no_build_names_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    said = run(command(tmp_path / "photos", tmp_path / "out"), code=2).stderr
    assert "no --responder is named" in said and "crosslight build" in said
    assert not (tmp_path / "out").exists()
    with pytest.raises(BadSetting, match="agreement"):
        from crosslight.prefer import PreferConfig

        prefer_pairs(tmp_path, tmp_path / "out", config=PreferConfig(agreement="loose"))


def test_an_earlier_build_is_to_be_built_again(tmp_path: Path) -> None:
    source = write_build(tmp_path / "old", bank_rows(90))
    shard = next((source / "dataset").glob("*.parquet"))
    table = pq.read_table(shard)
    pq.write_table(table.drop(["other_response", "other_kind"]), shard)
    said = run(command(source, tmp_path / "out"), code=2).stderr
    assert "has no other_response" in said and "build it again" in said
    shard.write_bytes(b"PAR1 nothing of the kind PAR1")
    assert "is not a table" in run(command(source, tmp_path / "out"), code=2).stderr


def test_a_photo_that_is_not_there_breaks_the_run_with_its_name(tmp_path: Path) -> None:
    rows = bank_rows(90)
    for one in rows:
        if one["photo"] == photo("risky 0"):
            one["image"] = {"bytes": b"", "path": "x.png"}
    source = write_build(tmp_path / "torn", rows)
    said = run(command(source, tmp_path / "out"), code=2).stderr
    assert "has no picture" in said and photo("risky 0")[:16] in said


def test_nothing_to_pair_is_told_and_still_a_page(tmp_path: Path) -> None:
    rows = [dict(r, other_response="", other_kind="") for r in bank_rows(60)]
    source = write_build(tmp_path / "plain", [r for r in rows if r["kind"] == "unsafe"])
    out = tmp_path / "out"
    said = run(command(source, out, "--unmirrored", "0"), code=1)
    assert "dropped.parquet says why" in said.stderr
    assert "The run made no pair" in (out / "report.html").read_text()
    assert "0 pairs" in (out / "README.md").read_text()


def test_a_build_that_was_stopped_is_named_on_the_card(tmp_path: Path) -> None:
    source = write_build(tmp_path / "half", bank_rows(60, share=1), status="stopped")
    run(command(source, tmp_path / "out"))
    assert "these pairs are of is stopped" in (tmp_path / "out" / "README.md").read_text()


def test_pairs_without_a_table_are_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"kind": "prefer"}')
    with pytest.raises(RunError, match="holds no pairs"):
        read_pairs(tmp_path)
