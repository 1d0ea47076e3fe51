"""Rows that are marked sensitive: one rule for all six methods, and unknown is not "not marked"."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer

from crosslight.build import read_run
from crosslight.cli.tune import app
from crosslight.prefer import read_pairs
from crosslight.prefer.dataset import write_pairs
from crosslight.records import is_sensitive
from crosslight.store import write_json
from crosslight.tune.judge.gathered import gather
from crosslight.tune.sensitive import MARKED
from tests.prefer.builds import bank_rows, write_build
from tests.tune.judge.family import rows, write
from tests.tune.judge.test_pairs import RED, RISKY


@pytest.mark.parametrize("method", ["sft", "dpo", "reward", "grpo", "judge", "probe"])
def test_every_method_has_the_option(method: str) -> None:
    group: Any = typer.main.get_command(app)
    options = {name for one in group.commands[method].params for name in one.opts}
    assert "--include-sensitive" in options


@pytest.mark.parametrize(
    ("cells", "marked"),
    [
        ({}, False),
        ({"kind": "pair"}, False),
        ({"kind": "sensitive"}, True),
        *(({"sensitive": value}, False) for value in (False, 0, "false", "No", "0.0")),
        *(({"sensitive": value}, True) for value in (True, 1, "true", "", None, float("nan"), "?")),
        ({"sensitive": False, "kind": "sensitive"}, True),
    ],
)
def test_what_is_sensitive(cells: dict[str, Any], marked: bool) -> None:
    assert is_sensitive(cells) is marked


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_a_judge_leaves_marked_rows_of_a_table_out_unless_asked(
    tmp_path: Path, suffix: str
) -> None:
    made = [{**row, "sensitive": False, "kind": ""} for row in rows()]
    made[0]["sensitive"], made[1]["sensitive"], made[2]["kind"] = True, None, "sensitive"
    path = tmp_path / f"t{suffix}"
    if suffix == ".jsonl":
        write(path, made)
    elif suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(made), path)
    else:
        lines = [",".join(made[0]), *(",".join(map(told, row.values())) for row in made)]
        path.write_text("\n".join(lines), "utf-8")
    found = gather([str(path)], 100, 0, lambda: None)
    assert found.left_out == (("t", MARKED, 3),) and len(found.rows) == 57 and found.inputs == 60
    assert {row.id for row in found.rows}.isdisjoint(row["id"] for row in made[:3])
    every = gather([str(path)], 100, 0, lambda: None, sensitive=True)
    assert len(every.rows) == 60 and every.left_out == ()


def told(value: Any) -> str:
    return "" if value is None else str(value)


def test_a_mark_that_is_unknown_in_a_run_is_no_leave(tmp_path: Path) -> None:
    built = bank_rows()
    for at, row in enumerate(built):
        row["sensitive"] = (True, None, False)[at] if at < 3 else False
    folder = write_build(tmp_path / "built", built)
    assert [row.sensitive for row in read_run(folder).rows].count(True) == 2
    found = gather([str(folder)], 1000, 0, lambda: None)
    assert ("built", MARKED, 2) in found.left_out
    pairs = tmp_path / "pairs"
    pair = replace(RISKY, sensitive=True)
    write_pairs(pairs, [pair], lambda wanted: iter([(pair.photo, RED, "red.jpg")]))
    (path,) = pairs.rglob("*.parquet")
    table = pq.read_table(path)
    at = table.schema.get_field_index("sensitive")
    pq.write_table(table.set_column(at, "sensitive", pa.nulls(1, pa.bool_())), path)
    write_json(pairs / "run.json", {"kind": "prefer", "status": "complete"})
    assert [row.sensitive for row in read_pairs(pairs).rows] == [True]
