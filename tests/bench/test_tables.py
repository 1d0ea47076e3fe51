"""Parquet and its pictures as a suite's native files: bounded, and every fault names its file."""

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crosslight.bench import SuiteError
from crosslight.bench.item import BadRow
from crosslight.bench.native.tables import parquet_picture, parquet_rows

IMAGES = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def test_only_the_columns_of_the_suite_are_read(tmp_path: Path) -> None:
    """A column that no suite asks for may be larger than what is read."""
    table = pa.table(
        {
            "image": pa.array([{"bytes": b"one", "path": "a"}], IMAGES),
            "question": ["why?"],
            "source": ["x"],
            "huge": ["x" * (100 << 20)],
        }
    )
    pq.write_table(table, tmp_path / "t.parquet", compression="zstd", use_dictionary=False)
    [row] = parquet_rows(tmp_path, "t.parquet", ["question"], "image", ("source", "none"))
    assert row == (1, {"question": "why?", "source": "x", "image": "t.parquet::0/image"})
    assert parquet_picture(tmp_path / "t.parquet", 0, "image") == b"one"


def test_a_value_that_all_rows_share(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"question": ["x" * (100 << 20)] * 4}), path, compression="zstd")
    with pytest.raises(SuiteError, match=r"t\.parquet") as caught:
        list(parquet_rows(tmp_path, path.name, ["question"]))
    assert "more than is read" in str(caught.value)
    images = pa.array([0] * 4000, pa.int32())
    shared = pa.DictionaryArray.from_arrays(images, pa.array([b"y" * (1 << 20)]))
    pq.write_table(pa.table({"image": shared}), path, compression="zstd", store_schema=False)
    with pytest.raises(SuiteError, match=r"t\.parquet"):
        parquet_picture(path, 3, "image")


def test_broken_text_costs_its_row(tmp_path: Path) -> None:
    out = io.BytesIO()
    table = pa.table({"question": ["fine", "aXYZa", "fine"]})
    pq.write_table(table, out, compression="none", use_dictionary=False)
    broken = out.getvalue().replace(b"aXYZa", b"a\xff\xfe\xffa")
    (tmp_path / "t.parquet").write_bytes(broken)
    first, second, third = parquet_rows(tmp_path, "t.parquet", ["question"])
    assert first == (1, {"question": "fine"})
    assert isinstance(second, BadRow)
    assert (second.source, second.row) == ("t.parquet", 2)
    assert third == (3, {"question": "fine"})


def test_a_picture_that_changed_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    for data in (b"one", b"two"):
        pq.write_table(pa.table({"image": [data]}), path)
        assert parquet_picture(path, 0, "image") == data


def test_a_cell_that_is_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"image": pa.array([2**62], pa.timestamp("us"))}), path)
    with pytest.raises(SuiteError, match=r"t\.parquet"):
        parquet_picture(path, 0, "image")
