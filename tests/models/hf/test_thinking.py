"""A model in process that thinks first: its choice stands behind the trace, with room for it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from crosslight.models.errors import NoOption, Truncated
from crosslight.models.hf.decode import Coca
from crosslight.models.hf.model import HfModel
from crosslight.models.hf.options import Vocabulary
from crosslight.models.message import user
from crosslight.models.protocol import Choice, Sampling
from crosslight.models.reasoning import left_open
from crosslight.models.spec import parse
from tests.models.hf import thinkers, tiny

ASK = [user("Is it red? Yes or No")]
YES_NO = ("Yes", "No")
VERDICT = {"Yes": 0.7, "No": 0.2}
ENDS = {word: {"<|im_end|>": 0.99} for word in ("Yes", "No")}
THOUGHT: thinkers.Chain = {
    "No": {" fire": 0.9},  # what it thinks first is not its verdict
    " fire": {" people": 0.95},
    " people": {"</think>": 0.95},
    "</think>": VERDICT,
    "Yes": {"<|im_end|>": 0.99},
}
OPENED = {"\n": {"No": 0.95}, **THOUGHT}
WRITTEN = {"\n": {"<think>": 0.95}, "<think>": {" fire": 0.95}, **THOUGHT}
ENDLESS = {"\n": {"<think>": 0.95}, "<think>": {" fire": 0.95}, " fire": {" fire": 0.99}}


def using(
    folder: Path, use: Callable[[HfModel], Awaitable[Any]], query: str = "?device=cpu"
) -> Any:
    async def main() -> Any:
        model = await parse(f"hf:{folder}{query}").open()
        assert isinstance(model, HfModel)
        try:
            return await use(model)
        finally:
            await model.aclose()

    return asyncio.run(main())


def of(choice: Choice) -> tuple[float, int, str]:
    return round(choice.probabilities["Yes"], 3), choice.room, choice.method


@pytest.mark.parametrize(
    ("chain", "template", "special"),
    [(OPENED, thinkers.OPENING, True), (WRITTEN, tiny.CHATML, False)],
)
def test_a_choice_is_read_behind_the_trace(
    tmp_path: Path, chain: thinkers.Chain, template: str, special: bool
) -> None:
    folder = thinkers.save(tmp_path / "m", chain, template=template, special=special)
    behind = (0.778, 100, "logprobs")

    async def use(model: HfModel) -> None:
        choice = await model.choose(ASK, YES_NO)
        assert of(choice) == behind
        assert choice.outside_mass + choice.unknown_mass == pytest.approx(0.1, abs=0.01)
        assert choice.said.strip().startswith("Yes")
        passes = model.passes
        assert of(await model.choose(ASK, YES_NO)) == behind
        assert model.passes == passes, "once it was seen to think, no first token is asked for"
        many = await model.choose_many([user("Is it ")], ["red?", "hot?"], YES_NO)
        assert [of(one) for one in many] == [behind] * 2
        assert of(await model.choose_with(Coca("Be safe."), ASK, YES_NO)) == behind
        answer = await model.generate(ASK, sampling=Sampling(max_tokens=16))
        assert (answer.text, answer.thinks) == ("Yes", "text")
        assert "fire people" in answer.reasoning

    using(folder, use, "?room=100&device=cpu")


def test_a_trace_longer_than_its_room_is_truncated(tmp_path: Path) -> None:
    folder = thinkers.save(tmp_path / "m", ENDLESS)

    async def use(model: HfModel) -> None:
        with pytest.raises(Truncated) as caught:
            await model.choose(ASK, YES_NO)
        assert "?room=N" in caught.value.hint

    using(folder, use, "?room=20&device=cpu")


def test_without_room_the_first_token_decides_as_before(tmp_path: Path) -> None:
    folder = thinkers.save(tmp_path / "m", WRITTEN)

    async def use(model: HfModel) -> None:
        choice = await model.choose(ASK, YES_NO)
        assert (choice.room, choice.outside_mass > 0.9) == (0, True)

    using(folder, use, "?room=0&device=cpu")


@pytest.mark.parametrize(
    ("first", "share"), [({"Yes": 0.7, "No": 0.2}, 0.778), ({"<": 0.9, "Yes": 0.06}, 0.996)]
)
def test_a_model_that_answers_at_once_is_given_no_room(
    tmp_path: Path, first: dict[str, float], share: float
) -> None:
    """Also one whose reply only begins like a tag: what its first token says stands."""
    folder = thinkers.save(tmp_path / "m", {"\n": first, "<": {"<|im_end|>": 0.9}, **ENDS})

    async def use(model: HfModel) -> None:
        choice = await model.choose(ASK, YES_NO)
        assert choice.room == 0
        assert choice.probabilities["Yes"] == pytest.approx(share, abs=0.01)

    using(folder, use)


def test_an_answer_behind_a_trace_that_is_no_option(tmp_path: Path) -> None:
    chain = {**WRITTEN, "</think>": {" dog": 1 - 1e-9}, " dog": {"<|im_end|>": 0.99}}
    folder = thinkers.save(tmp_path / "m", chain)

    async def use(model: HfModel) -> None:
        with pytest.raises(NoOption) as caught:
            await model.choose(ASK, YES_NO)
        assert "dog" in caught.value.text

    using(folder, use)


@pytest.mark.parametrize(
    ("prompt", "tag"),
    [
        ("<|im_start|>assistant\n<think>\n", "<think>"),
        ("[/INST][THINK]", "[THINK]"),
        ("assistant\n<think>\n\n</think>\n\n", ""),
        ("Write <think> first.\nassistant:", ""),
        ("<think/>", ""),
        ("", ""),
    ],
)
def test_a_template_that_opens_a_trace(prompt: str, tag: str) -> None:
    assert left_open(prompt) == tag


def test_the_blanks_of_tokens_that_hide_them() -> None:
    """SentencePiece leaves the blank of a lone token out: without it no answer is found again."""
    raw = Tokenizer(models.BPE(unk_token="?"))
    raw.pre_tokenizer, raw.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    trainer = trainers.BpeTrainer(vocab_size=60, special_tokens=["?"], show_progress=False)
    raw.train_from_iterator(["Yes it is"] * 9, trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw)
    vocabulary, ids = Vocabulary(tokenizer), tokenizer.encode("Yes it is")
    assert "".join(map(vocabulary.piece, ids)).strip() == "Yes it is"
    assert "".join(map(vocabulary.text, ids)) != "Yes it is"
