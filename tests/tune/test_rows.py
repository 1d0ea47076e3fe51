"""Rows out of whatever table: TRL's columns, runs of ours, and what is wrong with them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crosslight.records import BadSetting, Dropped
from crosslight.store import TableError
from crosslight.tune import TuneJob, run_tune
from crosslight.tune.held_out import couples
from crosslight.tune.pictures import Pictures
from crosslight.tune.rows import TuneRow, read_rows, weights_note
from tests.tune import tiny
from tests.tune.conftest import Bases


def job_of(tmp: Path, data: Path, method: str = "sft", **more: Any) -> TuneJob:
    preset = "sft-lora" if method == "sft" else "spa-vl-dpo"
    return tiny.job(tmp, data, Path("unused"), method, preset, **{"held_out": 0.0, **more})


def read(tmp: Path, rows: list[dict[str, Any]], method: str = "sft", **more: Any) -> Any:
    job = job_of(tmp, tiny.write_jsonl(tmp / "data", rows), method, **more)
    return read_rows(job, Pictures(job.images, 64, allow_outside=job.allow_outside))


def asked(row: TuneRow) -> list[str]:
    return [p["text"] if p["type"] == "text" else "(picture)" for p in row.prompt[0]["content"]]


def test_each_form_of_trl_becomes_the_same_row(tmp_path: Path) -> None:
    user, said = {"role": "user", "content": "What?"}, {"role": "assistant", "content": "A dog."}
    rows: list[dict[str, Any]] = [
        {"image": "red.png", "messages": [user, said]},
        {"images": ["red.png"], "prompt": [user], "completion": [said]},
        {"images": ["red.png"], "prompt": "What?", "completion": "A dog."},
        {"image": "red.png", "prompt": "What?", "chosen": "A dog.", "rejected": [user]},
        {"image": "red.png", "text": "What?", "response": "A dog."},
    ]
    found = read(tmp_path, rows).train
    assert len(found) == 5
    assert {(tuple(asked(row)), row.answer, row.pictures) for row in found} == {
        (("(picture)", "What?"), "A dog.", found[0].pictures)
    }


def test_pictures_stand_where_the_row_places_them(tmp_path: Path) -> None:
    parts = [
        *({"type": "text", "text": "first"}, {"type": "image"}),
        *({"type": "text", "text": "second"}, {"type": "image"}),
    ]
    turns = [{"role": "user", "content": parts}, {"role": "assistant", "content": "Both."}]
    rows: list[dict[str, Any]] = [
        {"images": ["red.png", "blue.png"], "messages": turns},
        {"images": ["red.png"], "messages": turns},
        {"images": [], "prompt": "None?", "completion": "None."},
    ]
    found = read(tmp_path, rows)
    assert [asked(row) for row in found.train] == [
        ["first", "(picture)", "second", "(picture)"],
        ["None?"],
    ]
    (lost,) = found.lost
    assert "a place for 2 pictures, the row has 1" in lost.outcome.reason


def test_bad_rows_are_dropped_or_failed_each_with_its_reason(tmp_path: Path) -> None:
    good = {"image": "red.png", "prompt": "What?", "chosen": "A dog.", "rejected": "A cat."}
    (tmp_path / "secret.png").write_bytes(tiny.picture("red"))
    (tmp_path / "data").mkdir()
    (tmp_path / "data/broken.png").write_bytes(b"\x89PNG nothing")
    rows: list[dict[str, Any]] = [
        good,
        {**good, "rejected": "A dog."},
        {**good, "chosen": " "},
        {**good, "image": "../secret.png"},
        {**good, "image": "broken.png"},
        {**good, "image": "nowhere.png"},
        {**good, "prompt": None},
    ]
    found = read(tmp_path, rows, "dpo")
    assert len(found.train) == 1 and found.inputs == 7
    told = {one.input: one.outcome for one in found.lost}
    assert told["rows.jsonl row 2"].reason == "both answers are the same"
    assert told["rows.jsonl row 3"].reason == "an answer is empty"
    assert "--allow-outside" in told["rows.jsonl row 4"].error
    assert "cannot be read" in told["rows.jsonl row 5"].error
    assert "cannot be read" in told["rows.jsonl row 6"].error
    assert told["rows.jsonl row 7"].reason == "no question"
    outside = read(tmp_path, rows, "dpo", allow_outside=True)
    assert len(outside.train) == 2


def test_what_does_not_fit_as_a_whole_names_file_row_and_remedy(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="row 1: dpo needs the columns chosen and rejected"):
        read(tmp_path, [{"image": "red.png", "prompt": "a", "completion": "b"}], "dpo")
    with pytest.raises(BadSetting, match="row 1: no columns that can be trained on"):
        read(tmp_path, [{"image": "red.png", "caption": "b"}])
    with pytest.raises(BadSetting, match="no row to train on: 1 x an answer is empty"):
        read(tmp_path, [{"prompt": "a", "completion": ""}])
    path = tmp_path / "data/rows.jsonl"
    path.write_text('{"prompt": "a"\n', encoding="utf-8")
    with pytest.raises(TableError, match="line 1 is no JSON"):
        read_rows(job_of(tmp_path, path), Pictures(tmp_path / "images", 64))
    with pytest.raises(BadSetting, match="holds no rows"):
        read_rows(job_of(tmp_path, tmp_path / "nowhere"), Pictures(tmp_path / "images", 64))


def test_the_splits_of_a_run_are_kept_and_test_is_never_trained_on(tmp_path: Path) -> None:
    rows = tiny.mirrored(3)
    for at, split in enumerate(("validation", "test")):
        for row in rows[2 * at : 2 * at + 2]:
            row["split"] = split
    data = tiny.write_run(tmp_path / "run", rows)
    job = job_of(tmp_path, data, "dpo")
    found = read_rows(job, Pictures(job.images, 64))
    assert [row.id for row in found.train] == ["red2", "blue2"]
    assert [row.id for row in found.held_out] == ["red0", "blue0"]
    assert [lost.row for lost in found.lost] == ["red1", "blue1"]
    assert found.hashes.keys() == {f"{s}-00000.parquet" for s in ("train", "validation", "test")}


def test_rows_marked_sensitive_are_trained_on_only_when_asked_for(tmp_path: Path) -> None:
    rows = [{**row, "sensitive": False, "kind": "pair"} for row in tiny.mirrored(3)]
    rows[0]["sensitive"], rows[1]["sensitive"] = True, None
    rows[2]["kind"] = "sensitive"
    data = tiny.write_run(tmp_path / "run", rows)
    job = job_of(tmp_path, data, "dpo")
    found = read_rows(job, Pictures(job.images, 64))
    assert [row.id for row in found.train] == ["blue1", "red2", "blue2"]
    assert [one.input[-5:] for one in found.lost] == ["row 1", "row 2", "row 3"]
    assert all("--include-sensitive" in str(lost.outcome) for lost in found.lost)
    every = read_rows(replace(job, sensitive=True), Pictures(job.images, 64))
    assert len(every.train) == 6 and every.lost == ()


def test_rows_of_a_low_or_an_unknown_weight_are_left_out_when_asked_for(tmp_path: Path) -> None:
    rows = [{**row, "weight": 1.0} for row in tiny.mirrored(3)]
    rows[0]["weight"], rows[1]["weight"], rows[2]["weight"] = 0.5, 0.5, None
    job = job_of(tmp_path, tiny.write_run(tmp_path / "run", rows), "dpo")
    every = read_rows(job, Pictures(job.images, 64))
    assert len(every.train) == 6
    (note,) = weights_note(every.train)
    assert note.startswith("3 of 6 rows") and "--min-weight" in note
    some = read_rows(replace(job, min_weight=0.6), Pictures(job.images, 64))
    assert [row.id for row in some.train] == ["blue1", "red2", "blue2"]
    told = [one.outcome.reason for one in some.lost if isinstance(one.outcome, Dropped)]
    assert told == [f"its weight is {w}, below --min-weight" for w in ("0.5", "0.5", "unknown")]
    assert weights_note(some.train) == []


def test_a_limit_takes_a_pair_with_its_mirror(tmp_path: Path) -> None:
    job = job_of(tmp_path, tiny.write_run(tmp_path / "run", tiny.mirrored(8)), "dpo", limit=6)
    found = read_rows(job, Pictures(job.images, 64)).train
    assert len(found) == 6 and len(couples(found)) == 3


def test_without_splits_whole_clusters_are_held_out_by_the_seed(tmp_path: Path) -> None:
    rows = [{**row, "split": ""} for row in tiny.mirrored(12)]
    for row in rows:
        row["image"] = row["image"]["path"]
    found = [read(tmp_path, rows, "dpo", held_out=0.3, seed=seed) for seed in (0, 0, 1)]
    units = [{row.unit for row in one.held_out} for one in found]
    assert units[0] == units[1] != units[2] and 0 < len(units[0]) < 12
    assert not units[0] & {row.unit for row in found[0].train}
    few = read(tmp_path, rows, "dpo", limit=5)
    assert len(few.train) == 5 and len(few.lost) == 19


OTHERS = ("idefics3", "llava", "qwen2_5_vl", "qwen3_vl")


@pytest.mark.parametrize(
    "kind", ["gemma3", *(pytest.param(kind, marks=pytest.mark.slow) for kind in OTHERS)]
)
def test_rows_with_none_one_and_two_pictures_train_in_one_batch(
    kind: str, tmp_path: Path, bases: Bases
) -> None:
    rows: list[dict[str, Any]] = [
        {"images": ["red.png", "blue.png"], "prompt": "Both?", "completion": "Both."},
        {"images": ["red.png"], "prompt": "One?", "completion": "One."},
        {"images": [], "prompt": "None?", "completion": "None."},
    ]
    data = tiny.write_jsonl(tmp_path / "data", rows)
    settings = ("batch=3", "at_once=3")
    job = tiny.job(tmp_path, data, bases(kind), "sft", "mis-sft", *settings, steps=3, held_out=0.0)
    losses = run_tune(job).summary["training"]["losses"]
    assert losses[-1] < losses[0]
