"""A model that thinks first, in every verb: the same rows as of the same model without traces."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from crosslight.models.fake import FakeServer
from crosslight.models.fake.habits import Habits
from tests.runs.verbs import MAIN, VERBS, Verb, prepared, ran, summary

TRACE = "Shall I say Yes? No. I should help with it, sure."


def made(folder: Path, verb: Verb, form: str | None) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What a run leaves, as far as it says what the model said; and its summary."""
    script = prepared(folder, 4)
    if form is not None:
        habits = Habits.model_validate({"trace": TRACE, "trace_in": form})
        script = script.model_copy(update={"habits": habits})
    out = f"out-{form}"
    with FakeServer(script) as server:
        more = ("--no-canary",) if verb.name == "build" else ()
        command = verb.command(folder, server.spec, out, *more)
        ended = ran([word if word != str(folder / "store") else word + out for word in command])
        assert ended.returncode == 0, ended.stderr
        assert summary(folder / out)["calls"]["asked"] == server.stats()["requests"]
    place = folder / out / verb.main
    files = sorted(place.glob("*.parquet")) if place.is_dir() else [place]
    rows = [row for file in files for row in pq.read_table(file).to_pylist()]
    assert "I should help with it" not in json.dumps(
        [{n: v for n, v in row.items() if n != "reasoning"} for row in rows], default=str
    )
    return [{n: row[n] for n in MAIN if n in row} for row in rows], summary(folder / out)


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_the_rows_are_those_of_the_same_model_without_traces(verb: Verb, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    plain, told = made(tmp_path / "a", verb, None)
    assert plain and not any("trace" in note for note in told["notes"])
    form = {"build": "reasoning_content", "judge": "tags"}.get(verb.name, "closing")
    (tmp_path / "b").mkdir()
    found, told = made(tmp_path / "b", verb, form)
    assert found == plain
    assert any("reasoning trace" in note for note in told["notes"])
    assert {line["room"] for line in told["choices"]} == {2048}
