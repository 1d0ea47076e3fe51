"""The embedded model as a step sees it."""

import asyncio
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crosslight.models.embedded import EmbeddedBackend, EmbeddedModel, Scene, perception
from crosslight.models.embedded import model as module
from crosslight.models.errors import BadSpec, NotSupported, Rejected
from crosslight.models.message import ImageView, user
from crosslight.models.protocol import Answer, Backend, Model, Sampling
from tests.models.embedded.pictures import view_of

YES_NO = ("Yes", "No")


@pytest.fixture
def coffee(example_photos: dict[str, Path], small_models: dict[str, Path]) -> ImageView:
    return view_of(example_photos["coffee"])


async def opened() -> EmbeddedModel:
    backend = pickle.loads(pickle.dumps(EmbeddedBackend()))
    assert isinstance(backend, EmbeddedBackend)
    as_steps_see_it: Backend = backend
    assert as_steps_see_it.spec == "embedded"
    return await backend.open()


def test_a_scene(coffee: ImageView) -> None:
    async def go() -> None:
        model = await opened()
        assert isinstance(model, Model)
        answer = await model.generate([user("", coffee)], task="scene")
        assert json.loads(answer.text) == answer.parsed
        assert Scene.from_json(answer.parsed).tags[0][0] == "espresso"
        assert answer.finish == "stop"
        await model.aclose()

    asyncio.run(go())


def test_many_questions_look_once(coffee: ImageView, monkeypatch: pytest.MonkeyPatch) -> None:
    async def go() -> None:
        model, calls = await opened(), list[int]()
        real = model._perception.look

        def counted(image: bytes) -> Scene:
            calls.append(1)
            return real(image)

        monkeypatch.setattr(model._perception, "look", counted)
        asked = [
            model.choose([user(f"Look.\n{phrase}", coffee)], YES_NO, task="visible")
            for phrase in ("a cup of coffee", "a cat", "sad and tired") * 5
        ]
        choices = await asyncio.gather(*asked)
        assert len(calls) == 1
        assert choices[0].probabilities["Yes"] > 0.7
        assert choices[1].probabilities["Yes"] < 0.1
        assert choices[2].outside_mass > 0.9
        for choice in choices:
            assert sum(choice.probabilities.values()) == pytest.approx(1)
        await model.aclose()

    asyncio.run(go())


def test_embeddings_keep_their_order(coffee: ImageView, example_photos: dict[str, Path]) -> None:
    async def go() -> None:
        model = await opened()
        cat = view_of(example_photos["chelsea"])
        got = await model.embed(["a cat", coffee, "a cup of coffee", cat])
        assert got.shape == (4, 256)
        assert got.dtype == np.float32
        assert got[1] @ got[2] > got[1] @ got[0]
        assert got[3] @ got[0] > got[3] @ got[2]
        assert (await model.embed([])).shape == (0, 256)
        assert (await model.embed(["only text"])).shape == (1, 256)
        await model.aclose()

    asyncio.run(go())


def test_no_image_is_an_error_each_time(small_models: dict[str, Path]) -> None:
    async def go() -> None:
        model, bad = await opened(), ImageView("0" * 64, "jpeg-v1:768:85", b"not a jpeg")
        for _ in range(2):
            with pytest.raises(Rejected):
                await model.generate([user("", bad)], task="scene")
            with pytest.raises(Rejected):
                await model.embed([bad])
        await model.aclose()

    asyncio.run(go())


def test_one_that_gives_up_does_not_spoil_it_for_others(coffee: ImageView) -> None:
    async def go() -> None:
        model = await opened()
        first = asyncio.create_task(model.scene(coffee))
        second = asyncio.create_task(model.scene(coffee))
        await asyncio.sleep(0.01)
        first.cancel()
        assert (await second).tags[0][0] == "espresso"
        await model.aclose()

    asyncio.run(go())


def test_what_it_cannot_do(coffee: ImageView) -> None:
    async def go() -> None:
        model = await opened()
        one: list[Any] = [user("a cup", coffee)]
        cases: list[Any] = [
            model.generate(one, task="imagine"),
            model.generate(one),
            model.generate(one, task="reword"),
            model.generate(one, task="scene", logprobs=5),
            model.generate([user("hello")], task="scene"),
            model.generate([user("", coffee, coffee)], task="scene"),
            model.choose(one, ("safe", "unsafe"), task="visible"),
            model.choose(one, YES_NO, task="unsafe"),
            model.choose([user("  \n", coffee)], YES_NO, task="visible"),
            model.choose([user("a cup")], YES_NO, task="visible"),
        ]
        for case in cases:
            with pytest.raises(NotSupported) as caught:
                await case
            assert caught.value.hint
        await model.aclose()

    asyncio.run(go())


def test_the_card_tells_parts_and_weakness() -> None:
    plain, words = module.card("embedded"), module.card("embedded:words")
    assert plain.revision != words.revision
    assert "verdict" in plain.weakness
    assert dict(plain.parts)["efficientnet-lite0"].startswith("5793")


def test_the_revision_changes_with_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    before = module.card("embedded").revision
    monkeypatch.setattr(perception, "CODE", "other")
    assert module.card("embedded").revision != before


@pytest.mark.parametrize("spec", ["embedded:vision", "Embedded", ""])
def test_another_spec(spec: str) -> None:
    with pytest.raises(BadSpec):
        EmbeddedBackend(spec)


def test_words_reword_and_nothing_else() -> None:
    async def go() -> None:
        model = EmbeddedModel("embedded:words")
        assert model.capabilities.generates
        assert not EmbeddedModel().capabilities.generates

        class Echo:
            def write(self, messages: Any, sampling: Sampling) -> Answer:
                return Answer(text=messages[-1].text.upper())

        model._writer = Echo()  # type: ignore[assignment]
        answer = await model.generate([user("hi")], task="reword")
        assert answer.text == "HI"
        with pytest.raises(NotSupported):
            await model.generate([user("hi")], task="reword", schema={"type": "object"})
        with pytest.raises(NotSupported):
            await model.generate([user("hi")], task="judge")
        await model.aclose()

    asyncio.run(go())
