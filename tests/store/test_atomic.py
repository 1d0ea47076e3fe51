"""Pages are whole or not there."""

import os
import re
from pathlib import Path

import pytest

from crosslight.store.atomic import (
    clear_parts,
    open_part,
    open_resumed,
    replacing,
    resumed_part,
    sync_folder,
    write_text,
)


def test_a_page_takes_the_place_of_the_former_one(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    for text in ("first", "zweite \u202e"):
        assert write_text(path, text) == path
    assert path.read_text(encoding="utf-8") == "zweite \u202e"
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_a_lone_surrogate_does_not_end_the_page(tmp_path: Path) -> None:
    assert write_text(tmp_path / "p", "a\udcffb").read_bytes() == b"a?b"


def test_a_folder_can_be_synced(tmp_path: Path) -> None:
    sync_folder(tmp_path)
    assert tmp_path.is_dir()


def test_a_half_written_file_never_takes_the_name(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a", "whole")

    def dies() -> None:
        with replacing(path) as file:
            file.write(b"half")
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        dies()
    assert path.read_text() == "whole"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_two_writers_do_not_share_a_part(tmp_path: Path) -> None:
    (one, first), (two, second) = (open_part(tmp_path / "a") for _ in range(2))
    one.close(), two.close()
    assert first != second and first.exists() and second.exists()


def test_a_link_under_the_name_is_replaced_and_not_followed(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("precious")
    (tmp_path / "report.html").symlink_to(mine)
    write_text(tmp_path / "report.html", "page")
    assert mine.read_text() == "precious"
    assert not (tmp_path / "report.html").is_symlink()


def test_a_part_that_is_not_ours_is_not_gone_on_with(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("precious")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(mine)
    os.link(mine, tmp_path / "hard")
    for name in ("link", "hard", "pipe", "folder"):
        for append in (True, False):
            with pytest.raises(OSError):
                open_resumed(tmp_path / name, append=append)
    assert mine.read_text() == "precious"
    part = resumed_part(tmp_path / "a", "abcd")
    for append, whole in ((False, b"1"), (True, b"11"), (False, b"1")):
        with open_resumed(part, append=append) as file:
            file.write(b"1")
        assert part.read_bytes() == whole
    assert resumed_part(tmp_path / "a", "abcd") == part
    assert resumed_part(tmp_path / "a", "ef01") != part


def test_no_temporary_name_can_be_guessed() -> None:
    """A fixed name in a folder of others is a place to lay a link under."""
    here = Path(__file__).parents[2]
    fixed = re.compile(r"""/tmp/|gettempdir|mktemp\(|\.(tmp|part)["'{}]""")
    found = [
        f"{path.relative_to(here)}: {line.strip()}"
        for folder in ("src", "benchmarks", "docs")
        for path in (here / folder).rglob("*.py")
        if path.name != "atomic.py"
        for line in path.read_text(encoding="utf-8").splitlines()
        if fixed.search(line)
    ]
    assert not found


def test_only_parts_are_cleared(tmp_path: Path) -> None:
    names = [".a.0123456789abcdef.part", ".hidden", "a.part", ".b.short.part", "a"]
    for name in names:
        (tmp_path / name).write_text("x")
    (tmp_path / ".d.fedcba9876543210.part").mkdir()
    clear_parts(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(names[1:])
