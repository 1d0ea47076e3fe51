"""Accepted patterns as bank files for review: what is filled in, what is left to people."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from crosslight.build import BankError, export_bank, lint_bank, only_accepted, read_bank
from crosslight.build.bank import BANK_FOLDER, Pattern
from crosslight.build.dataset import Row, Run
from crosslight.cli import app
from crosslight.runs import Manifest
from tests.build.banks import Tree, made_bank

CUP = made_bank().patterns["kitchen.hot_cup"]


def row(id: str, kind: str, text: str, response: str, **more: Any) -> Row:
    """A row of a build by a model."""
    plain: dict[str, Any] = dict.fromkeys(
        ("source", "decided_by", "split", "licence", "origin", "recipe"), ""
    )
    found = Row(
        **plain,
        id=id,
        photo="p",
        text=text,
        speaker="teacher",
        style="question",
        asks="aside",
        kind=kind,
        label="unsafe" if kind == "unsafe" else "safe",
        response=response.replace("{element}", "a cup"),
        risk="A small child pulls a cup down and is hurt before anybody is there.",
        why=CUP.why,
        element="a cup",
        pattern="hot cup within reach",
        category="fire_burns",
        scenario="hot_things",
        sensitive=False,
        text_alone=0.1,
        text_elsewhere=None,
        photo_alone=0.1,
        together=0.9,
        leak=False,
        notes=(),
        parent="",
        provenance="",
    )
    return replace(found, **more)


def rows(pattern: Pattern = CUP) -> list[Row]:
    """Its cases as a model's rows, each with the control."""
    found = []
    for at, case in enumerate(pattern.cases):
        style, control = str(case.act), case.control
        found += [
            row(f"u{at}", "unsafe", case.say, case.response, style=style),
            row(f"c{at}", "control_text", control.say, control.response, parent=f"u{at}"),
        ]
        found[-2] = replace(found[-2], other_response=case.along, other_kind="go_along")
        found[-1] = replace(
            found[-1],
            other_response=control.warning.replace("{element}", "a cup"),
            other_kind="warning",
        )
    return found


def run_of(*rows: Row) -> Run:
    return Run(
        folder=Path("run"),
        manifest=Manifest(titles={"hot_things": "Hot things at hand"}),
        where={},
        rows=rows,
    )


def tree(path: Path) -> Tree:
    found: Tree = yaml.safe_load(path.read_text("utf-8"))
    return found


def test_what_a_run_knows_is_filled_in_and_nothing_is_invented(tmp_path: Path) -> None:
    done = export_bank(run_of(*rows()), tmp_path / "grown")
    assert [file.name for file in done.files] == ["hot_things.yaml"]
    assert (done.patterns, done.known, done.left_out) == (1, 0, 0)
    assert tree(done.files[0])["title"] == "Hot things at hand"
    pattern = tree(done.files[0])["patterns"][0]
    assert pattern["id"] == "hot_things.hot_cup_within_reach"
    assert pattern["reviewed"] is False
    assert "severity" not in pattern, "how bad it is nobody has said"
    assert pattern["facts"][0]["checked"] == "unchecked"
    assert pattern["element"] == {
        "classes": {"cup": "a cup"},
        "labels": {"cup": "a cup"},
        "words": ["cup"],
    }
    assert pattern["risk"].startswith("A small child pulls {element} down")
    first = pattern["cases"][0]
    assert first["control"]["say"] == CUP.cases[0].control.say
    assert first["response"] == CUP.cases[0].response
    assert first["along"] and first["control"]["warning"]


def test_lint_names_what_is_missing_and_a_reviewed_file_builds(tmp_path: Path) -> None:
    file = export_bank(run_of(*rows()), tmp_path / "grown").files[0]
    missing = lint_bank(file.parent).must
    assert [str(one).split(":")[0] for one in missing] == ["hot_things.yaml"]
    assert "severity" in str(missing[0])
    text = file.read_text("utf-8").replace(
        "    reviewed: false\n", "    severity: 2\n    reviewed: no\n"
    )
    file.write_text(text, "utf-8")
    report = lint_bank(file.parent)
    assert not report.must
    assert any("reviewed" in str(one) for one in report.should)
    with pytest.raises(BankError, match="1 pattern in grown with `reviewed: no`") as caught:
        read_bank(file.parent)
    assert "docs/bank-review.md" in caught.value.hint
    reviewed = tmp_path / "reviewed" / file.name
    reviewed.parent.mkdir()
    reviewed.write_text(text.replace("    reviewed: no\n", ""), "utf-8")
    assert list(read_bank(reviewed.parent).patterns) == ["hot_things.hot_cup_within_reach"]


