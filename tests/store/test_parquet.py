"""Parquet of strangers: what it unpacks to is judged first, and read in parts."""

import io
import itertools
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crosslight.store import TableError, TableFile, pages, parquet, read_table, table_rows, thrift
from crosslight.store.thrift import read_struct
from tests.store.costly_tables import empty_pages, empty_structs

ROOT = Path(__file__).parents[2]
UNCODED: dict[str, Any] = {"use_dictionary": False, "compression": "none"}
IMAGES = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
PLAIN = pa.table(
    {
        "image": pa.array(
            [{"bytes": os.urandom(20_000), "path": f"{n}.jpg"} for n in range(60)], IMAGES
        ),
        "text": [f"c{n}" * 50 for n in range(60)],
        "list": [[f"x{k}" for k in range(n % 5)] for n in range(60)],
        "whole": list(range(60)),
        "fixed": pa.array([b"1234"] * 60, pa.binary(4)),
        "nothing": pa.nulls(60),
        "coded": pa.array(["a", "b", "c"] * 20).dictionary_encode(),
        "flag": [True] * 60,
    }
)


@pytest.mark.parametrize("codec", ["snappy", "zstd", "gzip", "brotli", "lz4", "none"])
def test_sound_tables_of_every_kind_are_read(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "t.parquet"
    for version, coded in itertools.product(("1.0", "2.0"), (True, False)):
        pq.write_table(
            PLAIN,
            path,
            compression=codec,
            data_page_version=version,
            use_dictionary=coded,
            row_group_size=17,
        )
        assert read_table(path).to_pylist() == PLAIN.to_pylist()
    front = {"text": "DELTA_BYTE_ARRAY", "whole": "DELTA_BINARY_PACKED"}
    pq.write_table(PLAIN.select(list(front)), path, use_dictionary=False, column_encoding=front)
    assert list(table_rows(path)) == PLAIN.select(list(front)).to_pylist()


def test_only_what_is_wanted_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(PLAIN, path)
    with TableFile(path) as file:
        [batch] = file.batches(["image.path", "text"])
        assert batch.schema.names == ["image", "text"]
        assert batch.column("image")[3].as_py() == {"path": "3.jpg"}
        with pytest.raises(TableError, match="no column 'nope'"):
            list(file.batches(["nope"]))


def test_a_place_is_no_table_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_table(tmp_path / "none.parquet")
    (tmp_path / "t.parquet").write_bytes(b"PAR1 no PAR1")
    with pytest.raises(TableError, match=r"t\.parquet"):
        read_table(tmp_path / "t.parquet")


def bomb(path: Path, mebibytes: int, rows: int, **how: Any) -> Path:
    """Rows that share one long value; a writer puts it down once."""
    value = pa.array(["x" * (mebibytes << 20)], pa.large_string()).dictionary_encode()
    values = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), value.dictionary)
    pq.write_table(pa.table({"image": values}), path, compression="zstd", **how)
    return path


READING = """
import sys
from crosslight.records import CrosslightError
from crosslight.store import {what}
from tests.memory import peak_mib
before = peak_mib()
try:
    {how}
    print("read")
except CrosslightError as error:
    print(type(error).__name__)
print(peak_mib() - before)
"""


def measured(what: str, how: str, path: Path) -> tuple[str, int]:
    """How reading ended in a process of its own, and the MiB that it took."""
    code = READING.format(what=what, how=how)
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    ended, took = done.stdout.split()
    return ended, int(took)


@pytest.mark.parametrize(("size", "rows", "ended"), [(48, 12, "read"), (200, 16, "TableError")])
def test_one_value_that_all_rows_share(tmp_path: Path, size: int, rows: int, ended: str) -> None:
    path = bomb(tmp_path / "t.parquet", size, rows)
    assert path.stat().st_size < 100_000
    parts = "[0 for _ in TableFile(sys.argv[1]).batches()]"
    found, took = measured("TableFile", parts, path)
    assert (found, took < 400) == (ended, True), took


def test_a_dictionary_is_looked_through_only_where_its_size_alone_does_not_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.parquet"
    looked: list[int] = []
    longest = pages._longest

    def watched(packed: bytes, size: int, count: Any, chunk: pages.Chunk) -> int:
        looked.append(size)
        return longest(packed, size, count, chunk)

    monkeypatch.setattr(pages, "_longest", watched)
    for length, looks in ((20, 0), (200, 1)):
        pq.write_table(pa.table({"text": [f"{n:0{length}}" for n in range(1000)]}), path)
        with TableFile(path) as file:
            assert [batch.num_rows for batch in file.batches()] == [1000]
        assert len(looked) == looks


