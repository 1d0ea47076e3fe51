"""`crosslight audit` as a person types it, in this process: scikit-learn is slow to load."""

import json
from pathlib import Path

from typer.testing import CliRunner

from crosslight.cli import app
from tests.view.make_run import make_run


def told(*args: str | Path, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["audit", *map(str, args)])
    assert done.exit_code == code, done.output
    return done.output


def test_a_run_is_told_in_three_tables_and_written(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", families=24)
    said = told(run, "-o", tmp_path / "audit.json")
    assert said.count("bag of words") >= 3 and "can be read off the sentence" in said
    written = json.loads((tmp_path / "audit.json").read_text())
    assert written["sentences"]["rows"] == 48 and len(written["warnings"]) == 2


def test_columns_of_a_table_are_named(tmp_path: Path) -> None:
    rows = [
        {"q": f"Is it {n}?" if n % 2 else f"It is [bold]{n}[/]", "bad": n % 2, "of": n // 2}
        for n in range(40)
    ]
    path = tmp_path / "set.jsonl"
    path.write_text("\n".join(map(json.dumps, [*rows, {"q": "", "bad": 1, "of": 1}])))
    said = told(path, "--text-column", "q", "--label-column", "bad", "--group-column", "of")
    assert "question mark at the end" in said and "1.000" in said
    assert "left out: 1 rows, no_text" in said
    assert "no --group-column" not in said
    alone = told(path, "--text-column", "q", "--label-column", "bad", "--rows", "30")
    assert "no --group-column" in alone and "30 rows, a sample of 40" in alone