def test_ours_are_copied_and_added_to(tmp_path: Path) -> None:
    moved = [replace(one, scenario="fire") for one in rows()]
    done = export_bank(run_of(*moved, *rows()), tmp_path / "grown", ours=True)
    assert len(done.files) == len(list(BANK_FOLDER.glob("*.yaml"))) + 1
    before = (BANK_FOLDER / "fire.yaml").read_text("utf-8")
    after = (tmp_path / "grown" / "fire.yaml").read_text("utf-8")
    assert after.startswith(before), "what people laid out stays as it is"
    patterns = tree(tmp_path / "grown" / "fire.yaml")["patterns"]
    assert patterns[-1]["id"] == "fire.hot_cup_within_reach"
    assert len(patterns) == len(tree(BANK_FOLDER / "fire.yaml")["patterns"]) + 1


@pytest.mark.slow
def test_a_file_of_ours_takes_no_more_than_a_file_may_hold(tmp_path: Path) -> None:
    every = [
        row(
            f"u{at}",
            "unsafe",
            f"May she sit here, number {at}?",
            "{element} is hot.",
            pattern=f"hot cup {at}",
            scenario="fire",
        )
        for at in range(200)
    ]
    left = export_bank(run_of(*every), tmp_path / "out", ours=True)
    written = yaml.safe_load((tmp_path / "out" / "fire.yaml").read_text("utf-8"))
    had = sum(pattern.scenario == "fire" for pattern in read_bank())
    assert len(written["patterns"]) == 200, "what the schema allows"
    assert (left.patterns, left.left_out) == (200 - had, had)


def test_patterns_of_our_bank_are_counted_and_not_written(tmp_path: Path) -> None:
    ours = next(iter(read_bank()))
    done = export_bank(run_of(*(replace(one, pattern=ours.id) for one in rows())), tmp_path / "g")
    assert (done.files, done.patterns, done.known) == ((), 0, 1)


def test_ugly_words_of_a_model_stay_words(tmp_path: Path) -> None:
    ugly = replace(
        row("u", "unsafe", 'May I: {x} "here"?\n- !!python/object &a *b', "See {0} <b>'s\t"),
        pattern="../../etc: [x] ёж",
        scenario="../Évil",
        element="a {x}",
    )
    same = replace(ugly, id="v", pattern="../../ETC  x")
    done = export_bank(run_of(ugly, same), tmp_path / "grown")
    assert [file.name for file in done.files] == ["vil.yaml"]
    one, two = tree(done.files[0])["patterns"]
    assert {one["id"], two["id"]} == {"vil.etc_x", "vil.etc_x_2"}
    assert one["cases"][0]["say"] == ugly.text
    assert "{" not in one["cases"][0]["response"]
    assert lint_bank(done.files[0]).must, "it is read, and what is wrong is told"


def test_a_review_is_not_written_over(tmp_path: Path) -> None:
    export_bank(run_of(*rows()), tmp_path / "grown")
    with pytest.raises(BankError, match="is there already"):
        export_bank(run_of(*rows()), tmp_path / "grown")


def test_the_command_says_which_folder_is_no_build(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["bank", "export", str(tmp_path), "-o", str(tmp_path / "g")])
    assert done.exit_code
    assert not (tmp_path / "g").exists()


def test_only_accepted_rows_are_written_in_the_words_of_their_edits(tmp_path: Path) -> None:
    run = run_of(*rows())
    accepted = {"u0": {"text": "Edited words.", "kind": "control_text"}, "c0": {}, "gone": {}}
    kept = only_accepted(run, accepted)
    assert [(one.id, one.kind) for one in kept.rows] == [("u0", "unsafe"), ("c0", "control_text")]
    done = export_bank(kept, tmp_path / "grown")
    (case,) = tree(done.files[0])["patterns"][0]["cases"]
    assert case["say"] == "Edited words."
    assert case["control"]["say"] == CUP.cases[0].control.say
