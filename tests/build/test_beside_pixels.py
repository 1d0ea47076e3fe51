"""What a photo's file says of place and owner reaches the dataset only where that is asked for."""

import io
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from PIL import Image

from crosslight.build.album import Album
from crosslight.build.config import BuildConfig
from crosslight.build.row_log import place_of
from crosslight.build.summary import Tally, write_build
from crosslight.records import Photo, content_hash
from tests.build.scenes import picture
from tests.build.test_summary import Left, leaving, row_on


def owned() -> bytes:
    told = Image.Exif()
    told[0x0112], told[0x013B], told[0x8825] = 6, "Jane Q. Owner", {1: "N", 2: (1.0, 2.0, 3.0)}
    out = io.BytesIO()
    Image.open(io.BytesIO(picture(7))).save(out, "JPEG", exif=told)
    return out.getvalue()


def left_with(tmp_path: Path, files: list[tuple[str, bytes]]) -> Left:
    left = leaving(tmp_path, 1)
    album = Album(left.log, BuildConfig())
    for at, (format_, data) in enumerate(files, 1):
        photo = Photo(left.images.put(data), f"{at}.bin", 99, 99, format_, "v:0")
        album.add(at, photo)
        for n in range(2):
            left.log.add_row(place_of(0, 1, at, n), row_on(photo.id, f"Here, {at} {n}?"))
    return left


def written(tmp_path: Path, left: Left, **more: Any) -> tuple[list[dict[str, Any]], Tally]:
    config = BuildConfig(**more)
    tally = write_build(tmp_path / "out", left.log, left.scenarios, left.images, config, {})
    return pq.read_table(tmp_path / "out" / "dataset").to_pylist(), tally


def test_place_and_owner_are_left_out_and_counted_once_a_photo(tmp_path: Path) -> None:
    data = owned()
    rows, tally = written(tmp_path, left_with(tmp_path, [("JPEG", data)]))
    mine = [row for row in rows if row["photo"] == content_hash(data)]
    assert len(mine) == 2, "the original's hash stays on the row"
    for row in mine:
        bytes_ = row["image"]["bytes"]
        assert b"Jane Q." not in bytes_
        with Image.open(io.BytesIO(bytes_)) as new, Image.open(io.BytesIO(data)) as old:
            assert dict(new.getexif()) == {0x0112: 6}
            assert new.tobytes() == old.tobytes()
    told = tally.beside.as_json()
    assert told == {
        "kept": False, "photos": 1, "left_out": {"owner": 1, "position": 1}, "not_left_out": 0
    }  # fmt: skip


def test_they_stay_where_that_is_asked_for(tmp_path: Path) -> None:
    data = owned()
    rows, tally = written(tmp_path, left_with(tmp_path, [("JPEG", data)]), keep_exif=True)
    assert data in [row["image"]["bytes"] for row in rows]
    assert tally.beside.as_json()["kept"] is True


@pytest.mark.parametrize("data", [b"\xff\xd8\xff\xe1\xff\xffnot whole", b"II*\0 a TIFF", b""])
def test_a_file_that_cannot_be_cut_costs_itself_a_note(tmp_path: Path, data: bytes) -> None:
    rows, tally = written(tmp_path, left_with(tmp_path, [("TIFF", data), ("JPEG", owned())]))
    mine = [row for row in rows if row["photo"] == content_hash(data)]
    assert all("kept" in json.dumps(row["notes"]) for row in mine)
    assert len(rows) == 5 and tally.beside.whole == 1 and tally.beside.photos == 1