def test_a_table_as_a_whole_is_bounded_too(tmp_path: Path) -> None:
    path = bomb(tmp_path / "t.parquet", 32, 64)
    found, took = measured("read_table", "read_table(sys.argv[1])", path)
    assert (found, took < 900) == ("TableError", True), took


def test_front_coded_values_and_lists(tmp_path: Path) -> None:
    """A value that is its predecessor and nothing more; a row with all the values."""
    path = tmp_path / "t.parquet"
    table = pa.table({"image": ["x" * (8 << 20)] * 40})
    coded = {"image": "DELTA_BYTE_ARRAY"}
    pq.write_table(table, path, use_dictionary=False, column_encoding=coded, compression="zstd")
    with TableFile(path) as file:
        assert max(b.num_rows for b in file.batches()) <= 8
    values = pa.DictionaryArray.from_arrays(pa.array([0] * 100, pa.int32()), ["y" * (8 << 20)])
    pq.write_table(
        pa.table({"image": pa.ListArray.from_arrays([0, 100], values)}), path, compression="zstd"
    )
    with pytest.raises(TableError, match="lists of"):
        read_table(path)


def test_lists_of_short_values_are_no_bomb(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    names = [[f"https://example.org/{n}/{k}.jpg" for k in range(4)] for n in range(20_000)]
    pq.write_table(pa.table({"image": names}), path)
    assert read_table(path).num_rows == 20_000


def test_more_rows_than_a_file_can_hold(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"image": pa.nulls(2_000_000, pa.string())}), path)
    with pytest.raises(TableError, match="2,000,000 rows"):
        read_table(path)


def test_row_groups_that_claim_more_rows_than_a_file_can_hold(tmp_path: Path) -> None:
    """Who opens the file makes room for them."""
    path = tmp_path / "t.parquet"
    path.write_bytes(empty_pages(1, 2, rows=10**12))
    with pytest.raises(TableError, match="2,000,000,000,000 rows"):
        TableFile(path)


def test_small_row_groups_end_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each within its bound: they may all be one page of the file."""
    monkeypatch.setattr(parquet, "MOST_READ", 64 << 20)
    path = tmp_path / "t.parquet"
    group = pa.table({"image": ["x" * (8 << 20)]})
    with pq.ParquetWriter(path, group.schema, compression="zstd") as writer:
        for _ in range(20):
            writer.write_table(group)
    with pytest.raises(TableError, match="endless"):
        for _ in table_rows(path):
            pass


def test_the_pages_are_believed_and_not_the_footer(tmp_path: Path) -> None:
    """A footer that tells small sizes: the sizes stand in the pages, which the decoder reads."""
    path = bomb(tmp_path / "t.parquet", 100, 1, use_dictionary=False)
    data = path.read_bytes()
    told = pq.read_metadata(path).row_group(0).column(0).total_uncompressed_size
    zigzag = _varint(2 * told)
    assert zigzag in data
    small = _varint(2 * 100, len(zigzag))
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    path.write_bytes(data[:footer] + data[footer:].replace(zigzag, small))
    about = pq.read_metadata(path).row_group(0).column(0)
    assert about.total_uncompressed_size == 100
    with pytest.raises(TableError, match="pages of"):
        read_table(path)


def test_a_page_of_two_kinds(tmp_path: Path) -> None:
    """Arrow goes by the type; a header of another kind beside it would be judged instead."""
    path = tmp_path / "t.parquet"
    coded = {"image": "DELTA_BYTE_ARRAY"}
    pq.write_table(pa.table({"image": ["x" * 9] * 4}), path, **UNCODED, column_encoding=coded)
    data = path.read_bytes()
    header, length = read_struct(data[4:])
    assert header[1] == 0 and isinstance(header[5], dict)
    both = data[4 : 3 + length] + b"\x2c\x15\x02\x15\x00\x00" + b"\x00"  # field 7: a dictionary
    assert read_struct(both)[0][7] == {1: 1, 2: 0}
    raw = io.BytesIO(both)
    with pytest.raises(ValueError, match="two kinds"):
        pages.page_header(raw, 0)
    lone = b"\x15\x04" + data[6 : 4 + length]  # says that it is a dictionary
    with pytest.raises(ValueError, match="two kinds"):
        pages.page_header(io.BytesIO(lone), 0)


def _varint(value: int, width: int = 0) -> bytes:
    made = bytearray()
    while value >= 128 or len(made) + 1 < width:
        made.append(value & 127 | 128)
        value >>= 7
    made.append(value)
    return bytes(made)


def test_odd_statistics_do_not_end_the_process(tmp_path: Path) -> None:
    """pyarrow's own objects for a column chunk call `terminate` here: another process tells."""
    path = tmp_path / "t.parquet"
    pq.write_table(PLAIN.select(["image"]), path)
    data = path.read_bytes()
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    optional, required = b"\x25\x02", b"\x25\x00"
    assert optional in data[footer:]
    path.write_bytes(data[:footer] + data[footer:].replace(optional, required))
    ended, _ = measured("read_table", "read_table(sys.argv[1])", path)
    assert ended == "TableError"


