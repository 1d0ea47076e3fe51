"""Lists and tables: paths, URLs, bytes; what they may not reach."""

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crosslight.photos.sources import (
    Found,
    InputError,
    Refused,
    SourceError,
    SourceOptions,
    open_source,
)
from tests.build.hostile import encoded, photo


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """`in/` with two photos, beside a file that is none of its business."""
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    root = tmp_path / "in"
    (root / "pics").mkdir(parents=True)
    for name in "ab":
        (root / "pics" / f"{name}.jpg").write_bytes(name.encode())
    return root


def refusal(found: Found) -> str:
    with pytest.raises(Refused) as caught:
        found.read()
    return caught.value.reason


def trouble(found: Found) -> str:
    with pytest.raises(SourceError) as caught:
        found.read()
    return caught.value.error


def test_a_list_of_paths_and_urls(folder: Path) -> None:
    lines = "\ufeffpics/b.jpg\r\n\npics/a.jpg\nhttps://me:pw@x.org/c.jpg?sig=1\npics/b.jpg"
    path = folder / "list.txt"
    path.write_text(lines, newline="")
    found = list(open_source(path))
    assert [f.source for f in found] == [
        "list.txt#1:pics/b.jpg",
        "list.txt#3:pics/a.jpg",
        "list.txt#4:https://x.org/c.jpg",
        "list.txt#5:pics/b.jpg",
    ]
    assert [f.read() for f in found if not f.url] == [b"b", b"a", b"b"]
    assert found[2].url == "https://me:pw@x.org/c.jpg?sig=1"
    assert found[2].origin == "https://x.org/c.jpg"
    assert "pw" not in repr(found[2])


@pytest.mark.parametrize("where", ["../secret.jpg", "{outer}/secret.jpg", "pics/../../secret.jpg"])
def test_paths_that_leave_the_folder(folder: Path, where: str) -> None:
    path = folder / "list.txt"
    path.write_text(where.format(outer=folder.parent))
    [found] = open_source(path)
    assert refusal(found) == "outside"
    assert str(folder.parent) not in found.source
    [found] = open_source(path, allow_outside=True)
    assert found.read() == b"secret"


def test_links_that_leave_the_folder(folder: Path) -> None:
    (folder / "pics" / "link.jpg").symlink_to(folder.parent / "secret.jpg")
    (folder / "list.txt").write_text("pics/link.jpg")
    [found] = open_source(folder / "list.txt")
    assert refusal(found) == "outside"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("s3://bucket/a.jpg", "unsupported_url"),
        ("file:///etc/passwd", "unsupported_url"),
        ("data:image/png;base64,AAAA", "unsupported_url"),
        ("a\0b.jpg", "outside"),
        ("pics", "not_a_file"),
    ],
)
def test_references_that_are_refused(folder: Path, line: str, reason: str) -> None:
    (folder / "list.txt").write_text(line)
    [found] = open_source(folder / "list.txt")
    assert refusal(found) == reason
    assert found.source.isprintable()


def test_a_missing_file_is_not_found(folder: Path) -> None:
    (folder / "list.txt").write_text("pics/none.jpg")
    [found] = open_source(folder / "list.txt")
    with pytest.raises(FileNotFoundError):
        found.read()


def test_a_line_without_end(folder: Path) -> None:
    (folder / "list.txt").write_bytes(b"pics/a.jpg\n" + b"x" * 5_000_000 + b"\npics/b.jpg\n")
    found = list(open_source(folder / "list.txt"))
    assert found[0].read() == b"a"
    assert trouble(found[1]) == "bad_row"
    assert len(found) == 2


def test_csv_with_licence_origin_and_more(folder: Path) -> None:
    path = folder / "photos.csv"
    text = "id,Image_Path,License,source_url,place\n1,pics/a.jpg,CC0,https://x/1,Oslo\n"
    path.write_text(text + '2,pics/b.jpg,,,"a ""b"", c"\n3,,CC0,,\n')
    first, second, third = open_source(path, SourceOptions(licence="unknown", origin="mine"))
    assert first.source == "photos.csv#1:pics/a.jpg"
    assert (first.licence, first.origin) == ("CC0", "https://x/1")
    assert first.extra == (("id", "1"), ("place", "Oslo"))
    assert (second.licence, second.origin, second.read()) == ("unknown", "mine", b"b")
    assert second.extra[1] == ("place", 'a "b", c')
    assert refusal(third) == "no_image"


def test_tsv_and_bad_rows(folder: Path) -> None:
    path = folder / "photos.tsv"
    path.write_text(f"path\tnote\npics/a.jpg\tx\npics/b.jpg\tx\ty\n{'x' * 200_000}\t\npics/b.jpg\n")
    one, two, three, four = open_source(path)
    assert one.read() == b"a"
    assert trouble(two) == "bad_row"
    assert trouble(three) == "bad_row"
    assert four.read() == b"b"


