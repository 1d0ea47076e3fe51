"""Every family: what is scored is what the model's own forward and generate give."""

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("torch")

import torch

from crosslight.models.hf.prompt import Prompt
from crosslight.models.hf.score import Method
from crosslight.models.message import Message, system, user
from crosslight.models.protocol import Sampling
from tests.models.hf import tiny, tiny_more

if TYPE_CHECKING:
    from crosslight.models.hf.model import HfModel

QUESTIONS = ["Is a dog visible?", "Is there fire near the left edge? Yes or No", "night", "Is it?"]
TOLERANCE = 1e-4
Opened = Callable[[str], "HfModel"]
QUICK = ("mistral3", "paligemma")
"""Of the later families: one that shares, one that cannot share."""


def marked(kinds: Iterable[str]) -> list[Any]:
    return [k if k in QUICK else pytest.param(k, marks=pytest.mark.slow) for k in kinds]


SHARING = (*tiny.FAMILIES, "qwen2_vl", *marked(tiny_more.SHARING))
sharing = pytest.mark.parametrize("kind", SHARING)
every = pytest.mark.parametrize("kind", (*SHARING, *marked(tiny_more.APART)))


def reference(model: "HfModel", messages: list[Message]) -> torch.Tensor:
    """The model's own forward over the whole prompt, its own positions."""
    network = model._open().network
    prompt = model._renderer.prompt(messages)
    with torch.inference_mode():
        return network.full(prompt)


@sharing
def test_the_selftest_trusts_packing(opened: Opened, kind: str) -> None:
    model = opened(kind)
    assert model.report.method == "packed", model.report
    assert not model.report.blind
    assert model.card.weakness == ""


@sharing
def test_shared_and_packed_equal_full_prompts(opened: Opened, kind: str) -> None:
    model = opened(kind)
    asked = [[user("Look. " + q, tiny.photo(3))] for q in QUESTIONS]
    truth = torch.stack([reference(model, messages) for messages in asked])
    assert float((truth[0] - truth[1]).abs().max()) > 0.1  # there is something to get wrong
    methods: tuple[Method, ...] = ("packed", "prefix", "full")
    for method in methods:
        scorer = model._open()
        scorer.method = method
        scorer.prefixes.clear()
        for _ in range(2):  # the second time from a kept prefix
            found = asyncio.run(model.first_logits(asked))
            assert float((found - truth).abs().max()) < TOLERANCE, method


@every
def test_without_an_image_and_with_several(opened: Opened, kind: str) -> None:
    model = opened(kind)
    two = (tiny.photo(1), tiny.photo(2, 64, 96))
    for shown in ((), two):
        asked = [[system("Answer."), user("Look. " + q, *shown)] for q in QUESTIONS]
        truth = torch.stack([reference(model, messages) for messages in asked])
        found = asyncio.run(model.first_logits(asked))
        assert float((found - truth).abs().max()) < TOLERANCE


@every
def test_the_order_of_images_counts(opened: Opened, kind: str) -> None:
    model = opened(kind)
    one, other = tiny.photo(1), tiny.photo(2)
    ways = [(one,), (other,), (one, other), (other, one), ()]
    rows = [asyncio.run(model.first_logits([[user("What?", *w)]]))[0] for w in ways]
    for i, left in enumerate(rows):
        for right in rows[i + 1 :]:
            assert float((left - right).abs().max()) > 1e-3


@every
def test_greedy_text_is_what_transformers_generates(opened: Opened, kind: str) -> None:
    model = opened(kind)
    network = model._open().network
    messages = [user("What do you see?", tiny.photo(5))]
    prompt = model._renderer.prompt(messages)
    assert network.family is not None
    assert prompt.seen is not None
    ids = network.ids(prompt.ids)
    with torch.inference_mode():
        theirs = network.model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            do_sample=False,
            max_new_tokens=12,
            eos_token_id=sorted(model._ends),
            pad_token_id=0,
            **network.moved(prompt.seen),
            **network.family.extras(ids, prompt.seen),
        )
    new = [t for t in theirs[0, ids.shape[1] :].tolist() if t not in model._ends]
    ours = asyncio.run(model.generate(messages, sampling=Sampling(max_tokens=12)))
    assert ours.text == model._writes.text(new)
    # Text alone after an image: no position is left over from it.
    plain = [user("What do you see?")]
    again = asyncio.run(model.generate(plain, sampling=Sampling(max_tokens=6)))
    scorer = model._open()
    scorer.method = "full"
    assert asyncio.run(model.generate(plain, sampling=Sampling(max_tokens=6))).text == again.text


