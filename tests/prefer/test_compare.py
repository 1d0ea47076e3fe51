"""Two runs of prefer beside each other, and their audit, as a person types it."""

import json
from dataclasses import replace
from pathlib import Path

from typer.testing import CliRunner

from crosslight.cli import app
from crosslight.prefer import compare_pairs
from tests.export.test_pairs import fixed, made
from tests.prefer.builds import bank_rows, built


def said(*words: str | Path) -> str:
    done = CliRunner().invoke(app, [*map(str, words)], env={"COLUMNS": "160"})
    assert done.exit_code == 0, done.output
    return done.output


def test_common_lone_and_turned_pairs_are_counted(tmp_path: Path) -> None:
    rows = fixed(20)
    turned = replace(
        rows[0],
        chosen=rows[0].rejected,
        rejected=rows[0].chosen,
        chosen_kind="go_along",
        rejected_kind="guidance",
    )
    a, b = made(tmp_path / "a", rows), made(tmp_path / "b", [turned, *rows[2:]])
    (pair,) = compare_pairs([a, b])
    assert (pair.common, pair.only_a, pair.only_b, pair.turned) == (18, 2, 1, 1)
    told = said("compare", a, b, "-o", tmp_path / "c")
    assert "18 pairs in both, 2 only in A, 1 only in B" in told
    assert "1 choose the reply that A rejects" in told and "go_along over guidance" in told
    written = json.loads((tmp_path / "c" / "compare.json").read_text())
    assert written["pairs"][0]["pairs"]["turned"] == 1


def test_the_audit_tells_pairs_and_says_aloud_what_style_gives_away(tmp_path: Path) -> None:
    run = made(tmp_path / "run", fixed(40))
    told = said("audit", run, "-o", tmp_path / "audit.json")
    assert "words of the replies" in told and "The replies alone tell the better one" in told
    written = json.loads((tmp_path / "audit.json").read_text())
    assert written["pairs"] == 40 and len(written["warnings"]) == 1
    assert [rule["name"] for rule in written["rules"]] == ["length", "opening", "replies", "prompt"]


def test_the_source_is_read_by_families(tmp_path: Path) -> None:
    source = built(tmp_path, bank_rows(90, share=1))
    for family in source.families:
        assert family.main is not None and family.main.kind == "unsafe"
        assert {row.pattern for row in family.rows} == {family.group}
        assert all(row.parent == family.id for row in family.rows if row is not family.main)
        assert {row.by for row in family.rows} == {"bank"}
