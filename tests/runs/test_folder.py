"""run.json is whole or not there."""

import json
import os
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from crosslight.runs.folder import (
    FolderBusy,
    FolderUnwritable,
    NotARunFolder,
    begin,
    held_folder,
    library_versions,
    read_run,
)
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
    """Begin a run, which is then killed: nothing of it is put in order."""
    folder.mkdir(exist_ok=True)
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
        hold(tmp_path / "out", "build")


def test_a_killed_run_reads_as_stopped_and_may_be_taken_again(tmp_path: Path) -> None:
    start(tmp_path / "new", "build")
    assert read_run(tmp_path / "new")["status"] == "stopped"
    hold(tmp_path / "new", "build")


@pytest.mark.parametrize("text", ["", "[1]", "{", "\x00"])
def test_a_run_json_that_cannot_be_read_is_no_run(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    assert read_run(tmp_path) == {}


def test_two_holders_of_one_folder_in_one_process(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with held_folder(out, "build"):
        with pytest.raises(FolderBusy, match=f"process {os.getpid()} on "):
            hold(out, "build")
        begin(out, "build")
    hold(out, "build")


def test_a_refused_holder_leaves_the_lock_and_the_folder_of_the_other(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with held_folder(out, "build"):
        for _ in range(3):
            with pytest.raises(FolderBusy):
                hold(out, "build")
        assert sorted(path.name for path in out.iterdir()) == [".lock", ".owner.json"]


def test_many_that_come_at_once_are_never_two_at_a_time(tmp_path: Path) -> None:
    out, inside, most, wrong = tmp_path / "out", [0], [0], list[BaseException]()

    def come() -> None:
        for _ in range(20):
            try:
                with held_folder(out, "build"):
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                    inside[0] -= 1
            except FolderBusy:
                continue
            except BaseException as error:
                wrong.append(error)

    threads = [threading.Thread(target=come) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [] and most == [1]


def test_the_probe_of_another_lock_is_nobodys_file(tmp_path: Path) -> None:
    """filelock makes it for a moment, while another process looks at the folder."""
    (tmp_path / ".filelock-probe-3161bee1217d16d2").touch()
    hold(tmp_path, "build")


def test_a_folder_of_the_user_keeps_no_lock_of_a_refused_command(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    hold(tmp_path / "mine", "judge")
    assert list((tmp_path / "mine").iterdir()) == []


def test_a_run_that_wrote_nothing_leaves_no_folder(tmp_path: Path) -> None:
    hold(tmp_path / "a" / "b" / "out", "judge")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "mine").mkdir()
    hold(tmp_path / "mine", "judge")
    assert (tmp_path / "mine").is_dir(), "a folder that was there stays"


def test_a_run_that_only_began_leaves_an_empty_folder_as_it_was(tmp_path: Path) -> None:
    with held_folder(tmp_path, "build"):
        begin(tmp_path, "build")
    assert not list(tmp_path.iterdir())


def test_what_a_killed_run_left_is_cleared_when_the_folder_is_taken(tmp_path: Path) -> None:
    start(tmp_path / "out", "build")
    part = tmp_path / "out" / ".verdicts.parquet.0123456789abcdef.part"
    part.write_bytes(b"half")
    hold(tmp_path / "out", "build")
    assert not part.exists()


def test_an_owner_file_of_a_stranger_breaks_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with held_folder(out, "build"):
        for text in ("{", "[]", '{"pid": [1]}', "\x00"):
            (out / ".owner.json").write_text(text)
            with pytest.raises(FolderBusy):
                hold(out, "build")


@pytest.mark.skipif(not hasattr(os, "statvfs"), reason="no such call here")
def test_a_full_disk_is_said_before_anything_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = SimpleNamespace(total=10, used=10, free=10)
    monkeypatch.setattr("crosslight.runs.folder.shutil.disk_usage", lambda path: usage)
    with pytest.raises(FolderUnwritable, match="10 bytes left"):
        hold(tmp_path / "out", "build")
    assert not (tmp_path / "out").exists()
