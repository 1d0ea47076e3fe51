"""A table as input, on every verb that takes one: which column it was, and rows that name none."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crosslight.models.fake import FakeServer
from tests.runs.verbs import VERBS, Verb, prepared, ran, summary

INPUTS = [verb for verb in VERBS if verb.name != "bench"]


def command(verb: Verb, folder: Path, spec: str, table: str, *more: str) -> list[str]:
    words = verb.command(folder, spec, f"out-{table}", *more)
    return [word.replace(str(folder / "photos"), str(folder / table)) for word in words]


@pytest.mark.parametrize("verb", INPUTS, ids=lambda verb: verb.name)
def test_the_run_says_which_column_it_took_or_asks(verb: Verb, tmp_path: Path) -> None:
    script = prepared(tmp_path, 2)
    names = [f"photos\\{path.name}" for path in sorted((tmp_path / "photos").iterdir())]
    rows = [{"id": "t", "text": "no picture"}, *({"id": n, "image": n} for n in names)]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    table = pa.table({"left": names, "right": [f'"{name}" ' for name in names]})
    pq.write_table(table, tmp_path / "t.parquet")
    with FakeServer(script) as server:
        ended = ran(command(verb, tmp_path, server.spec, "t.jsonl"))
        assert ended.returncode == 0, ended.stderr
        told = summary(tmp_path / "out-t.jsonl")
        assert "images from column image" in told["notes"]
        assert "images from column image" in ended.stdout
        dropped = pq.read_table(tmp_path / "out-t.jsonl" / "dropped.parquet").to_pylist()
        assert [row["reason"] for row in dropped if row["input"] == "t.jsonl#1"] == ["no_image"]
        assert not told["failed"]
        asked = ran(command(verb, tmp_path, server.spec, "t.parquet"))
        assert asked.returncode != 0
        assert "'left', 'right'" in asked.stdout + asked.stderr
        assert "--column" in asked.stdout + asked.stderr
        chosen = ran(command(verb, tmp_path, server.spec, "t.parquet", "--column", "right"))
        assert chosen.returncode == 0, chosen.stderr
        assert "images from column right" in summary(tmp_path / "out-t.parquet")["notes"]