def broken_text() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"image": ["aXYZa"] * 3}), out, compression="none")
    return out.getvalue().replace(b"aXYZa", b"a\xff\xfe\xffa")


def nested(depth: int) -> bytes:
    kind: Any = pa.string()
    for _ in range(depth):
        kind = pa.struct([("a", kind)])
    out = io.BytesIO()
    pq.write_table(pa.table({"image": pa.nulls(1, kind)}), out)
    return out.getvalue()


@pytest.mark.parametrize(
    "make", [broken_text, lambda: nested(300), lambda: b"", lambda: b"PAR1" * 3], ids=range(4)
)
def test_whatever_is_wrong_inside_is_one_error(tmp_path: Path, make: Callable[[], bytes]) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(make())
    try:
        for _ in table_rows(path):
            pass
    except TableError as error:
        assert "t.parquet" in error.message
        assert error.hint


def test_the_header_of_a_page() -> None:
    page = bytes.fromhex("1500 1506 1502 2c 1504 1500 1506 1506 00 00".replace(" ", ""))
    fields, length = read_struct(page + b"rest")
    assert length == len(page)
    assert (fields[1], fields[2], fields[3]) == (0, 3, 1)
    assert fields[5] == {1: 2, 2: 0, 3: 3, 4: 3}
    for hostile in (
        b"",
        b"\x15",
        b"\x19\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x1c" * 1000,
        b"\x18\xff\xff\xff\x7f",
        b"\x1f",
        b"\x19\xf9" * 1000,
        b"\xff" * 100,
        b"\x15\x02\x05\x02\x04\x00",  # field 1 twice: Arrow takes the last, or merges structs
        b"\x15" + _varint(1 << 33) + b"\x00",  # 32 bits of it are another number
        b"\x05" + _varint(2 << 17) + b"\x02\x00",  # and so is the number of a field
    ):
        with pytest.raises(ValueError, match="header"):
            read_struct(hostile)


def test_pages_are_counted_over_the_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page without a byte costs time in each of the row groups that name it."""
    monkeypatch.setattr(pages, "_MOST_PAGES_OF_A_FILE", 1000)
    path = tmp_path / "t.parquet"
    path.write_bytes(empty_pages(300, 3))
    list(table_rows(path))
    path.write_bytes(empty_pages(300, 4))
    with pytest.raises(TableError, match="too many pages"):
        list(table_rows(path))


def test_row_groups_are_bounded(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(empty_pages(1, 20_000))
    with pytest.raises(TableError, match="20,000 row groups"):
        list(table_rows(path))


def test_fields_that_nobody_reads_are_walked_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(empty_structs(50_000, 4))
    tracemalloc.start()
    try:
        assert list(table_rows(path)) == [{"path": "a.png"}]
        assert tracemalloc.get_traced_memory()[1] < 5_000_000  # 200,000 dicts are 13 MB
    finally:
        tracemalloc.stop()
    monkeypatch.setattr(thrift, "MOST_VALUES", 100_000)
    with pytest.raises(TableError, match="too many values"):
        list(table_rows(path))


def test_a_pipe_is_no_table_and_is_not_waited_on(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "t.parquet")
    with pytest.raises(OSError, match="no regular file"):
        list(table_rows(tmp_path / "t.parquet"))
