"""Pages are whole or not there."""

from pathlib import Path

from crosslight.store.atomic import sync_folder, write_text


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
