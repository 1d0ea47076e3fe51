"""One reader of JSONL: as people write it, bounded, and with a bad line told and not believed."""

import os
from pathlib import Path

import pytest

from crosslight.store import UnreadableFile, json_lines
from crosslight.text import NotText


def read(path: Path, data: bytes, **bounds: int) -> list[tuple[int, object, bool]]:
    path.write_bytes(data)
    return [(one.number, one.value, bool(one.cause)) for one in json_lines(path, **bounds)]


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": 1}\n\n"\xe2\x80\xa8"',
        b'\xef\xbb\xbf{"a": 1}\r\n\r\n"\xe2\x80\xa8"\r\n',
        '{"a": 1}\n\n"\u2028"\n'.encode("utf-16"),
    ],
)
def test_lines_are_read_in_the_encodings_of_all_systems(data: bytes, tmp_path: Path) -> None:
    found = read(tmp_path / "a.jsonl", data)
    assert found == [(1, {"a": 1}, False), (3, "\u2028", False)]


def test_a_bad_line_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    lines = [b'{"a": 1', b'{"a": 1, "a": 2}', b'{"a": "\xff"}', b"[" * 5_000, b"7"]
    found = read(tmp_path / "a.jsonl", b"\n".join(lines))
    assert [bad for _, _, bad in found] == [True, True, True, True, False]
    assert [number for number, _, _ in found] == [1, 2, 3, 4, 5] and found[4][1] == 7


def test_what_is_too_large_or_no_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    assert len(read(path, b'{"a": 1}', most_bytes=8, longest=8)) == 1
    with pytest.raises(UnreadableFile, match="larger than 7 bytes"):
        list(json_lines(path, most_bytes=7))
    with pytest.raises(NotText, match="more than 7 characters"):
        list(json_lines(path, longest=7))
    with pytest.raises(UnreadableFile, match="cannot be read"):
        list(json_lines(tmp_path / "gone.jsonl"))
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(UnreadableFile):
        list(json_lines(tmp_path / "pipe.jsonl"))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link.jsonl").symlink_to(path)
    with pytest.raises(UnreadableFile, match="leads out of its folder"):
        list(json_lines(tmp_path / "in" / "link.jsonl"))
