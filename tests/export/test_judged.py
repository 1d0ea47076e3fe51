"""Verdicts, grades and answers as exports: three values stay three, and whose a picture is."""

import csv
import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import datasets
import pyarrow.parquet as pq
import pytest
from PIL import Image
from typer.testing import CliRunner

from crosslight.cli import app
from crosslight.export import Chosen, ExportError, Places, export_run, import_labelstudio
from crosslight.judge import WITH_COPIES
from crosslight.records import BadSetting
from crosslight.runs import Act, Intake, Reviews
from crosslight.store import ImageStore
from tests.export.judged_run import answered, graded, judged
from tests.judge.running import job
from tests.judge.running import run as run_job
from tests.judge.simulated import scenes

ALL = Chosen(sensitive=True)
IMAGES = 16


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return judged(tmp_path_factory.mktemp("judged"), IMAGES)


def places(run: Path, data: Path | None = None) -> Places:
    return Places(run.parent / "images", data)


def rows_in(out: Path, split: str = "train") -> dict[str, dict[str, Any]]:
    (path,) = (out / "data").glob(f"{split}-*")
    return {row["id"]: row for row in pq.read_table(path).to_pylist()}


def test_datasets_reads_a_verdict_a_picture_with_a_column_a_rule(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    out = tmp_path / "out"
    done = export_run(run, "hf", out, ALL, places(run))
    verdicts = {row["id"]: row for row in pq.read_table(run / "verdicts.parquet").to_pylist()}
    evidence = pq.read_table(run / "evidence.parquet").to_pylist()
    assert done.rows == {"train": IMAGES} and done.pictures == IMAGES
    read = datasets.load_dataset(str(out), cache_dir=str(tmp_path / "cache"))["train"]
    assert {row["verdict"] for row in read} >= {"unsafe", "safe", "undecided"}
    for row in read:
        told = {one["rule"]: one["finding"] for one in json.loads(row["rules"])}
        assert {name: row[f"finding_{name}"] for name in told} == told
        assert row["verdict"] == verdicts[row["id"]]["verdict"] and row["image"].size[0] > 0
        asked = [one["question"] for one in evidence if one["photo"] == row["photo"]]
        assert [one["question"] for one in json.loads(row["evidence"])] == asked
        assert row["licence"] == "CC-BY-4.0" and row["sensitive"] == (row["verdict"] != "safe")
    findings = {row[name] for row in read for name in row if name.startswith("finding_")}
    assert findings >= {"violated", "clear", "undecided"} and None not in findings
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "A verdict is a model's word" in card and f"| CC-BY-4.0 | {IMAGES} |" in card
    assert "so that a model can learn" not in card and "Judged by the policy" in card
    credits = list(csv.DictReader((out / "credits.csv").open(newline="", encoding="utf-8")))
    assert [row["origin"] for row in credits].count("https://example.org/first") == 1


def test_what_is_not_called_safe_goes_out_only_where_it_is_asked_for(
    run: Path, tmp_path: Path
) -> None:
    done = export_run(run, "hf", tmp_path / "out", Chosen(), places(run))
    assert {row["verdict"] for row in rows_in(tmp_path / "out").values()} == {"safe"}
    assert done.left_out(failed=False) == {"sensitive": IMAGES - done.rows.total()}
    assert done.notes == [
        "Only pictures that the judge calls safe are here: --include-sensitive takes all."
    ]
    unsafe = export_run(
        run, "hf", tmp_path / "out", Chosen(kinds=("unsafe",), sensitive=True), places(run)
    )
    assert {row["verdict"] for row in rows_in(tmp_path / "out").values()} == {"unsafe"}
    assert unsafe.left_out(failed=False) == {"other_kind": IMAGES - unsafe.rows.total()}


def test_tars_and_croissant_hold_the_same_verdicts(run: Path, tmp_path: Path) -> None:
    export_run(run, "hf", tmp_path / "hf", ALL, places(run))
    whole = {name: row["verdict"] for name, row in rows_in(tmp_path / "hf").items()}
    export_run(run, "webdataset", tmp_path / "tar", ALL, places(run))
    with tarfile.open(tmp_path / "tar" / "train-000000.tar") as tar:
        told = [json.load(tar.extractfile(one)) for one in tar if one.name.endswith("json")]  # type: ignore[arg-type]
    assert {row["id"]: row["verdict"] for row in told} == whole
    export_run(run, "croissant", tmp_path / "ml", ALL, places(run))
    assert {name: row["verdict"] for name, row in rows_in(tmp_path / "ml").items()} == whole
    about = json.loads((tmp_path / "ml" / "croissant.json").read_text(encoding="utf-8"))
    assert "verdicts" in about["description"] and about["license"] == ["CC-BY-4.0"]


@pytest.mark.parametrize("form", ["JPEG", "TIFF"])
def test_pictures_go_out_without_place_and_owner_or_it_is_said(tmp_path: Path, form: str) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x8298] = "Acme Phone", "Ann Owner"
    made = judged(tmp_path, 3)
    held = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(held, form, exif=exif)
    photo = ImageStore(tmp_path / "images").put(held.getvalue())
    for name in ("verdicts", "evidence"):
        table = pq.read_table(made / f"{name}.parquet")
        told = table["photo"].to_pylist()
        column = [[photo if one == told[0] else one for one in told]]
        at = table.schema.get_field_index("photo")
        pq.write_table(table.set_column(at, "photo", column), made / f"{name}.parquet")
    done = export_run(made, "webdataset", tmp_path / "out", ALL, places(made))
    data = (tmp_path / "out" / "train-000000.tar").read_bytes()
    assert b"Ann Owner" in held.getvalue() and (b"Ann Owner" in data) is (form == "TIFF")
    said = "The files of 1 picture are as they were, and may say where and by whom"
    assert [said in note for note in done.notes] == ([True] if form == "TIFF" else [])


