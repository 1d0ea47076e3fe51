"""OWLv2 (and OWL-ViT): where in an image are the things that words name.

It is a `Model` that answers the task `detect`, as the judge asks it: `generate` reads the words
from the message's first line, behind its first colon, between semicolons.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import torch
from pydantic_core import to_json

from crosslight.models.errors import NotSupported, Rejected, Unreachable
from crosslight.models.hf import files
from crosslight.models.lane import in_lane
from crosslight.models.message import ImageView, Message
from crosslight.models.protocol import (
    GREEDY,
    Answer,
    Capabilities,
    Choice,
    ModelCard,
    Sampling,
    Usage,
    Vectors,
)
from crosslight.store import BadImage, decode_image
from crosslight.text import last_fenced

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

QUERY = "a photo of a {}"
"""How the model's authors name a thing."""
LEAST = 0.01
"""Boxes of less confidence are not reported."""
MOST = 16
"""Boxes of one answer, the most confident first."""
GREY = 128
MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True, slots=True)
class Box:
    """Where a word's thing is. Sides are shares of the image's width and height, in 0..1."""

    word: str
    confidence: float
    left: float
    top: float
    right: float
    bottom: float


class HfDetector:
    """A loaded detector."""

    capabilities = Capabilities(images=True, schema=True)

    def __init__(self, model: Any, tokenizer: Any, folder: Path, card: ModelCard) -> None:
        self.card = card
        self._model = model
        self._device = str(model.device)
        self._tokenizer = tokenizer
        told = files.read_json(folder, "preprocessor_config.json")
        self._mean = torch.tensor(told.get("image_mean", MEAN)).view(3, 1, 1)
        self._std = torch.tensor(told.get("image_std", STD)).view(3, 1, 1)
        self._side = int(model.config.vision_config.image_size)
        # OWLv2 fills the image up to a square; its boxes are shares of that square.
        self._square = model.config.model_type == "owlv2"

    def __repr__(self) -> str:
        return f"HfDetector({self.card.name!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("an open model is not pickled; pickle its backend")

    async def detect(self, image: ImageView, words: Sequence[str]) -> list[Box]:
        """Boxes of the words, the most confident first. Raises Rejected."""
        asked = tuple(dict.fromkeys(word.strip() for word in words if word.strip()))
        if not asked:
            return []
        return await in_lane(self._device, lambda: self._detect(image, asked))

    async def generate(
        self,
        messages: Sequence[Message],
        *,
        task: str = "",
        schema: Mapping[str, Any] | None = None,
        sampling: Sampling = GREEDY,
        logprobs: int = 0,
    ) -> Answer:
        """Boxes as JSON, for the task `detect` only."""
        images = [image for message in messages for image in message.images]
        if task != "detect" or len(images) != 1:
            raise NotSupported(f"{self.card.name} only answers the task detect, on one image")
        boxes = await self.detect(images[0], words_of(messages[-1].text))
        parsed = {
            "boxes": [
                {
                    "word": b.word,
                    "left": b.left,
                    "top": b.top,
                    "right": b.right,
                    "bottom": b.bottom,
                    "confidence": b.confidence,
                }
                for b in boxes
            ]
        }
        text = to_json(parsed).decode()
        return Answer(text, parsed, usage=Usage(), model=self.card.name)

    async def choose(
        self, messages: Sequence[Message], options: Sequence[str], *, task: str = ""
    ) -> Choice:
        """Not offered."""
        raise NotSupported(f"{self.card.name} is a detector")

    async def embed(self, items: Sequence[str | ImageView], *, task: str = "") -> Vectors:
        """Not offered."""
        raise NotSupported(f"{self.card.name} is a detector")

    async def aclose(self) -> None:
        """Free the memory."""
        await in_lane(self._device, self._drop)

    def _drop(self) -> None:
        self._model = None

    def _detect(self, view: ImageView, words: tuple[str, ...]) -> list[Box]:
        if self._model is None:
            raise Unreachable("the model was closed", hint="open it again")
        try:
            image = decode_image(view.jpeg).image
        except BadImage as error:
            raise Rejected(f"an image cannot be read: {error}") from None
        longest = int(self._model.config.text_config.max_position_embeddings)
        text = self._tokenizer(
            [QUERY.format(word) for word in words],
            return_tensors="pt",
            truncation=True,
            padding="max_length",
            max_length=longest,
        )
        device = self._model.device
        with torch.inference_mode():
            out = self._model(
                input_ids=text["input_ids"].to(device),
                attention_mask=text["attention_mask"].to(device),
                pixel_values=self._pixels(image).to(device, self._model.dtype),
            )
        shares = out.logits[0].float().sigmoid().cpu()
        return boxes_of(shares, out.pred_boxes[0].float().cpu(), words, self._scale(image))

    def _scale(self, image: "Image") -> tuple[float, float]:
        """What the model's coordinates are multiplied with to be shares of the image."""
        width, height = image.size
        side = max(width, height)
        return (side / width, side / height) if self._square else (1.0, 1.0)

    def _pixels(self, image: "Image") -> "Tensor":
        """(1, 3, side, side): filled up to a square with grey (OWLv2), scaled, normalised."""
        import numpy as np
        from PIL import Image as Pillow

        if self._square:
            side = max(image.size)
            square = Pillow.new("RGB", (side, side), (GREY, GREY, GREY))
            square.paste(image)
            image = square
        small = image.resize((self._side, self._side), Pillow.Resampling.BICUBIC)
        pixels = torch.from_numpy(np.array(small)).permute(2, 0, 1).float() / 255
        return ((pixels - self._mean) / self._std)[None]


def words_of(text: str) -> list[str]:
    """The words of a `detect` prompt: what its fence at the end holds, between semicolons."""
    return [word.strip() for word in last_fenced(text).split(";") if word.strip()]


def boxes_of(
    shares: "Tensor", centres: "Tensor", words: Sequence[str], scale: tuple[float, float]
) -> list[Box]:
    """Boxes from confidences (places, words) and (centre x, centre y, width, height) of places."""
    confidence, word = shares.max(dim=-1)
    found = []
    for at in confidence.argsort(descending=True)[:MOST].tolist():
        if float(confidence[at]) < LEAST:
            break
        x, y, width, height = centres[at].tolist()
        sides = (
            (x - width / 2) * scale[0],
            (y - height / 2) * scale[1],
            (x + width / 2) * scale[0],
            (y + height / 2) * scale[1],
        )
        if not all(map(math.isfinite, sides)):
            continue
        left, top, right, bottom = (min(1.0, max(0.0, round(side, 6))) for side in sides)
        if right > left and bottom > top:
            share = round(float(confidence[at]), 6)
            found.append(Box(words[int(word[at])], share, left, top, right, bottom))
    return found
