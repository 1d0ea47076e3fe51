"""Pictures that a table only names: out of the store by their hash, else out of a named folder."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from crosslight.records import content_hash
from crosslight.store import ImageStore
from crosslight.view.rows.pictures import Pictures
from tests.view.rows.make import table


def picture(shade: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, shade, shade)).save(out, "PNG")
    return out.getvalue()


ONE, TWO = picture(10), picture(200)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "suite"
    (folder / "images").mkdir(parents=True)
    (folder / "images" / "1.png").write_bytes(ONE)
    (folder / "images" / "2.png").write_bytes(TWO)
    (tmp_path / "secret.png").write_bytes(ONE)
    return folder


def bench(folder: Path, images: list[list[str]], photos: list[list[str] | None]) -> Any:
    columns: dict[str, list[Any]] = {"id": ["a", "b"], "images": images, "photos": photos}
    return table(folder, columns, id="id")


def test_a_benchmarks_pictures_come_out_of_its_folder(tmp_path: Path, data: Path) -> None:
    of = bench(tmp_path, [["images/1.png", "images/2.png"], []], [[content_hash(ONE)], None])
    assert Pictures(of).whole(0) is None
    found = Pictures(of, None, data)
    assert (found.whole(0), found.whole(0, 1), found.whole(0, 2)) == (ONE, TWO, None)
    assert found.whole(1) is None


def test_another_picture_under_the_name_is_not_shown(tmp_path: Path, data: Path) -> None:
    of = bench(tmp_path, [["images/2.png"], ["../secret.png"]], [[content_hash(ONE)], None])
    found = Pictures(of, None, data)
    assert found.whole(0) is None and found.whole(1) is None
    store = ImageStore(tmp_path / "store", fsync=False)
    store.put(ONE)
    assert Pictures(of, store, data).whole(0) == ONE


def test_judged_photos_and_tables_of_others_are_found_by_their_names(
    tmp_path: Path, data: Path
) -> None:
    columns: dict[str, list[Any]] = {
        "photo": [content_hash(ONE), content_hash(TWO)],
        "source": ["images/1.png", "images/none.png"],
    }
    judged = Pictures(table(tmp_path, columns, photo="photo", source="source"), None, data)
    assert (judged.whole(0), judged.whole(1)) == (ONE, None)
    columns = {"image": [{"bytes": None, "path": "images/2.png"}, {"bytes": ONE, "path": None}]}
    others = Pictures(table(tmp_path, columns, image="image"), None, data)
    assert (others.whole(0), others.whole(1)) == (TWO, ONE)
