"""There and back through a real Label Studio server: what people say there are the reviews here."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from crosslight.cli import app
from crosslight.export import Chosen, Places, export_run, import_labelstudio
from crosslight.runs import Act, Reviews, accepted_rows
from tests.export.judged_run import answered, graded, judged
from tests.export.labelling_server import Labelling, labelling_server
from tests.export.pairs_run import drawn, pair, write_pairs
from tests.export.test_data_formats import UGLY, two_photos
from tests.export.test_formats import build_run
from tests.export.test_readers import PYTHON, has

pytestmark = [pytest.mark.foreign, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Labelling]:
    if not has("label_studio"):
        pytest.skip("no Label Studio: `make .venv-readers` sets one up")
    with labelling_server(PYTHON, tmp_path_factory.mktemp("labelling") / "data") as started:
        yield started


def said(name: str, value: str, about: str = "text") -> dict[str, Any]:
    """A part of an annotation, as the page sends it."""
    written = name == "reason" or name.startswith("edit.")
    return {
        **{"id": os.urandom(5).hex(), "from_name": name, "to_name": about},
        "type": "textarea" if written else "choices",
        "value": {"text" if written else "choices": [value]},
        "origin": "manual",
    }


def brought_back(server: Labelling, project: int, run: Path, file: Path) -> str:
    """By the command."""
    args = ["import", "labelstudio", str(server.exported(project, file)), str(run)]
    done = CliRunner().invoke(app, args)
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


def test_what_people_say_there_are_the_reviews_here(server: Labelling, tmp_path: Path) -> None:
    rows = [pair(name, drawn(at), question=UGLY) for at, name in enumerate("abcde")]
    run, out = write_pairs(tmp_path / "pairs", rows), tmp_path / "out"
    export_run(run, "labelstudio", out, Chosen())
    project = server.project(out)
    tasks = server.tasks(project)
    shown = UGLY.replace("\x00", "")
    assert {task["data"]["question"].replace("\x00", "") for task in tasks.values()} == {shown}
    server.annotate(tasks["a"], said("verdict", "accept"))
    server.annotate(tasks["b"], said("verdict", "reject"), said("reason", "not <b>there</b>"))
    mended = [said("verdict", "accept"), said("edit.chosen", "Mended.", "chosen")]
    server.annotate(tasks["c"], *mended)
    server.annotate(tasks["d"], skip=True)
    told = brought_back(server, project, run, tmp_path / "project.json")
    assert "4 reviews (accept 2, reject 1, skip 1) by 1 reviewer" in told
    acts = {act.row: act for act in Reviews(run).acts()}
    assert acts["b"].reason == "not <b>there</b>" and acts["c"].edit == (("chosen", "Mended."),)
    assert {act.by for act in acts.values()} == {"labelstudio:1"}
    assert accepted_rows(Reviews(run).standing()) == {"a": {}, "c": {"chosen": "Mended."}}
    assert "4, already there" in brought_back(server, project, run, tmp_path / "project.json")


def test_our_own_reviews_go_there_and_people_go_on_from_them(
    server: Labelling, tmp_path: Path
) -> None:
    run, out = write_pairs(tmp_path / "pairs", [pair(n, drawn(1)) for n in "abcd"]), tmp_path / "ls"
    Reviews(run).add(Act("a", "ann", "accept", edit=(("chosen", "Mended."),)))
    Reviews(run).add(Act("b", "ann", "reject", reason="blurred"))
    Reviews(run).add(Act("b", "bo", "accept"))
    Reviews(run).add(Act("c", "ann", "skip"))
    export_run(run, "labelstudio", out, Chosen())
    project = server.project(out)
    tasks = server.tasks(project)
    told = {row: (one["total_annotations"], one["is_labeled"]) for row, one in tasks.items()}
    assert told["a"] == (1, True) and told["b"] == (2, True) and told["d"] == (0, False)
    assert tasks["c"]["cancelled_annotations"] == 1, "a skip there too"
    whole = server.ask(f"/api/tasks/{tasks['a']['id']}")
    assert not any(one["ground_truth"] for one in whole["annotations"])
    unchanged = brought_back(server, project, run, tmp_path / "project.json")
    assert "left out: 4, a review of ours, unchanged" in unchanged and "0 reviews" in unchanged
    # Somebody there thinks otherwise of one, and decides another that nobody had looked at.
    server.change(whole["annotations"][0]["id"], said("verdict", "reject"), said("reason", "no"))
    server.annotate(tasks["d"], said("verdict", "accept"))
    changed = brought_back(server, project, run, tmp_path / "project.json")
    assert "2 reviews (accept 1, reject 1)" in changed
    assert set(accepted_rows(Reviews(run).standing())) == {"d"}, "a and b are disputed"


def test_an_annotation_that_was_ours_and_is_changed_in_part_is_theirs(
    server: Labelling, tmp_path: Path
) -> None:
    run, out = write_pairs(tmp_path / "pairs", [pair("a", drawn(1))]), tmp_path / "ls"
    Reviews(run).add(Act("a", "ann", "reject", reason="blurred"))
    export_run(run, "labelstudio", out, Chosen())
    project = server.project(out)
    (task,) = server.tasks(project).values()
    (one,) = server.ask(f"/api/tasks/{task['id']}")["annotations"]
    kept = [part for part in one["result"] if part["from_name"] == "reason"]
    server.change(one["id"], *kept, {**one["result"][0], "value": {"choices": ["accept"]}})
    done = import_labelstudio(server.exported(project, tmp_path / "project.json"), run)
    assert done.acts == {"accept": 1} and done.reviewers == {"labelstudio:1"}


@pytest.mark.parametrize("kind", ["build", "two_photos", "judge", "assess", "bench"])
def test_every_kind_of_run_goes_there_and_back(
    server: Labelling, tmp_path: Path, kind: str
) -> None:
    make = {"build": build_run, "two_photos": two_photos}
    made = {"judge": judged, "assess": graded, "bench": answered}
    run = make[kind](tmp_path / "run") if kind in make else made[kind](tmp_path)
    places = Places(tmp_path / "images", tmp_path / "data")
    out = tmp_path / "sent"
    done = export_run(run, "labelstudio", out, Chosen(sensitive=True), places)
    project = server.project(out)
    tasks = server.tasks(project)
    assert len(tasks) == done.rows.total()
    row, task = next(iter(tasks.items()))
    parts = [said("verdict", "reject"), said("reason", "wrong")]
    rule = next((one for one in task["data"] if one.startswith("finding_")), "")
    if rule:
        parts.append(said(f"label@{rule.removeprefix('finding_')}", "unsafe"))
    server.annotate(task, *parts)
    brought_back(server, project, run, tmp_path / "project.json")
    acts = Reviews(run).acts()
    assert [(act.row, act.verdict) for act in acts if not act.rule] == [(row, "reject")]
    assert [act.label for act in acts if act.rule] == (["unsafe"] if rule else [])
