"""Running texts on a network: one for a plain answer, two for one under a remedy.

With a cache, or by full prompts where the self-test does not trust the cache.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch

from crosslight.models.errors import NotSupported
from crosslight.models.hf.decode import Coca, Combine, Stream, Vcd, coca, diffused, vcd
from crosslight.models.hf.families import Seen
from crosslight.models.hf.network import Network
from crosslight.models.hf.prompt import Prompt, Renderer
from crosslight.models.hf.score import Scorer
from crosslight.models.message import Message

if TYPE_CHECKING:
    from torch import Tensor


class Cached:
    """Reads the prompt once; each further token costs one step."""

    def __init__(self, network: Network, prompt: Prompt) -> None:
        from transformers import DynamicCache

        self._network = network
        self._prompt = prompt
        self._cache: Any = DynamicCache(config=network.model.config)
        self._next = 0

    def start(self) -> "Tensor":
        """See `Stream.start`. Raises Rejected for a prompt that is too long."""
        where, delta = self._network.positions(self._prompt)
        self._next = len(self._prompt.ids) + delta
        ids = self._network.ids(self._prompt.ids)
        states = self._network.hidden(ids, where[:, None], self._cache, prompt=self._prompt)
        return self._last(states)

    def push(self, token: int) -> "Tensor":
        """See `Stream.push`."""
        ids = torch.tensor([[token]], device=self._network.device)
        where = self._network.after(self._next, 1)
        self._next += 1
        return self._last(self._network.hidden(ids, where, self._cache))

    def _last(self, states: "Tensor") -> "Tensor":
        return self._network.logits(states[0, -1:])[0].cpu()


class Full:
    """Every token by the model's own forward over all that came before. Slow."""

    def __init__(self, network: Network, prompt: Prompt) -> None:
        self._network = network
        self._prompt = prompt

    def start(self) -> "Tensor":
        """See `Stream.start`."""
        return self._network.full(self._prompt).cpu()

    def push(self, token: int) -> "Tensor":
        """See `Stream.push`."""
        old = self._prompt
        self._prompt = replace(old, ids=(*old.ids, token), written=old.written + 1)
        return self.start()


@dataclass(frozen=True, slots=True)
class Mixed:
    """What to decode from: streams, how their logits combine, and the tokens of all prompts."""

    streams: Sequence[Stream]
    combine: Combine
    tokens: int


def mixed(
    scorer: Scorer, renderer: Renderer, messages: Sequence[Message], remedy: Vcd | Coca | None
) -> Mixed:
    """The streams of a dialogue. Raises NotSupported for VCD without an image."""
    prompts = [renderer.prompt(messages)]
    combine: Combine = _alone
    if isinstance(remedy, Vcd):
        prompts.append(_noisy(prompts[0], remedy))
        combine = _vcd(remedy)
    elif isinstance(remedy, Coca):
        *before, last = messages
        guided = last.led_by(f"{remedy.principle}\n", last.own)
        prompts.append(renderer.prompt([*before, guided]))
        combine = _coca(remedy)
    kind = Full if scorer.method == "full" else Cached
    streams = [kind(scorer.network, prompt) for prompt in prompts]
    return Mixed(streams, combine, sum(len(prompt.ids) for prompt in prompts))


def _alone(logits: "Sequence[Tensor]") -> "Tensor":
    return logits[0]


def _vcd(remedy: Vcd) -> Combine:
    return lambda logits: vcd(logits[0], logits[1], remedy.alpha, remedy.beta)


def _coca(remedy: Coca) -> Combine:
    return lambda logits: coca(logits[1], logits[0], remedy.alpha)


def _noisy(prompt: Prompt, remedy: Vcd) -> Prompt:
    """The same prompt on a noisy image. Raises NotSupported without an image."""
    if prompt.seen is None:
        raise NotSupported("visual contrastive decoding needs an image")
    tensors = dict(prompt.seen.tensors)
    tensors["pixel_values"] = diffused(tensors["pixel_values"], remedy.step, remedy.seed)
    return replace(prompt, seen=Seen(tensors, prompt.seen.runs))
