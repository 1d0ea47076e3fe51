"""Reviews and exports: accepted rows with their edits, and what people said in Label Studio."""

import json
import os
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from crosslight.cli import app
from crosslight.export import Chosen, ExportError, export_run, import_labelstudio
from crosslight.records import BadSetting
from crosslight.runs import Act, ReviewError, Reviews
from tests.export.pairs_run import drawn, pair, write_pairs


@pytest.fixture
def run(tmp_path: Path) -> Path:
    rows = [pair(name, drawn(at)) for at, name in enumerate("abcdef")]
    return write_pairs(tmp_path / "pairs", rows)


def said(run: Path, *acts: tuple[str, str, str], **more: Any) -> None:
    for row, by, verdict in acts:
        Reviews(run).add(Act(row, by, verdict, **more))


def read(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


def rows_in(out: Path) -> dict[str, dict[str, Any]]:
    (path,) = (out / "data").glob("train-*")
    return {row["id"]: row for row in read(path)}


def test_only_rows_that_all_reviewers_accept_go_out(run: Path, tmp_path: Path) -> None:
    said(run, ("a", "ann", "accept"), ("a", "bob", "accept"), ("b", "ann", "accept"))
    said(run, ("b", "bob", "reject"), ("c", "ann", "reject"), ("d", "ann", "skip"))
    said(run, ("e", "ann", "accept"), ("e", "ann", ""), ("not there", "ann", "accept"))
    said(run, ("f", "ann", "reject"), rule="r1")
    done = export_run(run, "hf", tmp_path / "out", Chosen(only="accepted"))
    rows = rows_in(tmp_path / "out")
    assert set(rows) == {"a"} and rows["a"]["reviewers"] == 2
    told = {"disputed": 1, "rejected": 1, "skipped": 1, "not_reviewed": 2}
    assert done.left_out(failed=False) == told
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "Only accepted rows are here" in card
    assert export_run(run, "hf", tmp_path / "out", Chosen()).rows.total() == 6


def test_edits_change_texts_and_nothing_that_a_row_is_known_by(run: Path, tmp_path: Path) -> None:
    edit = (("chosen", "Mended."), ("id", "z"), ("licence", "free"), ("split", "test"), ("new", ""))
    odd = (("side", "harmless"), ("pattern", "p"), ("mirror_of", "b"), ("chosen_by", "me"))
    said(run, ("a", "ann", "accept"), edit=(*edit, *odd), label="safe")
    said(run, ("a", "bob", "accept"))
    export_run(run, "hf", tmp_path / "hf", Chosen(only="accepted"))
    row = rows_in(tmp_path / "hf")["a"]
    assert [row[name] for name in ("chosen", "licence", "split", "review_label")] == [
        *("Mended.", "CC0-1.0", "train", "safe")
    ]
    as_it_was = {r["id"]: r for f in (run / "dataset").glob("*") for r in read(f)}["a"]
    assert all(row[name] == as_it_was[name] for name, _ in odd if name in row)
    export_run(run, "msswift", tmp_path / "swift", Chosen(only="accepted"))
    (line,) = (tmp_path / "swift" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["messages"][1]["content"] == "Mended."
    whole = export_run(run, "hf", tmp_path / "hf", Chosen())
    assert rows_in(tmp_path / "hf")["a"]["chosen"] == "Not there."
    assert whole.notes == ["1 rows have edits of reviewers, which only `--only accepted` takes."]


def test_without_accepted_rows_the_way_is_told(run: Path, tmp_path: Path) -> None:
    said(run, ("a", "ann", "reject"))
    with pytest.raises(ExportError) as refused:
        export_run(run, "hf", tmp_path / "out", Chosen(only="accepted"))
    assert "5 not_reviewed, 1 rejected" in refused.value.message
    assert "crosslight view" in refused.value.hint


def test_a_torn_or_foreign_line_of_reviews_is_passed_over(run: Path, tmp_path: Path) -> None:
    said(run, ("a", "ann", "accept"))
    with (run / "reviews.jsonl").open("ab") as file:
        file.write(b'{"row": "b", "by": "ann", "verdict": "maybe"}\n{"row": "c", "by"')
    done = export_run(run, "hf", tmp_path / "out", Chosen(only="accepted"))
    assert done.rows == {"train": 1} and done.left_out(failed=False) == {"not_reviewed": 5}


def annotation(who: Any, at: str = "2026-02-03T04:05:06.7Z", **told: str) -> dict[str, Any]:
    parts = [
        {
            "from_name": name.replace("__", "."),
            "to_name": "text",
            "type": "textarea" if name in ("reason", "edit__chosen") else "choices",
            "value": {"text" if name in ("reason", "edit__chosen") else "choices": [value]},
        }
        for name, value in told.items()
    ]
    return {"completed_by": who, "updated_at": at, "was_cancelled": False, "result": parts}


def exported(run: Path, tmp_path: Path, said: dict[str, list[Any]]) -> Path:
    """What a server gives back for the tasks that we made."""
    export_run(run, "labelstudio", tmp_path / "ls", Chosen())
    tasks = json.loads((tmp_path / "ls" / "tasks-0001.json").read_text(encoding="utf-8"))
    for at, task in enumerate(tasks):
        task |= {"id": at, "annotations": said.get(task["data"]["id"], [])}
    path = tmp_path / "project.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return path


def test_reviews_come_back_from_label_studio(run: Path, tmp_path: Path) -> None:
    file = exported(
        run,
        tmp_path,
        {
            "a": [annotation({"id": 1, "email": "ann@example.org"}, verdict="accept")],
            "b": [
                annotation(2, verdict="reject", reason="not <b>here</b>"),
                annotation(3, verdict="accept", edit__chosen="Not there."),
            ],
            "c": [annotation(2, verdict="accept", edit__chosen="Mended.")],
            "d": [{**annotation(2), "was_cancelled": True}],
            "e": [annotation(2), "no annotation", {"result": [None, {"value": 3}]}],
        },
    )
    done = import_labelstudio(file, run)
    assert done.acts == {"accept": 3, "reject": 1, "skip": 1}
    assert done.left_out == {"nothing said": 2, "no annotation": 1}
    acts = {(act.row, act.by): act for act in Reviews(run).acts()}
    assert acts["a", "labelstudio:ann@example.org"].at == "2026-02-03T04:05:06.700+00:00"
    assert acts["b", "labelstudio:2"].reason == "not <b>here</b>"
    assert acts["b", "labelstudio:3"].edit == (), "an answer left as it was is no edit"
    assert acts["d", "labelstudio:2"].verdict == "skip"
    again = import_labelstudio(file, run)
    assert not again.acts and again.left_out["already there"] == 5
    out = export_run(run, "hf", tmp_path / "out", Chosen(only="accepted"))
    assert out.rows == {"train": 2} and out.left_out(failed=False)["disputed"] == 1
    assert rows_in(tmp_path / "out")["c"]["chosen"] == "Mended."


def test_people_there_can_be_called_as_they_are_here(run: Path, tmp_path: Path) -> None:
    told = {
        "a": [annotation(1, verdict="accept"), annotation(2, verdict="accept")],
        "b": [annotation({"id": 1, "email": "ann@example.org"}, verdict="reject")],
    }
    words = ["import", "labelstudio", str(exported(run, tmp_path, told)), str(run)]
    done = CliRunner().invoke(app, [*words, "--reviewer", "1=ann", "--reviewer", "3=bo"])
    assert done.exit_code == 0, done.output
    by = [(act.row, act.by) for act in Reviews(run).acts()]
    assert by == [("a", "ann"), ("a", "labelstudio:2"), ("b", "ann")]
    refused = CliRunner().invoke(app, [*words, "--reviewer", "ann"])
    assert isinstance(refused.exception, BadSetting) and "1=ann" in refused.exception.hint


def test_who_changes_their_mind_there_changes_it_here(run: Path, tmp_path: Path) -> None:
    for hour, verdict in enumerate(("accept", "reject", "accept"), 1):
        at = f"2026-02-03T0{hour}:00:00Z"
        file = exported(run, tmp_path, {"a": [annotation(1, at, verdict=verdict)]})
        assert import_labelstudio(file, run).acts == {verdict: 1}
    (last,) = Reviews(run).standing().values()
    assert last.verdict == "accept"


def test_tasks_of_others_are_counted_and_left(run: Path, tmp_path: Path) -> None:
    said = [annotation(1, verdict="accept")]
    tasks = [
        {"data": {"id": "elsewhere"}, "annotations": said},
        {"data": {"text": "no id"}, "annotations": said},
        {"data": None, "annotations": said},
    ]
    file = tmp_path / "p.json"
    file.write_text(json.dumps(tasks), encoding="utf-8")
    done = import_labelstudio(file, run)
    assert done.left_out == {"row is not in the run": 1, "no task of ours": 2}
    assert not (run / "reviews.jsonl").exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ('{"a": 1}', "is no list of tasks"),
        ("[3]", "is no list of tasks"),
        ('[{"id": 1, "image": "x", "verdict": "accept"}]', "has annotations"),
    ],
)
def test_a_file_that_is_no_export_is_refused(
    run: Path, tmp_path: Path, text: str, told: str
) -> None:
    file = tmp_path / "p.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ExportError, match=told) as refused:
        import_labelstudio(file, run)
    assert refused.value.hint


