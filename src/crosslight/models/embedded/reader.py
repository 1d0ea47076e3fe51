"""The text reader of the embedded perception as a model of its own: what is printed in an image?

As a model, what it read is stored by the image's hash, so that a resumed run reads nothing twice.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from PIL import Image

from crosslight.models.errors import NotSupported, Rejected
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

SPEC = "print:rapidocr"
TASK = "print"
FORM = "sure-places"
"""Of the answers, in the revision: those of an older form are not replayed as this one."""
WORKERS = 2
SIDE, MOST_ENLARGED = 640, 2.5
"""Smaller pictures are blown up towards what the reader looks at, so that their print is read."""


@dataclass(frozen=True, slots=True)
class ReaderBackend:
    """Names the reader. Needs no file beside its package."""

    spec: str = SPEC

    async def open(self) -> "ReaderModel":
        """The reader; its network is loaded with the first image."""
        return ReaderModel()


class ReaderModel:
    """Answers the task `print` with a JSON list of [line, left, top, right, bottom, confidence]
    (shares of width and height), and nothing else."""

    def __init__(self) -> None:
        from crosslight.models.embedded.ocr import TextReader

        self.card = ModelCard(
            SPEC,
            "rapidocr",
            f"{version('rapidocr')}:{FORM}",
            licence="Apache-2.0",
            weakness="Latin print; misses handwriting, curved and drawn letters",
            queues=True,  # one picture at a time, in this process
            usd_per_million_in=0.0,
            usd_per_million_out=0.0,
        )
        self.capabilities = Capabilities(images=True, generates=False)
        self._reader = TextReader()
        self._pool = ThreadPoolExecutor(WORKERS, "print")

    async def generate(
        self,
        messages: Sequence[Message],
        *,
        task: str = "",
        schema: Mapping[str, Any] | None = None,
        sampling: Sampling = GREEDY,
        logprobs: int = 0,
    ) -> Answer:
        """The printed lines with their places, top to bottom. Raises `NotSupported`, `Rejected`."""
        images = [image for message in messages for image in message.images]
        if task != TASK or len(images) != 1:
            raise NotSupported("the reader reads one image", hint="task `print`")
        loop = asyncio.get_running_loop()
        lines = await loop.run_in_executor(self._pool, self._read, images[0].jpeg)
        return Answer(json.dumps(lines, ensure_ascii=False), lines, model=SPEC)

    async def choose(
        self, messages: Sequence[Message], options: Sequence[str], *, task: str = ""
    ) -> Choice:
        """Not this model's."""
        raise NotSupported("the reader answers no question")

    async def embed(self, items: Sequence[str | ImageView], *, task: str = "") -> Vectors:
        """Not this model's."""
        raise NotSupported("the reader embeds nothing")

    async def aclose(self) -> None:
        """Let running work end."""
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)

    def _read(self, jpeg: bytes) -> list[list[str | float]]:
        try:
            picture = decode_image(jpeg).image
        except BadImage as error:
            raise Rejected(f"no image: {error}") from error
        placed = self._reader.placed(_enlarged(picture), numerals=True)
        return [[r.text, r.left, r.top, r.right, r.bottom, r.confidence] for r in placed]


def _enlarged(picture: "Image.Image") -> "Image.Image":
    scale = min(MOST_ENLARGED, SIDE / max(picture.size))
    if scale <= 1:
        return picture
    width, height = (max(1, round(side * scale)) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.BICUBIC)