def test_the_licence_that_a_table_states_reaches_the_credits(tmp_path: Path) -> None:
    images = scenes(3)
    for at, scene in enumerate(images):
        (tmp_path / f"{at}.jpg").write_bytes(scene.jpeg)
    rows = [f"{at}.jpg,CC0-1.0,https://example.org/{at}" for at in range(3)]
    (tmp_path / "table.csv").write_text("\n".join(["image,licence,origin", *rows]))
    intake = Intake(tmp_path / "table.csv", replace(WITH_COPIES, min_side=8))
    made, _ = run_job(replace(job(images, tmp_path), targets=(), intake=intake))
    assert made.summary["rows"] == 3
    export_run(tmp_path / "run", "hf", tmp_path / "out", ALL, places(tmp_path / "run"))
    told = rows_in(tmp_path / "out").values()
    assert {(row["licence"], row["origin"][-1]) for row in told} == {
        ("CC0-1.0", str(at)) for at in range(3)
    }


def test_pictures_that_the_store_has_not_are_failures_with_the_way_out(
    run: Path, tmp_path: Path
) -> None:
    with pytest.raises(ExportError, match="has its pictures") as refused:
        export_run(run, "hf", tmp_path / "out", ALL, Places(tmp_path / "none"))
    assert "--store" in refused.value.hint
    args = ["export", str(run), "--to", "hf", "-o", str(tmp_path / "out")]
    done = CliRunner().invoke(app, [*args, "--store", str(run.parent)])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("to", ["trl", "llamafactory", "msswift"])
def test_trainers_learn_from_replies_and_a_verdict_is_none(
    run: Path, tmp_path: Path, to: str
) -> None:
    with pytest.raises(BadSetting, match="holds verdicts") as refused:
        export_run(run, to, tmp_path / "out", ALL, places(run))
    assert "hf, webdataset, croissant, labelstudio" in refused.value.hint
    assert "build and prefer" in refused.value.hint and not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["rate", "tune", "compare"])
def test_a_run_without_rows_says_what_can_be_exported(tmp_path: Path, kind: str) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"kind": kind, "status": "complete"}))
    with pytest.raises(ExportError, match=f"holds a run of {kind}") as refused:
        export_run(tmp_path, "hf", tmp_path / "out", ALL)
    assert "build, prefer, judge, assess or bench" in refused.value.hint


def tasks_in(out: Path) -> list[dict[str, Any]]:
    return list(json.loads((out / "tasks-0001.json").read_text(encoding="utf-8")))


