"""Decoding remedies against a plain reference, sampling, seeds, stops and log-probabilities."""

import asyncio
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from crosslight.models.errors import NotSupported
from crosslight.models.hf.decode import Coca, Vcd, coca, diffused, pick, vcd
from crosslight.models.hf.families import Seen
from crosslight.models.hf.prompt import Prompt
from crosslight.models.hf.remedy import with_remedy
from crosslight.models.message import user
from crosslight.models.protocol import Model, Sampling
from tests.models.hf import tiny

if TYPE_CHECKING:
    from crosslight.models.hf.model import HfModel

Opened = Callable[[str], "HfModel"]
SHORT = Sampling(max_tokens=10)
PRINCIPLE = "Answer no with fire near people."


def test_vcd_formula() -> None:
    rng = np.random.default_rng(0)
    clean, noisy = rng.normal(0, 3, 50), rng.normal(0, 3, 50)
    for alpha, beta in ((0.5, 0.1), (1.0, 0.2), (0.0, 1.0)):
        expected = [
            (1 + alpha) * c - alpha * n if c >= math.log(beta) + clean.max() else -math.inf
            for c, n in zip(clean, noisy, strict=True)
        ]
        found = vcd(torch.tensor(clean), torch.tensor(noisy), alpha, beta).tolist()
        assert found == pytest.approx(expected)


def test_coca_formula() -> None:
    rng = np.random.default_rng(1)
    guided, plain = rng.normal(0, 3, 20), rng.normal(0, 3, 20)
    found = coca(torch.tensor(guided), torch.tensor(plain), 4.0).tolist()
    assert found == pytest.approx([g + 4 * (g - p) for g, p in zip(guided, plain, strict=True)])


def noise_reference(pixels: np.ndarray[Any, Any], step: int, noise: np.ndarray[Any, Any]) -> Any:
    """The schedule in plain Python, from the formula of the paper's code."""
    kept = 1.0
    for t in range(step + 1):
        x = -6 + 12 * t / 999
        kept *= 1 - (1 / (1 + math.exp(-x)) * (0.5e-2 - 1e-5) + 1e-5)
    return math.sqrt(kept) * pixels + math.sqrt(1 - kept) * noise


def test_diffusion_schedule() -> None:
    pixels = torch.linspace(-2, 2, 48).view(1, 3, 4, 4)
    noise = torch.randn(pixels.shape, generator=torch.Generator().manual_seed(7))
    for step in (0, 1, 500, 999):
        expected = noise_reference(pixels.numpy(), step, noise.numpy())
        assert np.allclose(diffused(pixels, step, 7).numpy(), expected, atol=1e-5)
    with pytest.raises(ValueError, match="1000"):
        diffused(pixels, 1000, 0)


def plain_loop(
    model: "HfModel", prompts: list[Prompt], mix: Callable[[list[torch.Tensor]], torch.Tensor]
) -> str:
    """Decode by full forwards of the whole text: no cache, no shared code but the forward."""
    network = model._open().network
    ids: list[int] = []
    while len(ids) < SHORT.max_tokens:
        with torch.inference_mode():
            rows = [
                network.full(Prompt((*p.ids, *ids), p.body, p.pictures, p.seen)) for p in prompts
            ]
        token = int(mix(rows).argmax())
        if token in model._ends:
            break
        ids.append(token)
    return model._writes.text(ids)


@pytest.mark.parametrize("kind", ["idefics3", "qwen2_5_vl", "qwen3_vl", "llava_onevision"])
def test_vcd_text_equals_a_plain_loop(opened: Opened, kind: str) -> None:
    model = opened(kind)
    asked = [user("What do you see?", tiny.photo(1))]
    prompt = model._renderer.prompt(asked)
    assert prompt.seen is not None
    pixels = prompt.seen.tensors["pixel_values"]
    noise = torch.randn(pixels.shape, generator=torch.Generator().manual_seed(3))
    tensors = dict(prompt.seen.tensors)
    mixed = noise_reference(pixels.numpy(), 500, noise.numpy())
    tensors["pixel_values"] = torch.from_numpy(mixed).float()
    noisy = Prompt(prompt.ids, prompt.body, prompt.pictures, Seen(tensors, prompt.seen.runs))

    def mix(rows: list[torch.Tensor]) -> torch.Tensor:
        clean, other = rows
        out = 2 * clean - other
        out[clean < math.log(0.1) + clean.max()] = -math.inf
        return out

    remedied = with_remedy(model, Vcd(alpha=1.0, step=500, seed=3))
    found = asyncio.run(remedied.generate(asked, sampling=SHORT))
    assert found.text == plain_loop(model, [prompt, noisy], mix)
    assert found.usage.prompt_tokens == 2 * len(prompt.ids)
    with pytest.raises(NotSupported, match="image"):
        asyncio.run(remedied.generate([user("What?")], sampling=SHORT))


