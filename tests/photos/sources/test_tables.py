"""Lists and tables: paths, URLs, bytes; what they may not reach."""

import io
import json
from base64 import b64encode, urlsafe_b64encode
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

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
    printable,
)
from crosslight.store import BadImage
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
        ("file:///etc/hostname", "outside"),
        ('"file:///etc/hostname"', "outside"),
        ("..\\secret.jpg", "outside"),
        ('"../secret.jpg" ', "outside"),
        ("a\0b.jpg", "outside"),
        ("pics", "not_a_file"),
    ],
)
def test_references_that_are_refused(folder: Path, line: str, reason: str) -> None:
    (folder / "list.txt").write_text(line)
    [found] = open_source(folder / "list.txt")
    assert refusal(found) == reason
    assert found.source.isprintable()


@pytest.mark.parametrize("line", ["imgs\\b.jpg", ' "imgs/b.jpg"', ".\\imgs\\b.jpg", "imgs/b.jpg "])
def test_a_path_of_another_system_keeps_its_name(folder: Path, line: str) -> None:
    (folder / "pics").rename(folder / "imgs")
    (folder / "list.txt").write_text(line)
    [found] = open_source(folder / "list.txt")
    assert found.read() == b"b"
    assert found.source == f"list.txt#1:{printable(line)}"


@pytest.mark.parametrize(
    "line",
    [
        "C:\\Users\\me\\a.jpg",
        '"C:\\Users\\me\\a.jpg"',
        "\\\\host\\me\\a.jpg",
        "file:///home/me/a.jpg",
    ],
)
def test_an_absolute_path_is_not_told(folder: Path, line: str) -> None:
    (folder / "list.txt").write_text(line)
    [found] = open_source(folder / "list.txt")
    assert "me" not in found.source
    with pytest.raises(FileNotFoundError):
        found.read()


def test_a_path_that_fits_two_files(folder: Path) -> None:
    (folder / "pics\\a.jpg").write_bytes(b"another")
    (folder / "list.txt").write_text('"pics\\a.jpg"')
    [found] = open_source(folder / "list.txt")
    assert trouble(found) == "ambiguous"


