"""llama.cpp in process, with a tiny random multimodal model: everything is real but the wits."""

import asyncio
import hashlib
import math
import pickle
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crosslight.models.errors import (
    BadAnswer,
    BadSpec,
    Missing,
    NotSupported,
    Rejected,
    Unreachable,
)
from crosslight.models.gguf.model import GgufBackend, GgufModel
from crosslight.models.lane import in_turn
from crosslight.models.message import system, user
from crosslight.models.protocol import Model, Sampling
from crosslight.models.spec import parse
from tests.models.gguf.tiny import write_projector, write_text_model
from tests.models.pictures import view

SCHEMA = {
    "type": "object",
    "properties": {"verdict": {"enum": ["safe", "unsafe"]}},
    "required": ["verdict"],
    "additionalProperties": False,
}
ASK = [user("Is it safe? Yes or No")]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("gguf+files")
    return write_text_model(folder / "tiny.gguf"), write_projector(folder / "eyes.gguf")


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSLIGHT_HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture
def use(files: tuple[Path, Path]) -> Iterator[Callable[..., Any]]:
    """Without room to think: a random model would fill it with noise, 2,048 tokens a choice."""

    def run(
        work: Callable[[GgufModel], Awaitable[Any]], *, eyes: bool = True, options: str = "&room=0"
    ) -> Any:
        async def main() -> Any:
            spec = f"gguf:{files[0]}" + (f"+{files[1]}" if eyes else "") + "?threads=1" + options
            model = await parse(spec).open()
            assert isinstance(model, GgufModel)
            try:
                return await work(model)
            finally:
                await model.aclose()

        return asyncio.run(main())

    yield run


def test_the_card_names_files_by_hash_not_by_path(
    use: Callable[..., Any], files: tuple[Path, Path]
) -> None:
    async def work(model: GgufModel) -> None:
        assert isinstance(model, Model)
        assert model.card.spec == "gguf:tiny.gguf+eyes.gguf"
        parts = dict(model.card.parts)
        for path in files:
            assert parts[path.name] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert await model.context_tokens() == 2048
        with pytest.raises(TypeError):
            pickle.dumps(model)

    use(work, options="")


def test_text_schema_log_probabilities_stop_and_length(use: Callable[..., Any]) -> None:
    async def work(model: GgufModel) -> None:
        short = Sampling(max_tokens=4)
        answer = await model.generate([system("Be brief."), user("hi")], sampling=short)
        assert answer.finish == "length"
        assert answer.usage.completion_tokens == 4
        assert answer.model == "tiny"
        parsed = await model.generate(ASK, schema=SCHEMA, sampling=Sampling(max_tokens=400))
        assert parsed.parsed["verdict"] in ("safe", "unsafe")
        tokens = (await model.generate(ASK, logprobs=5, sampling=short)).logprobs
        assert len(tokens) == 4
        assert all(len(t.top) == 5 and math.exp(t.logprob) <= 1 for t in tokens)

    use(work)


def test_choose_is_a_distribution_and_repeats(use: Callable[..., Any]) -> None:
    async def work(model: GgufModel) -> None:
        one, two = [await model.choose(ASK, ("Yes", "No")) for _ in range(2)]
        assert sum(one.probabilities.values()) == pytest.approx(1)
        assert 0 < one.outside_mass < 1
        assert one.samples == 0
        assert one.probabilities == pytest.approx(two.probabilities)
        assert one.outside_mass == pytest.approx(two.outside_mass, abs=1e-4)
        with pytest.raises(BadAnswer):
            await model.choose(ASK, ("Perhaps", "Certainly"))

    use(work)
    use(work, options="&room=24")


def test_the_picture_changes_the_answer(use: Callable[..., Any]) -> None:
    async def work(model: GgufModel) -> None:
        assert model.capabilities.images
        seen = [
            (await model.choose([user("Yes or No?", view(c))], ("Yes", "No"))).outside_mass
            for c in ("red", "green", "red")
        ]
        assert seen[0] == pytest.approx(seen[2], abs=1e-4)
        assert abs(seen[0] - seen[1]) > 0.01

    use(work)