def test_the_commands_bring_reviews_there_and_back(run: Path, tmp_path: Path) -> None:
    file = exported(run, tmp_path, {"a": [annotation(1, verdict="accept")]})
    done = CliRunner().invoke(app, ["import", "labelstudio", str(file), str(run)])
    assert done.exit_code == 0, done.output
    assert "1 review (accept 1) by 1 reviewer" in " ".join(done.output.split())
    out = tmp_path / "out"
    args = ["export", str(run), "--to", "hf", "-o", str(out), "--only", "accepted"]
    done = CliRunner().invoke(app, args)
    assert "1 rows (train 1)" in done.output and "5 rows, not_reviewed" in done.output


def test_reviews_that_are_a_link_or_a_pipe_are_not_read(run: Path, tmp_path: Path) -> None:
    away = tmp_path / "away.jsonl"
    away.write_bytes(Act("a", "ann", "accept").as_line())
    (run / "reviews.jsonl").symlink_to(away)
    with pytest.raises(ReviewError, match="leads out of its folder"):
        Reviews(run).acts()
    (run / "reviews.jsonl").unlink()
    os.mkfifo(run / "reviews.jsonl")
    with pytest.raises(ReviewError, match="no regular file"):
        export_run(run, "hf", tmp_path / "out", Chosen())
