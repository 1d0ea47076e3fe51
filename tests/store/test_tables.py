"""Parquet: the same bytes for the same rows, whole or not there, read by the usual readers."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from crosslight.store import IMAGE, DatasetSink, ParquetSink, clear_parts, table_schema, write_table

SCHEMA = table_schema(
    {
        "id": pa.string(),
        "image": IMAGE,
        "sensitive": pa.bool_(),
        "score": pa.float64(),
        "notes": pa.list_(pa.string()),
    }
)


def jpeg(shade: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 6), (shade % 256, 0, 0)).save(out, "JPEG")
    return out.getvalue()


def row(n: int) -> dict[str, Any]:
    image = {"bytes": jpeg(n), "path": f"{n}.jpg"}
    score = None if n % 3 == 0 else n / 7
    return {
        "id": str(n),
        "image": image,
        "sensitive": n % 2 == 0,
        "score": score,
        "notes": ["a"] * (n % 3),
    }


def fill(folder: Path, count: int = 50) -> dict[str, str]:
    with DatasetSink(folder, SCHEMA, splits=("train", "test"), rows_per_shard=20) as sink:
        for n in range(count):
            sink.write("test" if n % 10 == 0 else "train", row(n))
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    first = fill(tmp_path / "a")
    assert first == fill(tmp_path / "b")
    assert list(first) == [
        "test-00000-of-00001.parquet",
        "train-00000-of-00003.parquet",
        "train-00001-of-00003.parquet",
        "train-00002-of-00003.parquet",
    ]


def test_a_rerun_leaves_no_stale_shard(tmp_path: Path) -> None:
    fill(tmp_path / "a", 50)
    fill(tmp_path / "a", 10)
    assert [p.name for p in sorted((tmp_path / "a").iterdir())] == [
        "test-00000-of-00001.parquet",
        "train-00000-of-00001.parquet",
    ]
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_an_error_leaves_the_former_files(tmp_path: Path) -> None:
    before = fill(tmp_path / "a")
    with (
        pytest.raises(RuntimeError),
        DatasetSink(tmp_path / "a", SCHEMA, splits=("train",)) as sink,
    ):
        sink.write("train", row(1))
        raise RuntimeError
    after = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in (tmp_path / "a").iterdir()}
    assert after == before
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_what_a_killed_run_left_is_cleared(tmp_path: Path) -> None:
    before = fill(tmp_path / "a")
    half = tmp_path / ".a.0123456789abcdef.part"
    half.mkdir()
    (half / "train-00000").write_bytes(b"half")
    (tmp_path / "a").rename(half.with_suffix(".old"))  # killed between the two renames
    sink = DatasetSink(tmp_path / "a", SCHEMA)
    assert {p.name for p in (tmp_path / "a").iterdir()} == set(before)
    sink.abandon()
    clear_parts(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_no_rows_still_carry_the_schema(tmp_path: Path) -> None:
    with DatasetSink(tmp_path / "a", SCHEMA, splits=("train", "test")):
        pass
    table = pq.read_table(tmp_path / "a" / "train-00000-of-00001.parquet")
    assert table.num_rows == 0 and table.schema.names == SCHEMA.names


def test_unknown_columns_and_splits_are_refused(tmp_path: Path) -> None:
    with DatasetSink(tmp_path / "a", SCHEMA) as sink:
        with pytest.raises(ValueError, match="no split 'dev'"):
            sink.write("dev", row(1))
        with pytest.raises(ValueError, match="no column 'tpyo'"):
            sink.write("train", {"tpyo": 1})
        sink.write("train", row(1))


def test_one_table_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "dropped.parquet"
    assert write_table(path, SCHEMA, (row(n) for n in range(5))) == 5
    before = path.read_bytes()
    with pytest.raises(RuntimeError), ParquetSink(path, SCHEMA) as sink:
        sink.write(row(9))
        raise RuntimeError
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["dropped.parquet"]
    assert pq.read_table(path).to_pylist()[4] == row(4)


def test_shards_end_by_bytes_too(tmp_path: Path) -> None:
    with DatasetSink(tmp_path / "a", SCHEMA, bytes_per_shard=3 * len(jpeg(0))) as sink:
        for n in range(9):
            sink.write("train", row(n))
    assert len(list((tmp_path / "a").iterdir())) == 3


def test_hugging_face_metadata() -> None:
    features = json.loads(SCHEMA.metadata[b"huggingface"])["info"]["features"]
    assert features["image"] == {"_type": "Image"}
    assert features["score"] == {"dtype": "float64", "_type": "Value"}


def test_datasets_and_pandas_read_it(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    pandas = pytest.importorskip("pandas")
    fill(tmp_path / "a")
    files = {"train": str(tmp_path / "a" / "train-*.parquet")}
    data = datasets.load_dataset("parquet", data_files=files, cache_dir=str(tmp_path / "cache"))
    assert data["train"][0]["image"].size == (8, 6)
    assert data["train"][1]["notes"] == ["a", "a"]
    frame = pandas.read_parquet(tmp_path / "a" / "test-00000-of-00001.parquet")
    assert frame["image"][0]["bytes"][:2] == b"\xff\xd8"