def test_label_studio_asks_by_rule_and_is_told_only_what_is_known(
    run: Path, tmp_path: Path
) -> None:
    export_run(run, "labelstudio", tmp_path / "out", ALL, places(run))
    face = (tmp_path / "out" / "labels.xml").read_text(encoding="utf-8")
    for task in tasks_in(tmp_path / "out"):
        rules = json.loads(task["data"]["rules"])
        assert all(f'name="label@{one["rule"]}"' in face for one in rules)
        said = {
            part["from_name"]: part["value"]["choices"][0]
            for one in task["predictions"]
            for part in one["result"]
        }
        known = {"violated": "unsafe", "clear": "safe"}
        findings = {f"label@{one['rule']}": known.get(one["finding"]) for one in rules}
        findings["label"] = {"undecided": None}.get(
            task["data"]["verdict"], task["data"]["verdict"]
        )
        assert said == {name: label for name, label in findings.items() if label}
        assert task["data"]["findings"].count("\n") == len(rules) - 1


def test_titles_of_rules_stay_words_in_the_interface(tmp_path: Path) -> None:
    made = judged(tmp_path, 3)
    told = json.loads((made / "run.json").read_text(encoding="utf-8"))
    rule = told["plan"]["rules"][0]["id"]
    told["constitution"]["titles"][rule] = '"/><Image value="$image"/> <b>&amp;\x00\u202e $id'
    (made / "run.json").write_text(json.dumps(told), encoding="utf-8")
    export_run(made, "labelstudio", tmp_path / "out", ALL, places(made))
    face = ElementTree.parse(tmp_path / "out" / "labels.xml").getroot()
    assert len(face.findall("Image")) == 1, "a title makes no part of an interface"
    said = [
        one.attrib["value"] for one in face.findall("Header") if "By the rule" in str(one.attrib)
    ]
    assert len(said) == len(told["plan"]["rules"]) and '"/><Image value=' in said[0]
    assert not any("$" in one for one in said), "nor does it name a field of the task"


def test_labels_of_rules_come_back_as_labels_of_rules(run: Path, tmp_path: Path) -> None:
    made = judged(tmp_path / "own", 3)
    export_run(made, "labelstudio", tmp_path / "out", ALL, places(made))
    tasks = tasks_in(tmp_path / "out")
    rule = json.loads(tasks[0]["data"]["rules"])[0]["rule"]

    def part(name: str, value: str) -> dict[str, Any]:
        return {"from_name": name, "to_name": "text", "value": {"choices": [value]}}

    first = [part("verdict", "reject"), part("label", "safe"), part(f"label@{rule}", "safe")]
    tasks[0]["annotations"] = [{"completed_by": 1, "result": first}]
    only = [part(f"label@{rule}", "unsafe"), part(f"label@{rule}x", "odd")]
    tasks[1]["annotations"] = [{"completed_by": 1, "result": only}]
    file = tmp_path / "project.json"
    file.write_text(json.dumps(tasks), encoding="utf-8")
    back = import_labelstudio(file, made)
    assert back.acts == {"reject": 1, "label or edit": 2} and not back.left_out
    said = {(act.row, act.rule): act for act in Reviews(made).acts()}
    whole = said[tasks[0]["data"]["id"], ""]
    assert (whole.verdict, whole.label) == ("reject", "safe")
    assert said[tasks[0]["data"]["id"], rule].label == "safe"
    assert said[tasks[1]["data"]["id"], rule].label == "unsafe"
    kept = export_run(made, "hf", tmp_path / "out", ALL, places(made))
    assert kept.rows.total() == 3
    edit = (("verdict", "safe"), ("reason", "I say so"))
    Reviews(made).add(Act(tasks[1]["data"]["id"], "ann", "accept", edit=edit))
    accepted = Chosen(sensitive=True, only="accepted")
    done = export_run(made, "hf", tmp_path / "out", accepted, places(made))
    (row,) = rows_in(tmp_path / "out").values()
    told = {one["data"]["id"]: one["data"] for one in tasks}[row["id"]]
    assert done.rows == {"train": 1} and row["reason"] == told["reason"] != "I say so"
    assert done.notes == [
        "1 rows have edits of reviewers: what a model said goes out as it said it."
    ]


def test_evidence_of_other_pictures_is_not_laid_beside_a_verdict(tmp_path: Path) -> None:
    made = judged(tmp_path, 4)
    table = pq.read_table(made / "evidence.parquet")
    backwards = table.take(list(range(table.num_rows))[::-1])
    pq.write_table(backwards, made / "evidence.parquet")
    with pytest.raises(ExportError, match="does not belong to the verdicts"):
        export_run(made, "hf", tmp_path / "out", ALL, places(made))
    assert not (tmp_path / "out").exists() or not (tmp_path / "out" / "data").exists()


