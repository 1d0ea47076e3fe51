"""First-token logits of many prompts on the same images, by the fastest way that is trusted."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import torch

from crosslight.models.hf.network import Network, Shape
from crosslight.models.hf.packed import packed
from crosslight.models.hf.prefix import Prefixes, batched
from crosslight.models.hf.prompt import Prompt, shared

if TYPE_CHECKING:
    from torch import Tensor

Method = Literal["packed", "prefix", "full"]
PACK = 2048
"""Question tokens of one packed sequence: its attention grows with their square."""


class Scorer:
    """Scores prompts on one network. `max_bytes` bounds the memory of one pass."""

    def __init__(self, network: Network, method: Method, max_bytes: int) -> None:
        self.network = network
        self.method: Method = method
        self.max_bytes = max_bytes
        self.prefixes = Prefixes(network, max_bytes)
        self.passes = 0
        """Forward passes over questions so far (a full prompt is one)."""

    def logits(self, prompts: Sequence[Prompt]) -> "Tensor":
        """Logits (prompts, vocabulary), float32 on the CPU. All prompts show the same images.

        Raises Rejected for a prompt that is too long.
        """
        with torch.inference_mode():
            length = shared(prompts)
            short = self._fits(max(len(p.ids) for p in prompts))
            if self.method == "full" or not short or length < max(1, prompts[0].body):
                self.passes += len(prompts)
                return torch.stack([self.network.full(p).cpu() for p in prompts])
            prefix = self.prefixes.of(prompts[0], length)
            tails = [p.ids[length:] for p in prompts]
            run = packed if self.method == "packed" else batched
            rows = []
            for chunk in chunks([len(t) for t in tails], length, self.method, self):
                rows.append(run(self.network, prefix, tails[chunk]).cpu())
                self.passes += 1
            return torch.cat(rows)

    def _fits(self, tokens: int) -> bool:
        window = self.network.window
        return window is None or tokens <= window


def chunks(lengths: Sequence[int], prefix: int, method: Method, bound: Scorer) -> Iterator[slice]:
    """Cut the questions into runs that stay within the bound (a run has at least one)."""
    start = 0
    for end in range(1, len(lengths) + 1):
        over = (
            end - start > 1
            and _need(bound.network.shape, lengths[start:end], prefix, method) > bound.max_bytes
        )
        full = method == "packed" and end - start > 1 and sum(lengths[start:end]) > PACK
        if over or full:
            yield slice(start, end - 1)
            start = end - 1
    if start < len(lengths):
        yield slice(start, len(lengths))


def _need(shape: Shape, lengths: Sequence[int], prefix: int, method: Method) -> int:
    """Bytes of caches (tokens x layers x key-value bytes), and of attention scores when packed."""
    if method == "packed":
        tokens = sum(lengths)
        scores = tokens * (prefix + tokens) * shape.heads * shape.itemsize
        return (prefix + tokens) * shape.kv_bytes + scores
    return len(lengths) * (prefix + max(lengths)) * shape.kv_bytes
