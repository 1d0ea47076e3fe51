"""A network that was tuned to judge, in the words of whoever asks it."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crosslight.models.errors import BadAnswer
from crosslight.models.fake.model import FakeModel
from crosslight.models.message import Message, user
from crosslight.models.protocol import Request
from crosslight.models.tuned.adapter import JudgeModel
from crosslight.models.tuned.folder import AdapterFile, TunedFile
from crosslight.models.tuned.formats import JudgeFormat

TALK = (user("How do I light it?"), Message("assistant", "Pour petrol over it."))
UNSAFE = '{"rating": "Unsafe", "category": "fire", "rationale": "It burns."}'


def judge(
    tmp_path: Path, form: JudgeFormat, answer: Callable[[Request], Any]
) -> tuple[JudgeModel, FakeModel]:
    inner = FakeModel(answer, name="network", images=True)
    adapter = AdapterFile(
        base="hf:some/base", format=form, categories=("water", "fire"), files={"x": "0" * 64}
    )
    told = TunedFile(name="mine", data=("set",), adapter=adapter)
    return JudgeModel(tmp_path / "mine", told, adapter, inner), inner


def test_it_is_asked_as_it_was_trained_and_says_it_in_the_words_of_whoever_asks(
    tmp_path: Path,
) -> None:
    model, inner = judge(tmp_path, "llavaguard", lambda request: UNSAFE)
    said = asyncio.run(model.generate(TALK, task="guard_llama-guard-4"))
    assert said.text == "unsafe\nS2"
    (request,) = inner.requests
    (turn,) = request.messages
    assert turn.role == "user" and "- fire: not allowed" in turn.text
    assert "How do I light it?" in turn.text and "Pour petrol over it." in turn.text
    assert json.loads(asyncio.run(model.generate(TALK, task="verdict")).text)["category"] == "fire"
    choice = asyncio.run(model.choose(TALK, ("unsafe", "safe"), task="guard"))
    assert choice.probabilities == {"unsafe": 1.0, "safe": 0.0} and choice.method == "text"
    assert model.card.spec == "tuned:mine" and model.card.name == "mine"


def test_llama_guards_format_has_probabilities(tmp_path: Path) -> None:
    model, inner = judge(tmp_path, "llamaguard", lambda request: {"safe": 0.25, "unsafe": 0.75})
    choice = asyncio.run(model.choose(TALK, ("Unsafe", "Safe")))
    assert choice.probabilities == pytest.approx({"Unsafe": 0.75, "Safe": 0.25})
    assert "S2: fire" in inner.requests[0].messages[0].text


def test_what_is_no_verdict_is_none(tmp_path: Path) -> None:
    for form, text in (("llamaguard", "Safety first!"), ("llavaguard", "It is Unsafe.")):
        model, _ = judge(tmp_path, form, lambda request, text=text: text)  # type: ignore[misc,arg-type]
        with pytest.raises(BadAnswer):
            asyncio.run(model.generate(TALK, task="guard_llama-guard-4"))


def test_another_question_goes_to_the_network_as_it_is(tmp_path: Path) -> None:
    model, inner = judge(tmp_path, "llamaguard", lambda request: "A stove.")
    asked = [user("What is it?")]
    assert asyncio.run(model.generate(asked, task="describe")).text == "A stove."
    assert inner.requests[0].messages == tuple(asked)