def test_grades_keep_what_is_undecided_apart(tmp_path: Path) -> None:
    made = graded(tmp_path)
    done = export_run(made, "hf", tmp_path / "out", Chosen(), places(made))
    rows = rows_in(tmp_path / "out")
    assert done.rows == {"train": 3} and set(rows) == {row["photo"] for row in rows.values()}
    assert sorted(row["status"] for row in rows.values()) == ["done", "done", "undecided"]
    assert {row["grade"] for row in rows.values()} == {8.0}, "of what is undecided too: it is told"
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "the run marks none" in card and "| not stated | 3 |" in card
    export_run(made, "labelstudio", tmp_path / "out", Chosen(), places(made))
    said = [task["data"]["said"] for task in tasks_in(tmp_path / "out")]
    assert sum(one.startswith("8.0 of 10 (undecided; ") for one in said) == 1
    assert said.count("8.0 of 10 (done)") == 2


def test_grades_of_people_go_to_label_studio_and_come_back_where_they_changed(
    tmp_path: Path,
) -> None:
    made = graded(tmp_path)
    first, second, *_ = (
        row["photo"] for row in pq.read_table(made / "assessed.parquet").to_pylist()
    )
    Reviews(made).add(Act(first, "ann", "reject", label="3"))
    Reviews(made).add(Act(second, "ann", "", label="harmful"))  # no grade: the interface has none
    export_run(made, "labelstudio", tmp_path / "out", Chosen(), places(made))
    tasks = {task["data"]["id"]: task for task in tasks_in(tmp_path / "out")}
    (told,) = tasks[first]["annotations"]
    said = {part["from_name"]: part["value"] for part in told["result"]}
    assert said == {"label": {"choices": ["3"]}, "verdict": {"choices": ["reject"]}}
    assert "annotations" not in tasks[second]
    theirs = {"from_name": "label", "to_name": "text", "value": {"choices": ["10"]}}
    tasks[second]["annotations"] = [{"completed_by": 1, "result": [theirs]}]
    file = tmp_path / "project.json"
    file.write_text(json.dumps([*tasks.values()]), encoding="utf-8")
    back = import_labelstudio(file, made)
    assert back.acts == {"label or edit": 1}, "what we said ourselves does not come back"
    labels = {(act.row, act.by): act.label for act in Reviews(made).acts()}
    assert labels[second, "labelstudio:1"] == "10" and labels[first, "ann"] == "3"


def test_answers_go_out_with_their_grades_and_pictures_only_on_request(tmp_path: Path) -> None:
    made = answered(tmp_path)
    done = export_run(made, "hf", tmp_path / "sent", Chosen(), places(made))
    rows = rows_in(tmp_path / "sent", "test")
    assert (
        done.rows == {"test": 4} and done.pictures == 0 and set(rows) == {f"i{n}" for n in range(4)}
    )
    assert {row["right"] for row in rows.values()} == {0.0, 1.0}
    assert rows["i1"]["image_names"] == ["1.png"] and "image" not in rows["i1"]
    card = (tmp_path / "sent" / "README.md").read_text(encoding="utf-8")
    assert "Not for training" in card and 'load_dataset("OUT")["test"]' in card
    assert "No picture is here." in card and "license_name: of-the-benchmark" in card
    with_them = export_run(made, "hf", tmp_path / "sent", Chosen(), places(made, tmp_path / "data"))
    assert with_them.pictures == 4
    shown = rows_in(tmp_path / "sent", "test")["i1"]["image"]["bytes"]
    assert Image.open(io.BytesIO(shown)).size == (32, 24)
    export_run(made, "labelstudio", tmp_path / "sent", Chosen(), places(made))
    assert "<Image" not in (tmp_path / "sent" / "labels.xml").read_text(encoding="utf-8")
    assert "image" not in tasks_in(tmp_path / "sent")[0]["data"]
    with pytest.raises(BadSetting, match="no place for answers") as refused:
        export_run(made, "croissant", tmp_path / "sent", Chosen(), places(made))
    assert "hf, webdataset, labelstudio" in refused.value.hint


def test_answers_to_an_item_that_was_asked_twice_have_no_single_review(tmp_path: Path) -> None:
    made = answered(tmp_path, epochs=2)
    assert export_run(made, "hf", tmp_path / "sent", Chosen(), places(made)).rows == {"test": 8}
    for to, chosen in (("labelstudio", Chosen()), ("hf", Chosen(only="accepted"))):
        with pytest.raises(BadSetting, match="several times"):
            export_run(made, to, tmp_path / "sent", chosen, places(made))