def test_columns_by_name(folder: Path) -> None:
    path = folder / "photos.csv"
    path.write_text("where,terms,who\npics/a.jpg,MIT,me\n")
    options = SourceOptions(column="where", licence_column="terms", origin_column="who")
    [found] = open_source(path, options)
    assert (found.read(), found.licence, found.origin) == (b"a", "MIT", "me")
    with pytest.raises(InputError, match="No column holds an image") as caught:
        open_source(path)
    assert "'where'" in caught.value.hint
    with pytest.raises(InputError, match="no column 'nope'"):
        open_source(path, SourceOptions(column="nope"))


def test_jsonl(folder: Path) -> None:
    rows: list[Any] = [
        {"image": "pics/a.jpg", "licence": "CC0", "tags": ["x"], "n": 3},
        {"image": {"path": "pics/b.jpg"}},
        {"image": ["pics/a.jpg", "pics/b.jpg"]},
        {"image": None},
        {"other": 1},
        [1],
    ]
    path = folder / "photos.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)) + "\n{broken\n" + "[" * 100_000)
    found = list(open_source(path))
    assert [f.source for f in found[:4]] == [
        "photos.jsonl#1:pics/a.jpg",
        "photos.jsonl#2:pics/b.jpg",
        "photos.jsonl#3[0]:pics/a.jpg",
        "photos.jsonl#3[1]:pics/b.jpg",
    ]
    assert [f.read() for f in found[:4]] == [b"a", b"b", b"a", b"b"]
    assert (found[0].licence, found[0].extra) == ("CC0", (("n", "3"),))
    assert [refusal(f) for f in found[4:6]] == ["no_image", "no_image"]
    assert [trouble(f) for f in found[6:]] == ["bad_row"] * 3


def test_a_json_array_is_explained(folder: Path) -> None:
    (folder / "photos.json").write_text('[\n{"image": "pics/a.jpg"}\n]')
    with pytest.raises(InputError, match="not JSONL"):
        open_source(folder / "photos.json")


def hugging_face(path: Path, images: list[Any], **columns: list[Any]) -> None:
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    features = {"image": {"_type": "Image"}}
    told = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    table = pa.table(
        {"label": list(range(len(images))), "image": pa.array(images, kind), **columns}
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.replace_schema_metadata(told), path)


def test_hugging_face_parquet(folder: Path) -> None:
    images = [
        {"bytes": b"one", "path": "one.jpg"},
        {"bytes": None, "path": "pics/a.jpg"},
        {"bytes": b"three", "path": None},
        {"bytes": None, "path": "../secret.jpg"},
        None,
    ]
    path = folder / "t.parquet"
    hugging_face(path, images, license=["CC0"] * 5, vector=[[1.0]] * 5)
    found = list(open_source(path))
    assert [f.source for f in found] == [
        "t.parquet#1:one.jpg",
        "t.parquet#2:pics/a.jpg",
        "t.parquet#3",
        "t.parquet#4:../secret.jpg",
        "t.parquet#5",
    ]
    assert [f.read() for f in found[:3]] == [b"one", b"a", b"three"]
    assert [refusal(f) for f in found[3:]] == ["outside", "no_image"]
    assert (found[0].licence, found[0].extra) == ("CC0", (("label", "0"),))


def test_a_hugging_face_folder(folder: Path) -> None:
    root = folder / "set"
    for name in ("train-00000-of-00002", "train-00001-of-00002"):
        hugging_face(root / "data" / f"{name}.parquet", [{"bytes": name.encode(), "path": None}])
    (root / "README.md").write_text("card")
    found = list(open_source(root))
    assert [f.source for f in found] == [
        "data/train-00000-of-00002.parquet#1",
        "data/train-00001-of-00002.parquet#1",
    ]
    assert found[1].read() == b"train-00001-of-00002"


def test_written_by_the_datasets_library(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    pictures = [photo(1), photo(2)]
    set_ = datasets.Dataset.from_dict({"photo": pictures, "license": ["CC0", "MIT"]})
    set_.cast_column("photo", datasets.Image()).to_parquet(tmp_path / "t.parquet")
    found = list(open_source(tmp_path / "t.parquet"))
    assert [f.licence for f in found] == ["CC0", "MIT"]
    assert [f.read()[:4] for f in found] == [b"\x89PNG"] * 2


def test_plain_binary_and_url_columns(folder: Path) -> None:
    path = folder / "t.parquet"
    pq.write_table(pa.table({"n": [1], "blob": pa.array([encoded(photo(1))])}), path)
    [found] = open_source(path)
    assert found.read() == encoded(photo(1))
    pq.write_table(pa.table({"url": ["https://x.org/a.jpg"]}), path)
    [found] = open_source(path)
    assert found.url == "https://x.org/a.jpg"


def test_a_damaged_parquet_is_one_failure(folder: Path) -> None:
    path = folder / "t.parquet"
    path.write_bytes(b"PAR1 no PAR1")
    [found] = open_source(path)
    assert trouble(found) == "damaged_archive"
    out = io.BytesIO()
    pq.write_table(pa.table({"image": [b"x" * 1000 + bytes([n]) for n in range(200)]}), out)
    data = bytearray(out.getvalue())
    data[4:2000] = bytes(1996)
    path.write_bytes(data)
    assert trouble(list(open_source(path))[-1]) == "damaged_archive"
