"""Specs, files, encoders, detector; what is refused, and how."""

import asyncio
import itertools
import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
import transformers as tf

from crosslight.models.errors import BadSpec, Missing, NotSupported, Rejected
from crosslight.models.hf import backend as backend_module
from crosslight.models.hf.backend import HfBackend
from crosslight.models.hf.detector import boxes_of, words_of
from crosslight.models.message import user
from crosslight.models.protocol import Model
from crosslight.models.spec import parse
from crosslight.records import ImageView
from tests.models.hf import tiny

Saved = Callable[[str], Path]


def open_(folder: Path, query: str = "") -> Any:
    return asyncio.run(parse(f"hf:{folder}{query}").open())


def is_model(value: object) -> bool:
    return isinstance(value, Model)


def test_specs() -> None:
    backend = parse("hf:org/model?revision=abc&dtype=bfloat16&device=cuda:1&memory=64&split=off")
    assert isinstance(backend, HfBackend)
    assert backend.spec == "hf:org/model?revision=abc&dtype=bfloat16&split=off"
    assert (backend.device, backend.memory_mb, backend.split) == ("cuda:1", 64, False)
    assert pickle.loads(pickle.dumps(backend)) == backend
    for bad in ("hf:org/m?dtype=int8", "hf:org/m?trust=1", "hf:org/m?device=tpu", "hf:"):
        with pytest.raises(BadSpec):
            parse(bad)
    with pytest.raises(Missing):
        parse("hf:no-such-folder")


def test_without_torch_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend_module, "find_spec", lambda name: None)
    with pytest.raises(Missing) as caught:
        asyncio.run(parse("hf:org/model").open())
    assert caught.value.hint == "pip install 'crosslight[hf]'"


def test_only_safetensors(saved: Saved, tmp_path: Path) -> None:
    folder = tmp_path / "pickled"
    shutil.copytree(saved("text"), folder)
    weights = folder / "model.safetensors"
    torch.save({}, folder / "pytorch_model.bin")
    weights.unlink()
    with pytest.raises(NotSupported, match="safetensors"):
        open_(folder)
    (folder / "config.json").unlink()
    with pytest.raises(Missing):
        open_(folder)


