"""run.json is whole or not there."""

import json
from pathlib import Path

import pytest

from crosslight.runs.folder import NotARunFolder, begin, held_folder, library_versions, read_run
from crosslight.store.atomic import write_json


def test_it_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    write_json(path, {"text": "grüß dich \u202e"})
    assert json.loads(path.read_text(encoding="utf-8")) == {"text": "grüß dich \u202e"}
    assert [p.name for p in tmp_path.iterdir()] == ["run.json"]


def test_a_value_that_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    write_json(path, {"rows": 1})
    with pytest.raises(TypeError):
        write_json(path, {"rows": object()})
    assert json.loads(path.read_text(encoding="utf-8")) == {"rows": 1}


def test_versions_name_what_is_installed() -> None:
    found = library_versions(("numpy", "no-such-package"))
    assert set(found) == {"crosslight", "python", "numpy"}


def hold(folder: Path, kind: str) -> None:
    """Take a folder and let it go."""
    with held_folder(folder, kind):
        pass


def start(folder: Path, kind: str) -> None:
    """Begin a run, which then dies."""
    with held_folder(folder, kind):
        begin(folder, kind)


def test_a_folder_with_other_things_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(NotARunFolder, match="not empty"):
        hold(tmp_path, "build")
    with pytest.raises(NotARunFolder, match="is a file"):
        hold(tmp_path / "thesis.tex", "build")


def test_a_run_of_another_kind_is_not_taken(tmp_path: Path) -> None:
    start(tmp_path / "out", "judge")
    with pytest.raises(NotARunFolder, match="no build run"):
        start(tmp_path / "out", "build")


def test_a_killed_run_reads_as_stopped_and_may_be_taken_again(tmp_path: Path) -> None:
    start(tmp_path / "new", "build")
    assert read_run(tmp_path / "new")["status"] == "stopped"
    start(tmp_path / "new", "build")


@pytest.mark.parametrize("text", ["", "[1]", "{", "\x00"])
def test_a_run_json_that_cannot_be_read_is_no_run(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    assert read_run(tmp_path) == {}