@every
def test_choose_is_the_softmax_over_the_whole_vocabulary(opened: Opened, kind: str) -> None:
    model = opened(kind)
    messages = [user("Is a dog visible?", tiny.photo(4))]
    shares = reference(model, messages).double().softmax(-1)
    tokenizer = model._writes._tokenizer
    mass = {"yes": 0.0, "no": 0.0}
    for token in range(len(tokenizer)):
        word = tokenizer.decode([token]).strip(" \n.,?").lower()
        for name in mass:
            if token not in tokenizer.all_special_ids and len(word) > 1 and name.startswith(word):
                mass[name] += float(shares[token])
    choice = asyncio.run(model.choose(messages, ["Yes", "No"]))
    inside = sum(mass.values())
    assert choice.probabilities["Yes"] == pytest.approx(mass["yes"] / inside, abs=1e-5)
    assert choice.outside_mass == pytest.approx(1 - inside, abs=1e-5)
    assert choice.samples == 0
    assert choice.usage.prompt_tokens > 10


def theirs_idefics3(model: "HfModel", text: str, images: list[Any]) -> Any:
    from transformers import Idefics3Processor

    family: Any = model._open().network.family
    processor = Idefics3Processor(family._processor, model._writes._tokenizer, image_seq_len=4)
    return processor(text=text, images=[images], return_tensors="pt")


def theirs_llava(model: "HfModel", text: str, images: list[Any]) -> Any:
    from transformers import LlavaProcessor

    family: Any = model._open().network.family
    processor = LlavaProcessor(
        family._processor,
        model._writes._tokenizer,
        patch_size=8,
        num_additional_image_tokens=1,
        vision_feature_select_strategy="default",
    )
    return processor(text=text, images=images, return_tensors="pt")


@pytest.mark.parametrize(
    ("kind", "theirs"), [("idefics3", theirs_idefics3), ("llava", theirs_llava)]
)
def test_prompts_are_those_of_the_processor_of_transformers(
    opened: Opened, kind: str, theirs: Any
) -> None:
    from crosslight.store.decode import decode_image

    model = opened(kind)
    views = [tiny.photo(1), tiny.photo(2, 40, 90)]
    prompt = model._renderer.prompt([user("What?", *views)])
    text = model._renderer._render([user("What?", *views)])
    expected = theirs(model, text, [decode_image(v.jpeg).image for v in views])
    assert tuple(expected["input_ids"][0].tolist()) == prompt.ids
    assert (prompt.ids[0] == model._writes._tokenizer.bos_token_id) == (kind == "llava")
    assert prompt.seen is not None
    assert torch.equal(expected["pixel_values"], prompt.seen.tensors["pixel_values"])


@pytest.mark.parametrize(("width", "height"), [(96, 32), (32, 96), (200, 150), (33, 97), (64, 64)])
@pytest.mark.parametrize("kind", ["llava_onevision", "internvl", "idefics3", "qwen3_vl"])
def test_any_shape_of_image_has_its_tokens(
    opened: Opened, kind: str, width: int, height: int
) -> None:
    model = opened(kind)
    found = reference(model, [user("What?", tiny.photo(7, width, height))])
    assert bool(found.isfinite().all())


def test_plain_positions_would_be_wrong_for_qwen(opened: Opened) -> None:
    """The self-test must see what the design warns of."""
    from crosslight.models.hf.selftest import examine

    model = opened("qwen2_5_vl")
    network = model._open().network
    right = network.positions

    def plain(prompt: Prompt) -> tuple[torch.Tensor, int]:
        where, _ = right(prompt)
        return where, 0

    network.positions = plain  # type: ignore[method-assign]
    try:
        report = examine(model._open(), model._renderer)
    finally:
        network.positions = right  # type: ignore[method-assign]
        model._open().prefixes.clear()
    assert report.method == "full"
    assert "full prompts" in report.weakness