def data_url(data: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{b64encode(data).decode()}"


def test_data_urls_and_base64(folder: Path) -> None:
    data = encoded(photo(1))
    packed = b64encode(data).decode()
    rows: list[Any] = [
        data_url(data),
        "DATA:;charset=x;base64," + packed.rstrip("="),
        "data:image/png," + quote_from_bytes(data),
        packed,
        "\n".join(packed[at : at + 76] for at in range(0, len(packed), 76)),
        urlsafe_b64encode(data).decode(),
        {"bytes": packed, "path": "x.jpg"},
        {"url": data_url(data)},
        {"bytes": "", "path": "pics/a.jpg"},
        f"['{packed}', '{packed}']",
        "data:image/png;base64,%%%",
        packed[:-8] + "????",
    ]
    path = folder / "t.jsonl"
    path.write_text("\n".join(json.dumps({"image": row}) for row in rows))
    found = list(open_source(path))
    assert [f.read() == data for f in found[:8]] == [True] * 8
    assert found[8].read() == b"a"
    assert [(f.source, f.read() == data) for f in found[9:11]] == [
        ("t.jsonl#10[0]", True),
        ("t.jsonl#10[1]", True),
    ]
    assert [trouble(f) for f in found[11:]] == ["bad_row", "bad_row"]
    assert found[0].source == "t.jsonl#1"
    assert found[6].source == "t.jsonl#7:x.jpg"


def test_a_data_url_over_the_bound(folder: Path) -> None:
    (folder / "list.txt").write_text(data_url(encoded(photo(1))))
    [found] = open_source(folder / "list.txt", SourceOptions(max_bytes=1000))
    with pytest.raises(BadImage) as caught:
        found.read()
    assert caught.value.reason == "too_large"


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


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_tables_of_other_systems(folder: Path, codec: str, end: str, sign: str) -> None:
    rows = [["id", "image", "license"], ["ü,1", "pics/a.jpg", "CC0"], ["2", "pics/b.jpg", ""]]
    text = end.join(sign.join(f'"{cell}"' for cell in row) for row in rows) + end
    path = folder / "photos.csv"
    path.write_bytes(text.encode(codec))
    one, two = open_source(path)
    assert (one.source, one.read()) == ("photos.csv#1:pics/a.jpg", b"a")
    assert (one.licence, one.extra) == ("CC0", (("id", "ü,1"),))
    assert two.read() == b"b"


def test_a_table_that_says_its_separator(folder: Path) -> None:
    (folder / "t.csv").write_bytes("sep=;\r\nimage;n\r\npics/a.jpg;1,5\r\n".encode("utf-16"))
    [found] = open_source(folder / "t.csv")
    assert (found.read(), found.extra) == (b"a", (("n", "1,5"),))


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_lists_and_json_lines_of_other_systems(folder: Path, end: str) -> None:
    (folder / "list.txt").write_bytes(f"pics/a.jpg{end}pics/b.jpg{end}".encode("utf-16"))
    assert [f.read() for f in open_source(folder / "list.txt")] == [b"a", b"b"]
    rows = [json.dumps({"image": f"pics/{name}.jpg"}) for name in "ab"]
    (folder / "t.jsonl").write_bytes(end.join(rows).encode("utf-8-sig"))
    assert [f.read() for f in open_source(folder / "t.jsonl")] == [b"a", b"b"]


@pytest.mark.parametrize("name", ["t.csv", "t.txt"])
def test_an_older_code_page_is_told_by_name(folder: Path, name: str) -> None:
    (folder / "pics" / "Küche.jpg").write_bytes(b"k")
    head = "image\n" if name == "t.csv" else ""
    (folder / name).write_bytes(f"{head}pics/a.jpg\npics/Küche.jpg\n".encode("cp1252"))
    one, two = open_source(folder / name)
    assert one.read() == b"a"
    assert two.source.endswith("#2:pics/K\\xfcche.jpg")
    with pytest.raises(SourceError) as caught:
        two.read()
    assert caught.value.error == "bad_row"
    assert "as Windows-1252 (cp1252) it is 'pics/Küche.jpg'" in caught.value.detail
    assert "UTF-8" in caught.value.hint


def test_a_path_may_hold_any_bytes(folder: Path) -> None:
    try:
        (folder / "pics" / "K\udcfcche.jpg").write_bytes(b"k")
    except OSError:
        pytest.skip("this disk has Unicode names only")
    (folder / "t.txt").write_bytes(b"pics/K\xfcche.jpg\n")
    [found] = open_source(folder / "t.txt")
    assert found.read() == b"k"


def test_a_row_of_json_with_a_key_twice_costs_itself(folder: Path) -> None:
    text = '{"image": "pics/a.jpg", "image": "pics/b.jpg"}\n{"image": "pics/b.jpg", "n": NaN}\n'
    (folder / "t.jsonl").write_text(text)
    one, two = open_source(folder / "t.jsonl")
    assert trouble(one) == "bad_row"
    assert two.read() == b"b"


def test_columns_by_name(folder: Path) -> None:
    path = folder / "photos.csv"
    path.write_text("where,terms,who\npics/a.jpg,MIT,me\n")
    options = SourceOptions(column="where", licence_column="terms", origin_column="who")
    [found] = open_source(path, options)
    assert (found.read(), found.licence, found.origin) == (b"a", "MIT", "me")
    [found] = open_source(path)
    assert (found.read(), found.column) == (b"a", "where")
    (folder / "none.csv").write_text("where,terms,who\nhere,MIT,me\n")
    with pytest.raises(InputError, match="No column holds an image") as caught:
        open_source(folder / "none.csv")
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


def test_a_line_whose_key_stands_twice_says_so(folder: Path) -> None:
    path = folder / "t.jsonl"
    path.write_text('{"image": "pics/a.jpg"}\n{"image": "pics/a.jpg", "image": "pics/b.jpg"}\n')
    good, bad = open_source(path)
    assert good.read() == b"a"
    with pytest.raises(SourceError, match="appears twice"):
        bad.read()


@pytest.mark.parametrize("name", ["photos.json", "photos.jsonl"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_json_array_is_a_table(folder: Path, name: str, encoding: str) -> None:
    rows: list[Any] = [
        {"image": "pics/a.jpg", "licence": "CC0", "told": '], [{"image": 1}'},
        {"image": ["pics/a.jpg", "pics/b.jpg"]},
        [1],
        {"image": "pics/b.jpg"},
    ]
    (folder / name).write_bytes(("\n " + json.dumps(rows, indent=1) + "\n").encode(encoding))
    found = list(open_source(folder / name))
    where = [f"{name}#1:pics/a.jpg", f"{name}#2[0]:pics/a.jpg", f"{name}#2[1]:pics/b.jpg"]
    assert [f.source for f in found] == [*where, f"{name}#3", f"{name}#4:pics/b.jpg"]
    assert [found[at].read() for at in (0, 1, 2, 4)] == [b"a", b"a", b"b", b"b"]
    assert (found[0].licence, trouble(found[3])) == ("CC0", "bad_row")


@pytest.mark.parametrize(
    ("behind", "cause"),
    [
        (', {"image": "pics/a.jpg", "image": "pics/b.jpg"}]', "appears twice"),
        (",\n{broken}]", "from line 2 on"),
        (' {"image": "pics/b.jpg"}]', "no comma and no end"),
        ("", "no comma and no end"),
        (",]", "from line 1 on"),
        ("] []", "more text behind"),
        (", " + "[" * 100_000, "recursion"),
    ],
)
def test_what_is_wrong_in_a_json_array_costs_no_row_before_it(
    folder: Path, behind: str, cause: str
) -> None:
    (folder / "t.json").write_text('[{"image": "pics/a.jpg"}' + behind)
    good, bad = open_source(folder / "t.json")
    assert good.read() == b"a"
    with pytest.raises(SourceError, match=cause):
        bad.read()


def test_a_json_array_in_utf_16_that_begins_with_a_long_text(folder: Path) -> None:
    rows = [{"said": "x" + "\U0001f525" * 2000, "image": "pics/a.jpg"}]
    (folder / "t.json").write_bytes(json.dumps(rows, ensure_ascii=False).encode("utf-16"))
    [found] = open_source(folder / "t.json")
    assert found.read() == b"a"


def test_a_json_array_that_is_too_large_or_empty_is_explained(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "photos.json").write_text("[ ]")
    with pytest.raises(InputError, match="holds nothing"):
        open_source(folder / "photos.json")
    monkeypatch.setattr("crosslight.photos.sources.json_rows.MOST_ARRAY", 2)
    with pytest.raises(InputError, match="one JSON array of 3 bytes") as caught:
        open_source(folder / "photos.json")
    assert "jq -c" in caught.value.hint


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


def told(path: Path, value: str) -> Path:
    """A parquet file whose footer says `value` of its features."""
    table = pa.table({"image": [b"one"], "n": [1]})
    pq.write_table(table.replace_schema_metadata({b"huggingface": value.encode()}), path)
    return path


@pytest.mark.parametrize(
    "value",
    [
        '{"info": {"features": [1]}}',
        '"x"',
        "null",
        "[]",
        '{"info": null}',
        '{"info": {"features": {"image": 3}}}',
        "[" * 5000,
        '{"info": {"features": {"image": ' + "[" * 5000 + "]" * 5000 + "}}}",
        "\udcff".encode("utf-8", "surrogateescape").decode("latin-1"),
    ],
)
def test_odd_features_in_a_footer(folder: Path, value: str) -> None:
    [found] = open_source(told(folder / "t.parquet", value))
    assert found.read() == b"one"


def test_a_marked_column_that_holds_no_image(folder: Path) -> None:
    features = json.dumps({"info": {"features": {"when": {"_type": "Image"}}}}).encode()
    table = pa.table({"when": pa.array([2**62], pa.timestamp("us")), "image": [b"x"]})
    pq.write_table(table.replace_schema_metadata({b"huggingface": features}), folder / "t.parquet")
    [found] = open_source(folder / "t.parquet")
    assert trouble(found) == "bad_row"


def test_broken_text_costs_its_row(folder: Path) -> None:
    out = io.BytesIO()
    table = pa.table({"image": [b"one", b"two", b"three"], "note": ["fine", "aXYZa", "fine"]})
    pq.write_table(table, out, compression="none", use_dictionary=False)
    (folder / "t.parquet").write_bytes(out.getvalue().replace(b"aXYZa", b"a\xff\xfe\xffa"))
    first, second, third = open_source(folder / "t.parquet")
    assert (first.read(), third.read()) == (b"one", b"three")
    assert second.source == "t.parquet#2"
    assert trouble(second) == "bad_row"


def test_bad_files_beside_good_ones_are_named(folder: Path) -> None:
    root = folder / "set"
    for name in ("a", "z"):
        hugging_face(root / f"{name}.parquet", [{"bytes": b"good", "path": None}])
    (root / "b.parquet").write_bytes(b"PAR1 no PAR1")
    (root / "c.parquet").write_bytes(b"")
    pq.write_table(pa.table({"n": [1]}), root / "d.parquet")
    pq.write_table(pa.table({"image": pa.nulls(500_000, pa.string())}), root / "e.parquet")
    found = list(open_source(root))
    assert [f.source for f in found if f.held] == ["a.parquet#1", "z.parquet#1"]
    fates = {f.source: trouble(f) for f in found if f.source[0] in "bce"}
    assert fates == dict.fromkeys(("b.parquet", "c.parquet", "e.parquet"), "damaged_archive")
    assert refusal(next(f for f in found if f.source == "d.parquet")) == "no_image"
    for name in "abcez":
        (root / f"{name}.parquet").unlink()
    with pytest.raises(InputError, match="No column holds an image"):
        list(open_source(root))


def test_only_needed_columns_are_read(folder: Path) -> None:
    """A column that nobody wants may be as large as it likes."""
    path = folder / "t.parquet"
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string()), ("more", pa.string())])
    large = "x" * (100 << 20)
    table = pa.table(
        {
            "image": pa.array([{"bytes": b"one", "path": None, "more": large}], kind),
            "blobs": pa.array([[large]]),
            **{f"n{at}": [at] for at in range(40)},
            "license": ["CC0"],
        }
    )
    pq.write_table(table, path, compression="zstd", use_dictionary=False)
    [found] = open_source(path)
    assert found.read() == b"one"
    assert found.licence == "CC0"
    assert len(found.extra) == 32


def test_a_reference_too_long_to_be_one(folder: Path) -> None:
    (folder / "list.txt").write_text(f"pics/a.jpg\n{'x' * 100_000}\n")
    first, second = open_source(folder / "list.txt")
    assert first.read() == b"a"
    assert trouble(second) == "bad_row"
    assert len(second.source) < 1000


@pytest.mark.parametrize(
    "text", [b"x" * 200_000 + b",b\npics/a.jpg,1\n", b"a" * 5_000_000, b'"' + b"x" * 300_000]
)
def test_a_csv_with_a_header_that_cannot_be_read(folder: Path, text: bytes) -> None:
    (folder / "t.csv").write_bytes(text)
    [found] = open_source(folder / "t.csv")
    assert found.source == "t.csv#(rest)"
    assert trouble(found) in ("bad_row", "damaged_archive")