@pytest.mark.parametrize("kind", ["smolvlm", "qwen2_5_vl", "internvl"])
def test_coca_text_equals_a_plain_loop(opened: Opened, kind: str) -> None:
    model = opened(kind)
    asked = [user("What do you see?", tiny.photo(1))]
    guided = [user(PRINCIPLE + "\nWhat do you see?", tiny.photo(1))]
    prompts = [model._renderer.prompt(m) for m in (guided, asked)]
    remedied = with_remedy(model, Coca(PRINCIPLE, alpha=2.0))
    found = asyncio.run(remedied.generate(asked, sampling=SHORT))
    assert found.text == plain_loop(model, prompts, lambda rows: rows[0] + 2 * (rows[0] - rows[1]))
    assert found.text != asyncio.run(model.generate(asked, sampling=SHORT)).text


def test_a_remedied_model_is_another_model(opened: Opened) -> None:
    model = opened("idefics3")
    asked = [user("Is a dog visible?", tiny.photo(1))]
    remedied = with_remedy(model, Coca(PRINCIPLE))
    assert isinstance(remedied, Model)
    assert remedied.card.parts != model.card.parts
    assert remedied.card.parts != with_remedy(model, Coca("other")).card.parts
    one = asyncio.run(remedied.choose(asked, ["Yes", "No"]))
    other = asyncio.run(model.choose(asked, ["Yes", "No"]))
    assert one.probabilities != other.probabilities
    with pytest.raises(NotSupported):
        with_remedy(_NotOurs(model), Vcd())  # type: ignore[arg-type]


class _NotOurs:
    def __init__(self, model: Any) -> None:
        self.card = model.card


def test_seeds_and_temperature(opened: Opened) -> None:
    model = opened("smolvlm")
    asked = [user("What?", tiny.photo(1))]

    def text(**how: Any) -> str:
        sampling = Sampling(max_tokens=12, **how)
        return asyncio.run(model.generate(asked, sampling=sampling)).text

    assert text(temperature=1.0, seed=1) == text(temperature=1.0, seed=1)
    assert len({text(temperature=1.5, seed=seed) for seed in range(5)}) > 1
    assert text(temperature=1.0, top_p=1e-6, seed=9) == text()


def test_pick_draws_from_the_nucleus() -> None:
    logits = torch.tensor([0.5, 0.3, 0.15, 0.05]).log()
    generator = torch.Generator().manual_seed(0)
    drawn = [pick(logits, Sampling(temperature=1, top_p=0.75), generator) for _ in range(4000)]
    assert set(drawn) == {0, 1}
    assert drawn.count(0) / 4000 == pytest.approx(0.5 / 0.8, abs=0.03)


def test_logprobs_stops_and_length(opened: Opened) -> None:
    model = opened("smolvlm")
    asked = [user("What?", tiny.photo(2))]
    answer = asyncio.run(model.generate(asked, sampling=Sampling(max_tokens=8), logprobs=4))
    assert answer.finish == "length"
    assert answer.usage.completion_tokens == len(answer.logprobs) == 8
    for token in answer.logprobs:
        assert len(token.top) == 4
        assert token.logprob == pytest.approx(token.top[0][1])
        assert token.logprob <= 0
    middle = answer.text[len(answer.text) // 2]
    cut = asyncio.run(model.generate(asked, sampling=Sampling(max_tokens=8, stop=(middle,))))
    assert cut.finish == "stop"
    assert cut.text == answer.text[: answer.text.index(middle)]
