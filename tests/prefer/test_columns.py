"""Rows of comparisons and of pairs go into a table and come back as they were."""

from dataclasses import fields, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crosslight.prefer import PAIRS
from crosslight.prefer.columns import AskedColumns, column_kinds
from crosslight.prefer.comparisons import (
    COMPARISONS,
    Comparison,
    read_comparisons,
    write_comparisons,
)
from crosslight.runs import RunError
from crosslight.store import write_table

LEAST = Comparison("q", "f" * 64, "What now?", "Wait.", "Go.", "one", "two")
FULL = replace(
    LEAST,
    cluster="e" * 64,
    leaf_known=False,
    leaf_blind=("theft", "scams"),
    a_words=1,
    b_safe=0.25,
    harmless_first=(0.5, 0.25, 0.25),
    sensitive=True,
    retryable=False,
    margin_harmless=-1.5,
)


def test_a_comparison_comes_back_as_it_was_and_unknown_stays_unknown(tmp_path: Path) -> None:
    write_comparisons(tmp_path, [LEAST, FULL])
    least, full = read_comparisons(tmp_path)
    assert (least, full) == (LEAST, FULL)
    assert least.leaf_known is None and full.leaf_known is False and least.a_words is None


def test_both_tables_name_what_they_share_alike_and_with_one_type() -> None:
    shared = column_kinds(AskedColumns)
    assert len(shared) == len(fields(AskedColumns)) > 20
    for name, kind in shared.items():
        assert PAIRS.field(name).type == COMPARISONS.field(name).type == kind
    kinds = {"leaf_known": pa.bool_(), "points": pa.float64(), "leaf_blind": pa.list_(pa.string())}
    assert {name: shared[name] for name in kinds} == kinds
    assert COMPARISONS.field("a_words").type == pa.int64()


def test_a_table_of_an_earlier_version_says_how_it_is_made_anew(tmp_path: Path) -> None:
    write_comparisons(tmp_path, [FULL])
    path = tmp_path / "comparisons.parquet"
    old = pq.read_table(path).drop_columns(["cluster"])
    write_table(path, old.schema, old.to_pylist())
    with pytest.raises(RunError, match="cluster") as refused:
        read_comparisons(tmp_path)
    assert "stored answers are used" in refused.value.hint
