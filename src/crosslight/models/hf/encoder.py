"""CLIP, SigLIP and those like them: images and texts as unit vectors of one space."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import torch

from crosslight.models.errors import NotSupported, Rejected, Unreachable
from crosslight.models.hf.families.base import Family, Parts
from crosslight.models.lane import in_lane
from crosslight.models.message import ImageView, Message
from crosslight.models.protocol import (
    GREEDY,
    Answer,
    Capabilities,
    Choice,
    ModelCard,
    Sampling,
    Vectors,
)
from crosslight.store import BadImage, decode_image
from crosslight.text import breaker

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

BATCH = 16


class HfEncoder:
    """A loaded encoder. It embeds and does nothing else."""

    capabilities = Capabilities(embed_images=True, embed_texts=True, generates=False)

    def __init__(self, model: Any, tokenizer: Any, folder: Path, card: ModelCard) -> None:
        self.card = card
        self._model = model
        self._device = str(model.device)
        self._tokenizer = tokenizer
        self._broken = breaker(tokenizer.all_special_tokens)
        self._processor = _Eyes(Parts(model, tokenizer, folder)).image_processor()
        self._longest = int(model.config.text_config.max_position_embeddings)
        # SigLIP was trained on texts filled up to the full length, CLIP on texts as they are.
        self._fill = model.config.model_type.startswith("siglip")

    def __repr__(self) -> str:
        return f"HfEncoder({self.card.name!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("an open model is not pickled; pickle its backend")

    async def embed(self, items: Sequence[str | ImageView], *, task: str = "") -> Vectors:
        """Unit vectors, one a row. A text over the encoder's length is cut, with a warning.
        Raises Rejected for an image that cannot be read."""
        return await in_lane(self._device, lambda: self._embed(items))

    async def generate(
        self,
        messages: Sequence[Message],
        *,
        task: str = "",
        schema: Mapping[str, Any] | None = None,
        sampling: Sampling = GREEDY,
        logprobs: int = 0,
    ) -> Answer:
        """Not offered."""
        raise NotSupported(f"{self.card.name} is an encoder: it only embeds")

    async def choose(
        self, messages: Sequence[Message], options: Sequence[str], *, task: str = ""
    ) -> Choice:
        """Not offered."""
        raise NotSupported(f"{self.card.name} is an encoder: it only embeds")

    async def aclose(self) -> None:
        """Free the memory."""
        await in_lane(self._device, self._drop)

    def _drop(self) -> None:
        self._model = None

    def _embed(self, items: Sequence[str | ImageView]) -> Vectors:
        if self._model is None:
            raise Unreachable("the model was closed", hint="open it again")
        rows: list[Any] = [None] * len(items)
        texts = [(at, self._broken(item)) for at, item in enumerate(items) if isinstance(item, str)]
        images = [(at, _picture(v)) for at, v in enumerate(items) if not isinstance(v, str)]
        with torch.inference_mode():
            for start in range(0, len(texts), BATCH):
                _place(rows, texts[start : start + BATCH], self._texts)
            for start in range(0, len(images), BATCH):
                _place(rows, images[start : start + BATCH], self._images)
        return np.stack(rows) if rows else np.zeros((0, 0), np.float32)

    def _texts(self, texts: Sequence[str]) -> "Tensor":
        free = self._tokenizer(list(texts))["input_ids"]
        long = [len(ids) for ids in free if len(ids) > self._longest]
        if long:
            warnings.warn(
                f"{self.card.name} reads {self._longest} tokens of a text: {len(long)} texts of up "
                f"to {max(long)} are cut",
                RuntimeWarning,
                stacklevel=2,
            )
        inputs = self._tokenizer(
            list(texts),
            return_tensors="pt",
            truncation=True,
            max_length=self._longest,
            padding="max_length" if self._fill else True,
        )
        kept = ["input_ids"] if self._fill else ["input_ids", "attention_mask"]
        return _vectors(
            self._model.get_text_features(**{k: inputs[k].to(self._model.device) for k in kept})
        )

    def _images(self, images: "Sequence[Image]") -> "Tensor":
        inputs = self._processor(list(images), return_tensors="pt")
        moved = {
            name: value.to(
                self._model.device, self._model.dtype if name == "pixel_values" else None
            )
            for name, value in inputs.items()
        }
        return _vectors(self._model.get_image_features(**moved))


class _Eyes(Family):
    """Only for its image processor."""

    def see(self, images: Any, *, whole: bool = False) -> NoReturn:
        raise NotSupported("an encoder reads no prompts", hint="name a vision-language model")


def _picture(view: ImageView) -> "Image":
    try:
        return decode_image(view.jpeg).image
    except BadImage as error:
        raise Rejected(f"an image cannot be read: {error}") from None


def _vectors(out: Any) -> "Tensor":
    """The pooled features, whether the method gives them or an output that holds them."""
    found = out if isinstance(out, torch.Tensor) else out.pooler_output
    return torch.nn.functional.normalize(found.float(), dim=-1)


def _place(rows: list[Any], some: Sequence[tuple[int, Any]], encode: Any) -> None:
    vectors = encode([item for _, item in some]).cpu().numpy().astype(np.float32)
    for (at, _), vector in zip(some, vectors, strict=True):
        rows[at] = vector
