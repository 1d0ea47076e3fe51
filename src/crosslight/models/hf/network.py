"""A loaded language model, with or without eyes: hidden states, logits, and its own full forward.

Two ways to the same logits. `full` is the model's own forward over a whole prompt, with the
positions that the model works out itself: the reference. `hidden` takes positions, mask and cache
from outside, which is what sharing and packing are made of.
"""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from crosslight.models.errors import NotSupported, Rejected
from crosslight.models.hf.families.base import Family, Seen
from crosslight.models.hf.prompt import Prompt

if TYPE_CHECKING:
    from torch import Tensor

WINDOWED = "sliding_attention"


@dataclass(frozen=True, slots=True)
class Shape:
    """What sizes follow from. `limit`: tokens of context, None if the config does not tell."""

    layers: int
    kv_heads: int
    head_dim: int
    heads: int
    itemsize: int
    limit: int | None

    @property
    def kv_bytes(self) -> int:
        """Bytes that one token of one prompt takes in a key-value cache."""
        return 2 * self.layers * self.kv_heads * self.head_dim * self.itemsize


class Network:
    """The model on its device. One thread at a time."""

    def __init__(self, model: Any, family: Family | None) -> None:
        self.model = model
        self.family = family
        self.device = model.device
        self.dtype = model.dtype
        self.axes = family.axes if family else 1
        self.text_config = model.config.get_text_config(decoder=True)
        self.shape = _shape(self.text_config, self.dtype.itemsize)
        self._base = getattr(model, model.base_model_prefix)
        # transformers 5.23 says past_key_values, 5.24 says cache, and 5.40 will forget the former.
        taken = inspect.signature(self._base.forward).parameters
        self._cache = "cache" if "cache" in taken else "past_key_values"
        self._head = model.get_output_embeddings()
        if self._head is None:
            raise NotSupported("the model has no output embeddings", hint="is it a language model?")

    def full(self, prompt: Prompt) -> "Tensor":
        """Logits (vocabulary,) of the first new token by the model's own forward, float32."""
        ids = self.ids(prompt.ids)
        given = self._given(ids, prompt)
        out = self.model(input_ids=ids, use_cache=False, logits_to_keep=1, **given)
        logits: Tensor = out.logits[0, -1].float()
        return logits

    def cache(self) -> Any:
        """An empty cache. Layers with a window keep all: what is shared fits into the window, and
        a cache that has thrown something away cannot be cut."""
        from transformers import DynamicCache

        return DynamicCache() if self.window else DynamicCache(config=self.model.config)

    def hidden(
        self,
        ids: "Tensor",
        positions: "Tensor",
        cache: Any,
        mask: "Tensor | None" = None,
        prompt: Prompt | None = None,
    ) -> "Tensor":
        """Last hidden states (batch, n, width) of `ids` (batch, n) at `positions` (axes, batch, n)
        behind `cache`, which grows by n. `prompt`: whose beginning `ids` are, with its images."""
        where = positions if self.axes > 1 else positions[0]
        out = self._base(
            input_ids=ids,
            position_ids=where.to(self.device),
            attention_mask=mask,
            use_cache=True,
            **{self._cache: cache},
            **({} if prompt is None else self._given(ids, prompt)),
        )
        states: Tensor = out.last_hidden_state
        return states

    def logits(self, states: "Tensor") -> "Tensor":
        """Logits (rows, vocabulary) of hidden states (rows, width), float32."""
        out: Tensor = self._head(states).float()
        cap = getattr(self.text_config, "final_logit_softcapping", None)
        return out if cap is None else torch.tanh(out / cap) * cap

    def ids(self, tokens: tuple[int, ...]) -> "Tensor":
        """Token ids as a batch of one. Raises Rejected for a prompt that is too long."""
        self.check(len(tokens))
        return torch.tensor([tokens], device=self.device)

    def check(self, tokens: int) -> None:
        """Raises Rejected where so many tokens do not fit."""
        if self.shape.limit is not None and tokens > self.shape.limit:
            raise Rejected(
                f"{tokens} tokens do not fit into the model's {self.shape.limit}",
                hint="a lower --side, or ?split=off in its spec, makes fewer tokens of an image",
            )

    def positions(self, prompt: Prompt) -> tuple["Tensor", int]:
        """Positions (axes, n) of the prompt's tokens, and the delta of those after the images."""
        if self.family is None:
            return torch.arange(len(prompt.ids)).view(1, -1), 0
        return self.family.positions(torch.tensor(prompt.ids), prompt.seen)

    def after(self, start: int, count: int) -> "Tensor":
        """Positions (axes, 1, count) of text from position `start` on."""
        return torch.arange(start, start + count).expand(self.axes, 1, -1)

    def _given(self, ids: "Tensor", prompt: Prompt) -> "dict[str, Tensor]":
        """The images of a prompt as arguments of the forward, and what else its family adds."""
        if self.family is None:
            return {}
        shown = {} if prompt.seen is None else self.moved(prompt.seen)
        return {**shown, **self.family.extras(ids, prompt.seen, prompt.written)}

    def moved(self, seen: Seen) -> Mapping[str, "Tensor"]:
        """The images' tensors on the device, pixels in the model's type."""
        return {
            name: value.to(self.device, self.dtype if value.is_floating_point() else None)
            for name, value in seen.tensors.items()
        }

    @property
    def apart(self) -> str:
        """Why no two prompts can share their beginning; empty where they can."""
        if self.family is not None and self.family.apart:
            return self.family.apart
        types = set(getattr(self.text_config, "layer_types", None) or ["full_attention"])
        return "" if types <= {"full_attention", WINDOWED} else "its attention has a state"

    @property
    def window(self) -> int | None:
        """How far back every layer sees; None: to the beginning. Prompts no longer than this are
        shared and packed as if there were no window."""
        window = getattr(self.text_config, "sliding_window", None)
        types = getattr(self.text_config, "layer_types", None)
        used = getattr(self.text_config, "use_sliding_window", True)
        windowed = WINDOWED in types if types is not None else used
        return int(window) if window is not None and windowed else None


def _shape(config: Any, itemsize: int) -> Shape:
    heads = int(config.num_attention_heads)
    return Shape(
        layers=int(config.num_hidden_layers),
        kv_heads=int(getattr(config, "num_key_value_heads", None) or heads),
        head_dim=int(getattr(config, "head_dim", None) or config.hidden_size // heads),
        heads=heads,
        itemsize=itemsize,
        limit=getattr(config, "max_position_embeddings", None),
    )
