"""The silent faults of training, each refused by name before a step was made."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crosslight.models import open_processor
from crosslight.records import BadSetting
from crosslight.runs import read_run
from crosslight.store import read_table
from crosslight.tune import PreflightError, run_tune
from crosslight.tune.fits import Counter, picture_marks
from crosslight.tune.job import Method
from crosslight.tune.pictures import Pictures
from crosslight.tune.preflight.seen import seen_row
from crosslight.tune.rows import read_rows
from crosslight.tune.train.examples import example_of
from crosslight.tune.train.trainers import collator_of
from crosslight.view import write_tune_report
from tests.tune import tiny
from tests.tune.conftest import Bases

CUT = "too_long=cut"
QWEN = [pytest.param(kind, marks=pytest.mark.slow) for kind in ("qwen2_5_vl", "qwen3_vl")]
LONG = "Look at the people and the fire near the left edge in this picture of the night. " * 3


def sft_rows(question: str = "What do you see?", answer: str = "A dog.") -> list[dict[str, Any]]:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return [{"images": ["red.png"], "messages": turns}] * 2


def refused(tmp: Path, rows: list[dict[str, Any]], model: Path, method: str, *set_: str) -> Any:
    """The error of a run, which has trained nothing and says so in its folder."""
    data = tiny.write_jsonl(tmp / "data", rows)
    preset = "sft-lora" if method == "sft" else "spa-vl-dpo-lora"
    job = tiny.job(tmp, data, model, method, preset, *set_, steps=1, held_out=0.0)
    with pytest.raises(PreflightError) as caught:
        run_tune(job, lambda folder: write_tune_report(folder, job.images))
    assert read_run(job.out)["status"] == "failed"
    assert not (job.out / "model").exists() and not (job.out / "checkpoints").exists()
    assert caught.value.faults[0].place.startswith("rows.jsonl row ")
    page = (job.out / "preflight.html").read_text(encoding="utf-8")
    assert caught.value.faults[0].kind in page
    return caught.value


def test_an_answer_that_the_limit_cuts_away_is_refused(tmp_path: Path, bases: Bases) -> None:
    rows = sft_rows(LONG)
    error = refused(tmp_path, rows, bases("idefics3"), "sft", CUT, "max_length=100")
    assert {fault.kind for fault in error.faults} == {"no answer left"}
    assert "0 of " in error.message and "max_length 100" in error.message
    assert "--set max_length=N" in error.hint
    data = tmp_path / "data/rows.jsonl"
    job = tiny.job(tmp_path, data, bases("idefics3"), "sft", "sft-lora", CUT, steps=1, held_out=0.0)
    assert run_tune(job).status == "complete", "the remedy helps in the same folder"
    assert run_tune(replace(job, preflight_only=True)).status == "complete"
    assert read_run(job.out)["status"] == "complete", "a look takes no result away"


def test_an_answer_of_a_pair_that_is_cut_in_part_is_refused(tmp_path: Path, bases: Bases) -> None:
    pair = {"prompt": "What do you see?", "chosen": LONG, "rejected": "No."}
    rows = [{"image": "red.png", **pair}]
    error = refused(tmp_path, rows, bases("llava"), "dpo", CUT, "max_length=70")
    assert [fault.kind for fault in error.faults] == ["answer cut"]


@pytest.mark.parametrize(("kind", "limit"), [("idefics3", 12), ("llava", 12), ("gemma3", 10)])
def test_a_limit_inside_a_picture_is_refused(
    kind: str, limit: int, tmp_path: Path, bases: Bases
) -> None:
    error = refused(tmp_path, sft_rows(), bases(kind), "sft", CUT, f"max_length={limit}")
    assert error.faults[0].kind == "cut picture tokens"


@pytest.mark.parametrize("kind", ["idefics3", "llava", "gemma3", *QWEN])
def test_a_row_is_as_long_as_it_was_counted(kind: str, tmp_path: Path, bases: Bases) -> None:
    said = {"prompt": "What do you see?", "completion": "A dog."}
    shown: tuple[list[str], ...] = (["red.png", "blue.png"], ["red.png"], [])
    data = tiny.write_jsonl(tmp_path / "data", [{"images": names, **said} for names in shown])
    job = tiny.job(tmp_path, data, bases(kind), "sft", "sft-lora", held_out=0.0)
    pictures, processor = Pictures(job.images, job.settings.side), open_processor(bases(kind))
    count, collator = Counter(processor, pictures), collator_of(Method.SFT, processor, None)
    seen = []
    for row in read_rows(job, pictures).train:
        batch = dict(collator([example_of(row, pictures)]))
        seen.append(seen_row(row, batch, processor))
        assert count(row) == seen[-1].answers[0].tokens
    two, one, none = (row.picture_tokens for row in seen)
    # Each picture has all its tokens, and not only the mark that opens it.
    assert (two, none) == (2 * one, 0) and one >= 4


def test_a_row_that_the_template_refuses_fails_alone(tmp_path: Path, bases: Bases) -> None:
    model = shutil.copytree(bases("llava"), tmp_path / "strict")
    template = model / "chat_template.jinja"
    strict = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    template.write_text(strict + template.read_text(encoding="utf-8"), encoding="utf-8")
    odd = {"images": ["red.png"], "messages": [{"role": "system", "content": "Be brief."}]}
    odd["messages"] += sft_rows()[0]["messages"]
    data = tiny.write_jsonl(tmp_path / "data", [*sft_rows(), odd])
    job = tiny.job(tmp_path, data, model, "sft", "sft-lora", held_out=0.0)
    told = run_tune(replace(job, preflight_only=True)).summary
    assert (told["account"]["finished"], told["account"]["failed"]) == (2, 1)
    (lost,) = read_table(job.out / "failed.parquet").to_pylist()
    assert lost["input"] == "rows.jsonl row 3" and "no system" in lost["error"]
    only = tiny.write_jsonl(tmp_path / "only", [odd])
    with pytest.raises(BadSetting, match=r"no row fits strict .*no system.*rows\.jsonl row 1"):
        run_tune(replace(job, data=only, out=tmp_path / "other"))


@pytest.mark.parametrize("mark", ["<image_soft_token>", "<end_of_image>", "<start_of_image>"])
def test_every_mark_of_a_picture_is_kept_out_of_the_text(mark: str, bases: Bases) -> None:
    assert mark in picture_marks(open_processor(bases("gemma3")))


def test_a_template_that_loses_the_picture_is_refused(tmp_path: Path, bases: Bases) -> None:
    model = tiny.base("llava", tmp_path / "forgetful")
    template = model / "chat_template.jinja"
    template.write_text(template.read_text(encoding="utf-8").replace("<image>", ""))
    processor = open_processor(model)
    assert "<image>" not in processor.chat_template
    error = refused(tmp_path, sft_rows(), model, "sft")
    assert error.faults[0].kind in ("lost pictures", "cannot be read")
    assert "picture" in error.faults[0].told or "image" in error.faults[0].told


def test_a_template_that_loses_the_second_picture_is_refused_by_the_one_row_that_has_two(
    tmp_path: Path,
) -> None:
    model = tiny.base("llava", tmp_path / "forgetful")
    template = model / "chat_template.jinja"
    text = template.read_text(encoding="utf-8")
    first = text.replace("<image>", "{% if loop.first %}<image>{% endif %}")
    template.write_text(first, encoding="utf-8")
    two = {**sft_rows()[0], "images": ["red.png", "blue.png"]}
    rows = [*sft_rows(LONG), *sft_rows() * 4, two, *sft_rows() * 4]
    error = refused(tmp_path, rows, model, "sft")
    assert [fault.place for fault in error.faults] == ["rows.jsonl row 11"]


def test_a_template_without_the_answer_is_refused(tmp_path: Path, bases: Bases) -> None:
    model = tiny.base("llava", tmp_path / "mute")
    template = model / "chat_template.jinja"
    text = template.read_text(encoding="utf-8")
    only = "{% for m in messages if m['role'] == 'user' %}"
    template.write_text(text.replace("{% for m in messages %}", only), encoding="utf-8")
    error = refused(tmp_path, sft_rows(), model, "sft")
    assert error.faults[0].kind in ("no answer left", "cannot be read")


def test_pictures_under_another_name_are_refused_and_can_be_named(
    tmp_path: Path, bases: Bases
) -> None:
    rows = [{"photo": row["images"][0], "messages": row["messages"]} for row in sft_rows()]
    data = tiny.write_jsonl(tmp_path / "data", rows)
    job = tiny.job(tmp_path, data, bases("idefics3"), "sft", "sft-lora", steps=1, held_out=0.0)
    with pytest.raises(BadSetting, match=r"rows\.jsonl row 1: .* pictures in 'photo'") as caught:
        run_tune(job)
    assert caught.value.hint == "--image-column photo"
    told = run_tune(replace(job, image_column="photo", preflight_only=True))
    assert told.exit_code == 0
    seen = json.loads((job.out / "preflight.json").read_text(encoding="utf-8"))
    assert seen["rows"][0]["picture_tokens"] > 0 and not seen["faults"]


def test_rows_that_are_too_long_or_forge_a_picture_are_left_out_with_the_reason(
    tmp_path: Path, bases: Bases
) -> None:
    rows = [*sft_rows(), *sft_rows(LONG * 4)[:1], *sft_rows("Look <image> here")[:1]]
    data = tiny.write_jsonl(tmp_path / "data", rows)
    job = tiny.job(
        tmp_path, data, bases("idefics3"), "sft", "sft-lora", "max_length=200", held_out=0.0
    )
    told = run_tune(replace(job, preflight_only=True)).summary
    assert told["account"] == {
        "inputs": 4,
        "finished": 2,
        "dropped": 2,
        "failed": 0,
        "not_reached": 0,
    }
    dropped = {r["input"]: r for r in read_table(job.out / "dropped.parquet").to_pylist()}
    assert dropped["rows.jsonl row 3"]["reason"] == "longer than max_length"
    assert dropped["rows.jsonl row 3"]["detail"].endswith("tokens")
    assert (
        dropped["rows.jsonl row 4"]["reason"] == "its text holds the model's own mark for pictures"
    )


def test_the_page_shows_what_is_trained_on_and_escapes_it(tmp_path: Path, bases: Bases) -> None:
    evil = "<script>alert(1)</script>\u202e"
    data = tiny.write_jsonl(tmp_path / "data", sft_rows(evil, evil + " A dog."))
    job = tiny.job(tmp_path, data, bases("idefics3"), "sft", "sft-lora", held_out=0.0)
    run_tune(
        replace(job, preflight_only=True), lambda folder: write_tune_report(folder, job.images)
    )
    page = (job.out / "preflight.html").read_text(encoding="utf-8")
    assert page.count("<script") == 1 and "&lt;script&gt;" in page and "\u202e" not in page
    assert "A dog." in page[page.index("<mark>&lt;script") :]
    assert 'src="data:image/jpeg;base64,' in page and "picture: " in page
    assert read_run(job.out)["status"] == "stopped", "the run itself is still to be made"
