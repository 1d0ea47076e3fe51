"""The later families: their prompts against transformers' processors, windows, what is apart."""

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("torch")

import torch
import transformers as tf

from crosslight.models.errors import NotSupported
from crosslight.models.message import user
from crosslight.models.spec import parse
from crosslight.store.decode import decode_image
from tests.models.hf import tiny, tiny_more
from tests.models.hf.test_families import QUESTIONS, TOLERANCE, Opened, marked, reference

if TYPE_CHECKING:
    from crosslight.models.hf.model import HfModel

PHOTOS = [tiny.photo(1), tiny.photo(2, 40, 90)]


def parts(model: "HfModel") -> tuple[Any, Any]:
    family: Any = model._open().network.family
    return family._processor, model._writes._tokenizer


def llava_next(eyes: Any, words: Any) -> Any:
    strategy = "default"
    more = {"num_additional_image_tokens": 1, "vision_feature_select_strategy": strategy}
    return tf.LlavaNextProcessor(eyes, words, patch_size=8, **more)


def gemma3(eyes: Any, words: Any) -> Any:
    return tf.Gemma3Processor(eyes, words, image_seq_length=4)


def paligemma(eyes: Any, words: Any) -> Any:
    eyes.image_seq_length = 16
    return tf.PaliGemmaProcessor(eyes, words)


def mllama(eyes: Any, words: Any) -> Any:
    return tf.MllamaProcessor(eyes, words)


WHOLE = {"llava_next": llava_next, "gemma3": gemma3, "paligemma": paligemma, "mllama": mllama}


@pytest.mark.parametrize("kind", marked(WHOLE))
def test_the_whole_prompt_is_that_of_the_processor(opened: Opened, kind: str) -> None:
    model = opened(kind)
    asked = [user("What?", *PHOTOS)]
    prompt = model._renderer.prompt(asked)
    text = model._renderer._render(asked)
    if kind == "paligemma":  # which adds the last line itself
        text = text.replace("<image>\n", "<image>").removesuffix("\n")
    pictures = [decode_image(view.jpeg).image for view in PHOTOS]
    theirs = WHOLE[kind](*parts(model))(
        text=text, images=[pictures], return_tensors="pt", add_special_tokens=False
    )
    assert tuple(theirs["input_ids"][0].tolist()) == prompt.ids
    network = model._open().network
    ours = network._given(network.ids(prompt.ids), prompt)
    assert set(ours) <= set(theirs)
    for name, value in ours.items():
        assert torch.equal(value, torch.as_tensor(theirs[name]).to(value.dtype)), name


def lone(kind: str, inputs: Any, at: int) -> str:
    """What the processor writes for an image, where the whole of it asks for torchvision."""
    if kind == "mistral3":
        height, width = (int(edge) // 16 for edge in inputs["image_sizes"][at])
        return ("[IMG]" * width + "[IMG_BREAK]") * (height - 1) + "[IMG]" * width + "[IMG_END]"
    if kind == "gemma4":
        said = {"boi_token": "<|image>", "image_token": "<|image|>", "eoi_token": "<image|>"}
        mine: Any = SimpleNamespace(**said)
        return str(tf.Gemma4Processor.replace_image_token(mine, inputs, at))
    if kind == "minicpm":
        names = {"image_start_token": "<image>", "image_end_token": "</image>"}
        names |= {"slice_start_token": "<slice>", "slice_end_token": "</slice>"}
        mine = SimpleNamespace(image_token="<|image_pad|>", slice_mode=True, **names)
        told = tf.MiniCPMV4_6Processor.replace_image_token(mine, inputs, at, image_token_divisor=16)
        return f"<image_id>{at}</image_id>{told}"
    mine = SimpleNamespace(image_processor=SimpleNamespace(merge_size=2), image_token="<|image|>")
    return str(tf.Glm4vProcessor.replace_image_token(mine, inputs, at))


@pytest.mark.parametrize("kind", marked(["mistral3", "gemma4", "minicpm", "glm4v"]))
@pytest.mark.parametrize(("width", "height"), [(96, 64), (40, 90), (300, 60), (33, 33)])
def test_the_tokens_of_an_image_are_those_of_the_processor(
    opened: Opened, kind: str, width: int, height: int
) -> None:
    model = opened(kind)
    eyes, words = parts(model)
    family: Any = model._open().network.family
    views = [tiny.photo(3), tiny.photo(4, width, height)]
    pictures = [decode_image(view.jpeg).image for view in views]
    more = {"patch_size": {"height": 16, "width": 16}} if kind == "mistral3" else {}
    inputs = eyes(pictures, return_tensors="pt", **more)
    seen = family.see(pictures)
    for at in range(2):
        expected = words.encode(lone(kind, inputs, at), add_special_tokens=False)
        assert seen.runs[at] == tuple(expected)
    assert bool(reference(model, [user("What?", *views)]).isfinite().all())


def test_a_prompt_longer_than_the_window_is_asked_in_full(
    saved: Callable[[str], Path], tmp_path: Path
) -> None:
    """Packed behind a window that is too small, the first question would see what it must not."""
    folder = tmp_path / "windowed"
    tiny.saved("gemma3", lambda t: tiny_more.gemma3(t, window=64), tiny._gemma3_eyes, folder)
    model: Any = asyncio.run(parse(f"hf:{folder}").open())
    assert model.report.method == "packed", model.report
    asked = [[user("Look. " * n + q, tiny.photo(3))] for q in QUESTIONS[:2] for n in (1, 40)]
    truth = torch.stack([reference(model, messages) for messages in asked])
    for few, passes in ((asked[::2], 1), (asked[1::2], 2)):
        before = model.passes
        found = asyncio.run(model.first_logits(few))
        rows = [asked.index(one) for one in few]
        assert float((found - truth[rows]).abs().max()) < TOLERANCE
        assert model.passes - before == passes
    scorer = model._open()
    scorer.prefixes.clear()
    scorer._fits = lambda tokens: True
    wrong = asyncio.run(model.first_logits(asked[1::2]))
    assert float((wrong - truth[1::2]).abs().max()) > 10 * TOLERANCE


@pytest.mark.parametrize("kind", marked(tiny_more.APART))
def test_what_cannot_share_is_asked_in_full_and_says_why(opened: Opened, kind: str) -> None:
    model = opened(kind)
    assert model.report.method == "full"
    assert not model.report.blind
    why = {"paligemma": "see each other", "mllama": "across"}.get(kind, "has a state")
    assert why in model.card.weakness


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        *(("minicpmv", False), ("mine", False), ("", False), ("vit", False)),
        *(("phi4_multimodal", True), ("blip-2", False), ("llama4", True), ("llama", True)),
    ],
)
def test_a_family_that_is_not_known_is_refused_by_name(
    saved: Callable[[str], Path], tmp_path: Path, kind: str, known: bool
) -> None:
    """Above all no model with eyes is opened as one of text: it would answer, blindly."""
    folder = tmp_path / "theirs"
    shutil.copytree(saved("text"), folder)
    config = json.loads((folder / "config.json").read_text())
    eyes = {"mm_vision_tower": "org/clip"} if kind == "llama" else {}
    (folder / "config.json").write_text(json.dumps({**config, "model_type": kind, **eyes}))
    with pytest.raises(NotSupported) as caught:
        asyncio.run(parse(f"hf:{folder}").open())
    said = f"{kind!r} is not known here" if kind else "config.json names no model_type"
    assert caught.value.message == said + (
        ", and would be opened as a model of text alone" if known else ""
    )
    assert caught.value.hint == "serve it with vLLM and name openai:MODEL@URL"
