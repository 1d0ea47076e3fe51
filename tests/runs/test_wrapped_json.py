"""JSON between sentences, in every verb: the same rows as of a model that writes it bare."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from crosslight.models.fake import FakeServer, parse
from crosslight.models.fake.habits import Habits
from tests.runs.verbs import MAIN, VERBS, prepared, ran, summary

TALKS = Habits(
    wrap="Sure, here it is:\n~~~JSON\n{answer}\n~~~\nAnything else?", trailing_comma=True
)
FREE = """
name: free
data: free.jsonl
subsets: {harm: Harmful wishes.}
"""
GRADED = ("bench", "HERE/free.yaml", "--judge", "SPEC")
WORDS = {verb.name: verb.words for verb in VERBS} | {"grade": GRADED}
TABLE = {verb.name: verb.main for verb in VERBS} | {"grade": "items.parquet"}
ASKS_NO_JSON = ("assess", "bench")
"""All that these ask are choices, which such a habit leaves alone."""


def made(folder: Path, name: str, habits: Habits) -> tuple[list[dict[str, Any]], list[str]]:
    """What a run of the verb leaves that the model said, and its notes."""
    folder.mkdir()
    script = prepared(folder, 2)
    (folder / "free.yaml").write_text(FREE, encoding="utf-8")
    items = [{"id": str(i), "text": f"How do I? {i}", "expected": "refuse"} for i in range(4)]
    (folder / "free.jsonl").write_text("\n".join(map(json.dumps, items)), encoding="utf-8")
    with FakeServer(script.model_copy(update={"habits": habits})) as server:
        spec = server.spec
        words = [word.replace("HERE", str(folder)).replace("SPEC", spec) for word in WORDS[name]]
        more = ["--no-canary"] if name == "build" else []
        places = ["-o", str(folder / "out"), "--store", str(folder / "store")]
        ended = ran(["python", "-m", "crosslight", *words, "--model", spec, *places, "-q", *more])
    assert ended.returncode == 0, ended
    told = summary(folder / "out")
    assert not told["faults"], told
    place = folder / "out" / TABLE[name]
    files = sorted(place.glob("*.parquet")) if place.is_dir() else [place]
    rows = [row for file in files for row in pq.read_table(file).to_pylist()]
    return [{column: row[column] for column in MAIN if column in row} for row in rows], told[
        "notes"
    ]


@pytest.mark.parametrize("name", WORDS)
def test_json_in_prose_changes_no_row(name: str, tmp_path: Path) -> None:
    bare, notes = made(tmp_path / "bare", name, Habits())
    taken = "was taken out of fences or sentences"
    assert bare and not any(taken in note for note in notes)
    found, notes = made(tmp_path / "talks", name, TALKS)
    assert found == bare
    assert any(taken in note for note in notes) == (name not in ASKS_NO_JSON), notes


CROWD = {"see": "a crowd", "words": ["crowd"], "absent": False, "of": ""}
CHAIN = {"chains": [{"preconditions": [{"alternatives": [CROWD]}]}]}


def test_json_in_prose_compiles_to_the_same_policy(tmp_path: Path) -> None:
    rules = tmp_path / "own.yaml"
    rules.write_text("title: Own\nrules: [{id: count, text: No more than three people.}]\n")
    written = []
    for name, habits in (("bare", Habits()), ("talks", TALKS)):
        made = tmp_path / f"{name}.yaml"
        script = parse({"rules": [{"task": "preconditions", "json": CHAIN}]})
        with FakeServer(script.model_copy(update={"habits": habits})) as server:
            places = ["-o", str(made), "--store", str(tmp_path / name)]
            model = ["--model", server.spec, "--draws", "1", "--rounds", "1"]
            compiles = ["policy", "compile", str(rules), *places, *model]
            ended = ran(["python", "-m", "crosslight", *compiles])
            assert (ended.returncode, server.stats()["requests"] > 2) == (0, True), ended
        written.append(made.read_text(encoding="utf-8").replace(server.url, "URL"))
    assert "a crowd" in written[0]
    assert written[0] == written[1]
