"""Are shared prefix and packing the same as full prompts, for this model, here and now?

Asked at load, on a small generated picture and on text alone, with questions of different lengths.
Wrong positions, a window of attention, a mask that is not obeyed: all of them show here, and the
model is then asked by full prompts, which is slow and right.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from crosslight.models.errors import ModelError
from crosslight.models.hf.prompt import Prompt, Renderer, jpeg_of
from crosslight.models.hf.score import Method, Scorer
from crosslight.models.message import user
from crosslight.records import ImageView

if TYPE_CHECKING:
    from torch import Tensor

TOLERANCE = {"float32": 1e-4, "float16": 1e-2, "bfloat16": 5e-2}
"""Largest difference of a logit, as a share of the largest logit (at least 1)."""
FAITHFUL = 0.25
"""... and at most this share of what another question changes: a test must see its subject."""
QUESTIONS = (
    "Is a dog visible? Yes or No",
    "Is there anything in this picture that is red, round and near the left edge? Yes or No",
    "Is it night? Yes or No",
)
CONTEXT = "Look at the picture. Answer with one word. "
SIDE = 96


@dataclass(frozen=True, slots=True)
class Report:
    """The fastest method that is right, the largest relative difference of each, and why the
    faster ones are out. `blind`: another picture changed no logit."""

    method: Method
    errors: dict[str, float]
    weakness: str = ""
    blind: bool = False


def examine(scorer: Scorer, renderer: Renderer) -> Report:
    """Try packed, then prefix, against full prompts. Leaves nothing in the prefix cache."""
    network = scorer.network
    sees = network.family is not None
    sets = [_prompts(renderer, None)]
    if sees:
        sets.append(_prompts(renderer, picture("striped")))
    with torch.inference_mode():
        truths = [torch.stack([network.full(p).cpu() for p in prompts]) for prompts in sets]
        blind = sees and _blind(scorer, renderer, truths[-1][0])
    seeing = "two different pictures gave the same logits: do not judge with it" if blind else ""
    apart = network.apart or _too_narrow(network.window, sets)
    if apart:
        why = f"asked by full prompts (slow): {apart}"
        return Report("full", {}, _join(why, seeing), blind)
    errors: dict[str, float] = {}
    best: Method = "full"
    for method in ("packed", "prefix"):
        errors[method] = max(
            _error(scorer, method, prompts, truth)
            for prompts, truth in zip(sets, truths, strict=True)
        )
        if errors[method] <= TOLERANCE.get(str(network.dtype).removeprefix("torch."), 1e-4):
            best = method
            break
    scorer.prefixes.clear()
    told = ", ".join(f"{name} {error:.1g}" for name, error in errors.items())
    why = ""
    if best == "full":
        why = f"asked by full prompts (slow): sharing failed its self-test (differences {told})"
    return Report(best, errors, _join(why, seeing), blind)


def _too_narrow(window: int | None, sets: list[list[Prompt]]) -> str:
    """Whether not even these prompts fit: then sharing could not be tested."""
    longest = max(len(prompt.ids) for prompts in sets for prompt in prompts)
    narrow = window is not None and longest > window
    return f"its attention has a window of {window} tokens" if narrow else ""


def picture(kind: str) -> ImageView:
    """A small picture made here, without chance: `striped` or `plain`."""
    import numpy as np
    from PIL import Image

    x, y = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    channels = [(x * 5) % 256, (y * 3) % 256, ((x // 8 + y // 8) % 2) * 200]
    if kind == "plain":
        channels = [np.full_like(x, value) for value in (200, 180, 40)]
    image = Image.fromarray(np.stack(channels, axis=-1).astype(np.uint8))
    return ImageView(f"selftest-{kind}", "selftest", jpeg_of(image), SIDE, SIDE)


def _prompts(renderer: Renderer, image: ImageView | None) -> list[Prompt]:
    shown = [] if image is None else [image]
    return [renderer.prompt([user(CONTEXT + q, *shown)], whole=True) for q in QUESTIONS]


def _error(scorer: Scorer, method: Method, prompts: list[Prompt], truth: "Tensor") -> float:
    """The largest relative difference; infinite where the method fails or cannot tell questions
    apart. Asked twice: the second time the prefix comes from the cache."""
    before, scorer.method = scorer.method, method
    try:
        scorer.prefixes.clear()
        first, second = scorer.logits(prompts), scorer.logits(prompts)
    except (ModelError, RuntimeError, TypeError, ValueError, AttributeError, IndexError):
        return float("inf")
    finally:
        scorer.method = before
    off = max(float((found - truth).abs().max()) for found in (first, second))
    apart = float((truth[0] - truth[1]).abs().max())
    if math.isnan(off) or off > FAITHFUL * apart:
        return float("inf")
    return off / max(1.0, float(truth.abs().max()))


def _blind(scorer: Scorer, renderer: Renderer, striped: "Tensor") -> bool:
    other = _prompts(renderer, picture("plain"))[0]
    return bool((scorer.network.full(other).cpu() - striped).abs().max() == 0)


def _join(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