def test_text_that_looks_like_the_image_marker_is_text(use: Callable[..., Any]) -> None:
    async def work(model: GgufModel) -> None:
        for images in ((), (view("red"),)):
            await model.generate(
                [user("see <__media__> and <__image__>", *images)], sampling=Sampling(max_tokens=2)
            )

    use(work)


def test_without_a_projector_pictures_are_refused_before_the_call(use: Callable[..., Any]) -> None:
    async def work(model: GgufModel) -> None:
        assert not model.capabilities.images
        with pytest.raises(NotSupported) as caught:
            await model.generate([user("x", view("red"))])
        assert "MMPROJ" in caught.value.hint
        with pytest.raises(NotSupported):
            await model.embed(["x"])

    use(work, eyes=False)


def test_requests_that_llama_cpp_refuses(use: Callable[..., Any]) -> None:
    from dataclasses import replace

    async def work(model: GgufModel) -> None:
        with pytest.raises(Rejected, match="context"):
            await model.generate([user("word " * 3000)])
        with pytest.raises(Rejected):
            await model.generate([user("x", replace(view("red"), jpeg=b"no picture"))])
        assert (await model.choose(ASK, ("Yes", "No"))).probabilities

    use(work)


def test_calls_take_turns_and_do_not_block_the_loop(use: Callable[..., Any]) -> None:
    async def work(model: GgufModel) -> None:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.001)

        ticker = asyncio.create_task(tick())
        calls = [model.choose([user(f"{i}? Yes or No")], ("Yes", "No")) for i in range(12)]
        choices = await asyncio.gather(*calls)
        ticker.cancel()
        assert len(choices) == 12
        assert ticks > 5

    use(work)


def test_a_closed_model_says_so(use: Callable[..., Any]) -> None:
    async def work(model: GgufModel) -> None:
        await model.aclose()
        with pytest.raises(Unreachable):
            await model.generate(ASK)

    use(work)


def test_what_cannot_be_loaded(files: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(NotSupported) as caught:
        asyncio.run(parse(f"gguf:{files[1]}").open())
    assert "projector" in caught.value.hint
    fake = tmp_path / "fake.gguf"
    fake.write_bytes(b"not a model")
    with pytest.raises(BadSpec):
        asyncio.run(parse(f"gguf:{fake}").open())
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(files[0].read_bytes()[:5000])
    with pytest.raises(NotSupported):
        asyncio.run(parse(f"gguf:{cut}").open())
    for spec in ("gguf:gone.gguf", f"gguf:{files[0]}+gone.gguf"):
        with pytest.raises(Missing):
            parse(spec)
    for spec in (f"gguf:{files[0]}+", f"gguf:{files[0]}?ctx=0", f"gguf:{files[0]}?eyes=2"):
        with pytest.raises(BadSpec):
            parse(spec)


def test_a_plus_in_a_path_is_no_projector(files: tuple[Path, Path]) -> None:
    backend = parse(f"gguf:{files[0]}")
    assert isinstance(backend, GgufBackend)
    assert "+" in backend.model
    assert backend.mmproj == ""


def test_one_turn_at_a_time() -> None:
    running = peak = 0

    def call() -> None:
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        time.sleep(0.01)
        running -= 1

    async def main() -> None:
        await asyncio.gather(*(in_turn(call) for _ in range(8)))

    asyncio.run(main())
    assert peak == 1


def test_a_real_small_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """SmolLM2-135M, fetched by the manifest: a sane Yes/No where the tiny one is random."""
    monkeypatch.delenv("CROSSLIGHT_HOME")

    async def main() -> None:
        model = await parse("gguf:smollm2-135m?ctx=2048").open()
        try:
            question = "Is the sky blue on a clear day? Answer with one word: Yes or No."
            choice = await model.choose([user(question)], ("Yes", "No"))
            assert choice.outside_mass < 0.9
            answer = await model.generate(
                [user("Say hello.")], schema=SCHEMA, sampling=Sampling(max_tokens=64)
            )
            assert answer.parsed["verdict"] in ("safe", "unsafe")
        finally:
            await model.aclose()

    try:
        asyncio.run(main())
    except (Missing, Unreachable) as error:
        pytest.skip(f"no model file here: {error}")
