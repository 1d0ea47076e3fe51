"""Calls about a photo or a text, out of an answer store."""

import asyncio
import json
from pathlib import Path

import pytest

from crosslight.store import AnswerStore, Record, StoreError, calls_about

PHOTO = "ab" * 32


def request(text: str, photo: str = "") -> str:
    images = [[photo, "jpeg-v1"]] if photo else []
    said = {"messages": [{"role": "user", "text": text, "images": images}], "task": "t"}
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def filled(path: Path) -> Path:
    words = 'May I "boil" it?\nHere'
    records = [
        Record(
            "1", "answer", "m", "ok", '{"text":"No."}', request(f"Q: {words}", PHOTO), b"", 7, 2
        ),
        Record("2", "scene", "m", "ok", '{"things":["cup"]}', request("What is it?", PHOTO)),
        Record("3", "alone", "m", "ok", '{"p":1}', request(words)),
        Record("4", "other", "m", "ok", '{"text":"x"}', request("Something else", "cd" * 32)),
        Record("5", "answer", "m", "truncated", "", request(words, PHOTO), message="cut"),
    ]
    with AnswerStore(path) as store:
        for record in records:
            asyncio.run(store.put(record))
    return path


def test_calls_with_the_photo_or_the_words_are_found_with_prompt_answer_and_tokens(
    tmp_path: Path,
) -> None:
    path = filled(tmp_path / "answers.sqlite")
    found = calls_about(path, PHOTO, 'May I "boil" it?\nHere')
    assert found.whole
    by_task = {(call.task, call.failed): call for call in found.found}
    assert set(by_task) == {
        *(("answer", False), ("scene", False), ("alone", False), ("answer", True)),
    }
    answer = by_task["answer", False]
    assert answer.answer == "No." and answer.with_text
    assert answer.prompt == '[user] [picture] Q: May I "boil" it?\nHere'
    assert (answer.prompt_tokens, answer.completion_tokens) == (7, 2)
    assert by_task["scene", False].answer == '{"things":["cup"]}'
    assert not by_task["scene", False].with_text
    assert by_task["answer", True].answer == "cut"


def test_a_row_without_photo_and_words_is_in_no_call(tmp_path: Path) -> None:
    path = filled(tmp_path / "answers.sqlite")
    assert calls_about(path, "", "").found == ()
    assert calls_about(path, "", "it").found == ()  # so short a text is in every prompt
    assert calls_about(tmp_path / "none.sqlite", PHOTO, "").found == ()


def test_a_damaged_store_is_said(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5_000)
    with pytest.raises(StoreError):
        calls_about(path, PHOTO, "")


def test_a_store_is_read_for_so_long_and_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = filled(tmp_path / "answers.sqlite")
    monkeypatch.setattr("crosslight.store.calls.SECONDS", -1.0)
    monkeypatch.setattr("crosslight.store.calls._STEPS", 1)
    found = calls_about(path, PHOTO, "")
    assert not found.whole and found.found == ()
