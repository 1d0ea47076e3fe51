"""The column with the pictures: by its name first, by its content second, never by a guess."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crosslight.photos.sources import Found, InputError, Refused, SourceError, open_source
from crosslight.photos.sources.records import MOST_PEEKED
from tests.build.hostile import encoded, photo

ONE, TWO, SMALL = (encoded(photo(n)) for n in (1, 2, 3))
PACKED = b64encode(ONE).decode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.jpg").write_bytes(ONE)
    (tmp_path / "b.jpg").write_bytes(TWO)
    return tmp_path


def parquet(folder: Path, **columns: list[Any]) -> list[Found]:
    pq.write_table(pa.table(columns), folder / "t.parquet")
    return list(open_source(folder / "t.parquet"))


def jsonl(folder: Path, *rows: Any) -> list[Found]:
    (folder / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return list(open_source(folder / "t.jsonl"))


NO_PICTURE = [b"\x00\x01" * 40, b"\x02\x03" * 40]
PATHS = ["a.jpg", "b.jpg"]


@pytest.mark.parametrize(
    ("columns", "taken"),
    [
        ({"image": PATHS, "preview": [SMALL, SMALL]}, "image"),
        ({"clip_embedding": NO_PICTURE, "image_path": PATHS}, "image_path"),
        ({"t5_embeds": NO_PICTURE, "vae": NO_PICTURE, "scan": [ONE, TWO]}, "scan"),
        ({"Image Path": PATHS, "thumb": [SMALL, SMALL]}, "Image Path"),
        ({"image": [7, 8], "file_name": PATHS}, "file_name"),
        ({"image": ["a cat", "a dog"], "image_path": PATHS}, "image_path"),
        ({"image": [ONE, TWO], "image_path": ["x/a.jpg", "x/b.jpg"]}, "image"),
        ({"url": ["https://x.org/page"] * 2, "path": PATHS}, "path"),
        ({"source_url": ["https://x.org/File:Cat.jpg"] * 2, "file": PATHS}, "file"),
        ({"where": PATHS, "text": ["what is it?"] * 2}, "where"),
        ({"photo": [None, PACKED], "thumb": [None, SMALL]}, "photo"),
    ],
)
def test_the_name_first_the_content_second(
    folder: Path, columns: dict[str, list[Any]], taken: str
) -> None:
    found = parquet(folder, **columns)
    assert {one.column for one in found} == {taken}


@pytest.mark.parametrize(
    "columns",
    [
        {"image": PATHS, "photo": PATHS},
        {"safe": [ONE, TWO], "unsafe": [TWO, ONE]},
        {"left": PATHS, "right": PATHS},
        {"image": ["000001", "000002"], "data": [ONE, TWO]},
        {"path": PATHS, "content": [ONE, TWO]},
    ],
)
def test_two_that_could_be_it_are_asked_about(folder: Path, columns: dict[str, list[Any]]) -> None:
    with pytest.raises(InputError, match="columns could hold the image") as caught:
        parquet(folder, **columns)
    assert "--column" in caught.value.hint
    assert all(repr(name) in caught.value.message for name in columns)


def test_rows_without_a_picture_come_first(folder: Path) -> None:
    text = {"id": "t", "conversations": [{"from": "human", "value": "Name three rivers."}]}
    found = jsonl(folder, *[text] * 100, {**text, "image": "a.jpg"}, {"image": "b.jpg"})
    assert [one.read() for one in found[100:]] == [ONE, TWO]
    for one in found[:100]:
        with pytest.raises(Refused) as caught:
            one.read()
        assert caught.value.reason == "no_image"


def test_where_no_row_names_one_the_looking_ends(folder: Path) -> None:
    with pytest.raises(InputError, match="No column holds an image"):
        jsonl(folder, *[{"id": 1}] * (MOST_PEEKED + 5), {"image": "a.jpg"})


def test_csv_and_parquet_with_pictures_further_down(folder: Path) -> None:
    lines = ["id,where"] + ["1,"] * 50 + ["2,b.jpg"]
    (folder / "t.csv").write_text("\n".join(lines))
    assert list(open_source(folder / "t.csv"))[-1].read() == TWO
    found = parquet(folder, n=[1] * 60, blob=[None] * 59 + [ONE])
    assert (found[-1].column, found[-1].read()) == ("blob", ONE)


def test_nested_cells(folder: Path) -> None:
    rows = [
        {"pics": [{"bytes": None, "path": "a.jpg"}, {"bytes": None, "path": "b.jpg"}]},
        {"pics": []},
        {"pics": [{"bytes": PACKED, "path": "x.png"}]},
    ]
    first, second, none, packed = jsonl(folder, *rows)
    assert (first.read(), second.read(), packed.read()) == (ONE, TWO, ONE)
    assert (first.source, second.source) == ("t.jsonl#1[0]:a.jpg", "t.jsonl#1[1]:b.jpg")
    with pytest.raises(Refused):
        none.read()
    kind = pa.list_(pa.struct([("bytes", pa.binary()), ("path", pa.string())]))
    cells = pa.array([[{"bytes": ONE, "path": "1"}, {"bytes": TWO, "path": "2"}]], kind)
    pq.write_table(pa.table({"pages": cells}), folder / "t.parquet")
    assert [one.read() for one in open_source(folder / "t.parquet")] == [ONE, TWO]


def evalkit(folder: Path, *rows: tuple[str, str, str]) -> list[Found]:
    lines = ["index\timage\tquestion", *("\t".join(row) for row in rows)]
    (folder / "MMSet.tsv").write_text("\n".join(lines))
    return list(open_source(folder / "MMSet.tsv"))


def test_a_tsv_of_vlmevalkit(folder: Path) -> None:
    other = b64encode(TWO).decode()
    found = evalkit(
        folder,
        ("1", PACKED, "What is it?"),
        ("1000001", "1", "And now?"),
        ("3", "2", "A row that comes later."),
        ("2", other, '"two\nlines"'),
        ("5", "9", "There is no such row."),
        ("6", "3", "A row that holds none itself."),
    )
    assert [one.read() for one in found[:4]] == [ONE, ONE, TWO, TWO]
    assert [one.source for one in found[:2]] == ["MMSet.tsv#1", "MMSet.tsv#2:1"]
    for one in found[4:]:
        with pytest.raises(SourceError, match="holds none"):
            one.read()


def test_a_picture_longer_than_the_field_of_csv(folder: Path) -> None:
    large = ONE + bytes(4 << 20)
    [found] = evalkit(folder, ("1", b64encode(large).decode(), "x"))
    assert found.read() == large
