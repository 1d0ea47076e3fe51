"""Many questions on one beginning: the image and the instructions are read once, and kept.

`batched`: the cache is repeated, one row a question, questions padded on the right. What stands
behind a question cannot change it (attention looks back only), so the padding needs no care but
explicit positions.
"""

import copy
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from crosslight.models.hf.network import Network
from crosslight.models.hf.prompt import Prompt

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Prefix:
    """The first tokens of a prompt with their key-value cache. The next token's position is
    `len(ids) + delta`."""

    ids: tuple[int, ...]
    pictures: tuple[tuple[str, str], ...]
    delta: int
    cache: Any

    def fork(self, length: int | None = None) -> Any:
        """A cache that can grow without changing this one, cut to its first `length` tokens."""
        forked = fork(self.cache)
        if length is not None and length < len(self.ids):
            forked.crop(length - len(self.ids))
        return forked


class Prefixes:
    """The last prefixes, within a bound of bytes (but always one)."""

    def __init__(self, network: Network, max_bytes: int) -> None:
        self._network = network
        self._most = max(1, max_bytes // network.shape.kv_bytes)
        self._kept: OrderedDict[tuple[object, ...], Prefix] = OrderedDict()

    def of(self, prompt: Prompt, length: int) -> Prefix:
        """The first `length` tokens of `prompt` (all its images among them), read once."""
        ids = prompt.ids[:length]
        known = self._longest(ids, prompt)
        if known is None:
            made = self._read(prompt, length)
        elif known[1] == length and len(known[0].ids) == length:
            self._kept.move_to_end(_name(known[0]))
            return known[0]
        else:
            made = self._extend(*known, ids)
        self._keep(made)
        return made

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()

    def _longest(self, ids: tuple[int, ...], prompt: Prompt) -> tuple[Prefix, int] | None:
        """The kept prefix that shares most with `ids`, the images included, and how much."""
        best: tuple[Prefix, int] | None = None
        for known in self._kept.values():
            if known.pictures != prompt.pictures:
                continue
            common = _common(known.ids, ids)
            if common >= max(1, prompt.body) and (best is None or common > best[1]):
                best = known, common
        return best

    def _read(self, prompt: Prompt, length: int) -> Prefix:
        network = self._network
        where, delta = network.positions(prompt)
        cache = network.cache()
        ids = network.ids(prompt.ids[:length])
        network.hidden(ids, where[:, None, :length], cache, prompt=prompt)
        return Prefix(prompt.ids[:length], prompt.pictures, delta, cache)

    def _extend(self, known: Prefix, common: int, ids: tuple[int, ...]) -> Prefix:
        network = self._network
        cache = known.fork(common)
        rest = ids[common:]
        if rest:
            where = network.after(common + known.delta, len(rest))
            network.hidden(network.ids(rest), where, cache)
        return Prefix(ids, known.pictures, known.delta, cache)

    def _keep(self, prefix: Prefix) -> None:
        self._kept[_name(prefix)] = prefix
        self._kept.move_to_end(_name(prefix))
        while len(self._kept) > 1 and sum(len(p.ids) for p in self._kept.values()) > self._most:
            self._kept.popitem(last=False)


def batched(network: Network, prefix: Prefix, tails: Sequence[tuple[int, ...]]) -> "Tensor":
    """Logits (questions, vocabulary) of the first new token behind prefix + each tail."""
    count, longest = len(tails), max(map(len, tails))
    network.check(len(prefix.ids) + longest)
    ids = torch.zeros(count, longest, dtype=torch.long)
    mask = torch.ones(count, len(prefix.ids) + longest, dtype=torch.long)
    for row, tail in enumerate(tails):
        ids[row, : len(tail)] = torch.tensor(tail)
        mask[row, len(prefix.ids) + len(tail) :] = 0
    cache = prefix.fork()
    cache.batch_repeat_interleave(count)
    where = network.after(len(prefix.ids) + prefix.delta, longest).expand(-1, count, -1)
    states = network.hidden(ids.to(network.device), where, cache, mask.to(network.device))
    ends = torch.tensor([len(tail) - 1 for tail in tails], device=states.device)
    return network.logits(states[torch.arange(count, device=states.device), ends])


def fork(cache: Any) -> Any:
    """A copy of a cache whose growth leaves the original as it is.

    A DynamicLayer grows by making new tensors, so the layers can share theirs; anything else is
    copied deeply.
    """
    if all(type(layer).__name__ == "DynamicLayer" for layer in cache.layers):
        forked = copy.copy(cache)
        forked.layers = [copy.copy(layer) for layer in cache.layers]
        return forked
    return copy.deepcopy(cache)


def _name(prefix: Prefix) -> tuple[object, ...]:
    """The ids of two images of one size are the same: the images are part of the name."""
    return prefix.pictures, prefix.ids


def _common(left: Sequence[int], right: Sequence[int]) -> int:
    limit = min(len(left), len(right))
    if left[:limit] == right[:limit]:
        return limit
    return next(i for i in range(limit) if left[i] != right[i])