def test_code_of_a_repository_is_never_run(saved: Saved, tmp_path: Path) -> None:
    folder = tmp_path / "custom"
    shutil.copytree(saved("text"), folder)
    config = json.loads((folder / "config.json").read_text())
    config |= {
        "model_type": "mine",
        "auto_map": {"AutoConfig": "mine.Config", "AutoModelForCausalLM": "mine.Model"},
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "mine.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    with pytest.raises(NotSupported):
        open_(folder)
    assert not (tmp_path / "ran").exists()


def test_the_card_names_files_not_places(saved: Saved, tmp_path: Path) -> None:
    one = open_(saved("text"))
    folder = tmp_path / "text"
    shutil.copytree(saved("text"), folder)
    assert open_(folder).card == one.card
    template = folder / "chat_template.jinja"
    template.write_text(template.read_text() + " ")
    other = open_(folder, "?dtype=bfloat16")
    assert other.card.revision != one.card.revision
    assert other.card.spec.endswith("?dtype=bfloat16")
    assert other.method in ("packed", "prefix", "full")
    assert str(tmp_path) not in repr(other.card)


def test_a_broken_image_is_refused(saved: Saved) -> None:
    model = open_(saved("llava"))
    broken = ImageView("x", "test", b"\xff\xd8\xff not a picture", 8, 8)
    with pytest.raises(Rejected):
        asyncio.run(model.choose([user("Is it?", broken)], ["Yes", "No"]))
    asyncio.run(model.aclose())


def clip(folder: Path) -> Path:
    tokenizer = tiny.make_tokenizer("text")
    text = {
        "vocab_size": len(tokenizer),
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "max_position_embeddings": 24,
        "eos_token_id": tokenizer.eos_token_id,
    }
    vision = {
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": 32,
        "patch_size": 8,
    }
    torch.manual_seed(0)
    model = tf.CLIPModel(tf.CLIPConfig(text_config=text, vision_config=vision, projection_dim=16))
    tiny.spread(model)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    tiny.PROCESSORS["llava"]().save_pretrained(folder)
    return folder


def siglip(folder: Path) -> Path:
    from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

    tokenizer = tiny.make_tokenizer("text")
    shared = {
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
    }
    config = tf.SiglipConfig(
        text_config=dict(
            vocab_size=len(tokenizer), max_position_embeddings=16, projection_size=32, **shared
        ),
        vision_config=dict(image_size=32, patch_size=8, **shared),
    )
    torch.manual_seed(0)
    model = tf.SiglipModel(config)
    tiny.spread(model)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    SiglipImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("make", [clip, siglip])
def test_encoders(make: Callable[[Path], Path], tmp_path: Path) -> None:
    folder = make(tmp_path / "encoder")
    model = open_(folder)
    assert is_model(model)
    assert model.capabilities.embed_images
    assert model.capabilities.embed_texts
    assert not model.capabilities.generates
    items: list[str | ImageView] = ["red dog", tiny.photo(1), "fire", tiny.photo(2)]
    vectors = asyncio.run(model.embed(items))
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for at, item in enumerate(items):
        assert np.allclose(asyncio.run(model.embed([item]))[0], vectors[at], atol=1e-5)
    assert not np.allclose(vectors[1], vectors[3], atol=1e-3)
    raw = model._model
    inputs = model._tokenizer(["fire"], return_tensors="pt", padding="max_length", max_length=16)
    with pytest.warns(RuntimeWarning, match="cut"):
        asyncio.run(model.embed(["dog " * 200]))
    if make is siglip:
        with torch.inference_mode():
            out = raw.get_text_features(input_ids=inputs["input_ids"])
        out = out if isinstance(out, torch.Tensor) else out.pooler_output
        assert np.allclose(out[0] / out[0].norm(), vectors[2], atol=1e-5)
    with pytest.raises(NotSupported):
        asyncio.run(model.choose([user("Is it?")], ["Yes", "No"]))


def owl(folder: Path) -> Path:
    tokenizer = tiny.make_tokenizer("text")
    text = {
        "vocab_size": len(tokenizer),
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "max_position_embeddings": 16,
    }
    vision = {
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": 64,
        "patch_size": 16,
    }
    torch.manual_seed(0)
    config = tf.Owlv2Config(text_config=text, vision_config=vision, projection_dim=32)
    model = tf.Owlv2ForObjectDetection(config)
    tiny.spread(model)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_the_detector_answers_the_judge(tmp_path: Path) -> None:
    from crosslight.judge.detector import find

    model = open_(owl(tmp_path / "owl"))
    assert is_model(model)
    view = tiny.photo(1, 96, 48)
    boxes = asyncio.run(model.detect(view, ["dog", "fire", "dog"]))
    assert boxes
    assert all(a.confidence >= b.confidence for a, b in itertools.pairwise(boxes))
    assert all(0 <= b.left < b.right <= 1 and 0 <= b.top < b.bottom <= 1 for b in boxes)
    region = asyncio.run(find(model, view, ["dog", "fire"]))
    assert region is not None
    assert region.confidence == boxes[0].confidence
    assert region.word in ("dog", "fire")
    assert asyncio.run(model.detect(view, [])) == []
    with pytest.raises(NotSupported):
        asyncio.run(model.generate([user("What?", view)], task="describe"))


def test_boxes_are_shares_of_the_image_not_of_the_square() -> None:
    # A 2:1 image fills the upper half of the square: what ends at 0.5 there ends at 1 here.
    shares = torch.tensor([[0.9, 0.1], [0.002, 0.001]])
    centres = torch.tensor([[0.5, 0.25, 0.5, 0.5], [0.5, 0.5, 1.0, 1.0]])
    (box,) = boxes_of(shares, centres, ["dog", "fire"], (1.0, 2.0))
    assert (box.word, box.left, box.top, box.right, box.bottom) == ("dog", 0.25, 0.0, 0.75, 1.0)
    assert words_of("Find:\n<<<THINGS-0\na dog; fire \nTHINGS-0>>>") == ["a dog", "fire"]


def test_doctor_reads_it(saved: Saved) -> None:
    from crosslight.models.doctor.probe import probe_model

    lines = {line.name: line for line in asyncio.run(probe_model(f"hf:{saved('smolvlm')}"))}
    assert lines["logprobs"].state == "ok"
    assert lines["seed"].state == "ok"
    assert lines["context"].detail == "2048 tokens"
    assert lines["schema"].state == "no"


def test_a_text_holds_no_token_of_vocabulary_or_family(
    opened: Callable[[str], Any],
) -> None:
    model = opened("idefics3")
    special = sorted(set(model._renderer._tokenizer.all_special_tokens))
    for token in [*special, "<|im_end|>", "[/INST]", "<start_of_turn>"]:
        text = model._renderer._render([user(f"so {token} it is")])
        assert f"so {token[0]} {token[1:]} it is" in text
