"""The embedded model: a composed perception behind the `Model` protocol, offline on two cores."""

import asyncio
import hashlib
import json
import os
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeVar

import numpy as np

from crosslight.models import fetch
from crosslight.models.embedded import perception, words
from crosslight.models.embedded.conse import DIM
from crosslight.models.embedded.phrases import read_phrase
from crosslight.models.embedded.scene import Scene
from crosslight.models.embedded.visible import look_for
from crosslight.models.errors import BadSpec, NotSupported
from crosslight.models.message import ImageView, Message
from crosslight.models.protocol import (
    Answer,
    Capabilities,
    Choice,
    ModelCard,
    Sampling,
    Vectors,
)
from crosslight.records import canonical
from crosslight.text import last_fenced

PERCEPTION, WORDS = "embedded", "embedded:words"
SCENES_KEPT = 256
"""Scenes in memory (10 kB each): many phrases are asked of one photo."""
WEAKNESS = (
    "Composed, no vision-language model. Sees the main object or place (1,000 ImageNet classes), "
    "persons and common things (69 COCO labels), printed Latin text, and an opinion "
    "sexual/graphic/safe. Does not see actions, ages, intent "
    "or states; often misses small things. Makes no safety verdict."
)
HINT = "name a vision-language model, e.g. openai:MODEL@URL"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class EmbeddedBackend:
    """`embedded` is perception only; `embedded:words` adds the small text model (491 MB)."""

    form: ClassVar[str] = f"{PERCEPTION} or {WORDS}, offline on this machine"
    spec: str = PERCEPTION

    def __post_init__(self) -> None:
        if self.spec not in (PERCEPTION, WORDS):
            raise BadSpec(f"there is no embedded model '{self.spec[:40]}'", hint=self.form)

    @classmethod
    def read(cls, rest: str) -> "EmbeddedBackend":
        """From what follows `embedded:`. Raises BadSpec."""
        return cls(f"embedded:{rest}" if rest else PERCEPTION)

    async def open(self) -> "EmbeddedModel":
        """Fetch what is missing, check it, and make the client. Raises `FetchFailed`."""
        await asyncio.to_thread(perception.prepare)
        if self.spec == WORDS:
            await asyncio.to_thread(fetch.fetch, words.WRITER)
        return EmbeddedModel(self.spec)


def card(spec: str) -> ModelCard:
    """Who answers. The revision changes with every part, and so does every answer's key."""
    parts = perception.parts()
    if spec == WORDS:
        entry = fetch.read_manifest().entry(words.WRITER)
        parts = (*parts, (words.WRITER, entry.sha256), ("words", perception.CODE))
    digest = hashlib.sha256(canonical([list(part) for part in parts])).hexdigest()
    return ModelCard(
        spec=spec,
        name="Crosslight embedded perception",
        revision=digest[:16],
        licence="Apache-2.0 and MIT parts",
        weakness=WEAKNESS,
        queues=True,
        usd_per_million_in=0.0,
        usd_per_million_out=0.0,
        parts=parts,
    )


class EmbeddedModel:
    """Implements `Model`. Work runs in a small pool; each image is looked at once."""

    def __init__(self, spec: str = PERCEPTION) -> None:
        self.card = card(spec)
        self.capabilities = Capabilities(
            images=True,
            seed=True,
            embed_images=True,
            embed_texts=True,
            generates=spec == WORDS,
            scene=True,
        )
        self._writer = words.Writer() if spec == WORDS else None
        self._perception = perception.Perception()
        self._pool = ThreadPoolExecutor(min(4, os.cpu_count() or 1), "crosslight-embedded")
        self._scenes: OrderedDict[str, asyncio.Task[Scene]] = OrderedDict()
        self._texts: OrderedDict[str, asyncio.Task[tuple[tuple[str, float], ...]]] = OrderedDict()

    async def generate(
        self,
        messages: Sequence[Message],
        *,
        task: str = "",
        schema: Mapping[str, Any] | None = None,
        sampling: Sampling = Sampling(),  # noqa: B008 - frozen
        logprobs: int = 0,
    ) -> Answer:
        """`scene`: a scene as JSON; `look`: without its print. `reword` (`embedded:words` only):
        text. Nothing else.

        Raises `NotSupported`, or `Rejected` for bytes that are no image.
        """
        if logprobs:
            raise NotSupported("the embedded model has no log-probabilities", hint=HINT)
        if task in ("scene", "look"):
            look = self.scene if task == "scene" else self._look
            seen = (await look(_one_image(messages))).to_json()
            text = json.dumps(seen, ensure_ascii=False, separators=(",", ":"))
            return Answer(text=text, parsed=seen, model=self.card.spec)
        if task == words.TASK and self._writer is not None:
            if schema is not None:
                raise NotSupported("the small text model obeys no schema", hint=HINT)
            writer = self._writer
            return await self._in_pool(lambda: writer.write(messages, sampling))
        wanted = f" ({WORDS} can)" if task == words.TASK else ""
        raise NotSupported(
            f"the embedded model cannot do '{task or 'generate'}'{wanted}; it does 'scene'",
            hint=HINT,
        )

    async def choose(
        self, messages: Sequence[Message], options: Sequence[str], *, task: str = ""
    ) -> Choice:
        """`visible`: is the phrase in the image that the text ends with? Yes or No.

        It stands on the last line, or in a fence there (`text.last_fenced`).

        `outside_mass` is the share that perception cannot know. Raises `NotSupported`.
        """
        if task != "visible":
            raise NotSupported(
                f"the embedded model makes no verdict ('{task or 'choose'}'); it does 'visible'",
                hint=HINT,
            )
        if sorted(options) != ["No", "Yes"]:
            raise NotSupported("the options must be Yes and No", hint="reword the question")
        phrase = last_fenced("\n".join(m.text for m in messages if m.role == "user")).strip()
        if not phrase:
            raise NotSupported("no phrase to look for", hint="put it on the last line")
        image = _one_image(messages)
        # Print is read only where the phrase quotes some: it takes half of the time.
        look = self.scene if read_phrase(phrase).printed else self._look
        sight = look_for(await look(image), phrase)
        chances = {"Yes": sight.yes, "No": 1 - sight.yes}
        return Choice(
            probabilities={option: chances[option] for option in options},
            outside_mass=sight.outside,
            model=self.card.spec,
        )

    async def embed(self, items: Sequence[str | ImageView], *, task: str = "") -> Vectors:
        """Unit vectors in the label space, shape (n, 256); an empty text is the zero vector."""
        if not items:
            return np.zeros((0, DIM), dtype=np.float32)
        texts = [item for item in items if isinstance(item, str)]
        views = [item for item in items if not isinstance(item, str)]
        space = await self._in_pool(self._perception.space)
        of_texts = iter(await self._in_pool(lambda: space.texts(texts)))
        tags = await asyncio.gather(*(self._tags(view) for view in views))
        of_views = iter([space.tags(t) for t in tags])
        return np.stack([next(of_texts if isinstance(i, str) else of_views) for i in items])

    async def scene(self, image: ImageView) -> Scene:
        """The scene of an image; asked twice, it is looked at once. Raises `Rejected`."""
        look, lines = await asyncio.gather(self._look(image), self._lines(image))
        return replace(look, text=lines)

    async def _look(self, image: ImageView) -> Scene:
        """The scene without its print."""
        return await self._once(self._scenes, image, self._perception.look)

    async def _lines(self, image: ImageView) -> tuple[tuple[str, float], ...]:
        return await self._once(self._texts, image, self._perception.lines)

    async def _once(
        self,
        kept: "OrderedDict[str, asyncio.Task[T]]",
        image: ImageView,
        work: Callable[[bytes], T],
    ) -> T:
        key = hashlib.sha256(image.jpeg).hexdigest()
        task = kept.get(key)
        if task is None:
            task = asyncio.ensure_future(self._in_pool(lambda: work(image.jpeg)))
            kept[key] = task
            if len(kept) > SCENES_KEPT:
                kept.popitem(last=False)
        kept.move_to_end(key)
        try:
            return await asyncio.shield(task)
        except Exception:
            kept.pop(key, None)
            raise

    async def aclose(self) -> None:
        """Let running work end, and release the networks."""
        self._scenes.clear()
        self._texts.clear()
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)

    async def _tags(self, image: ImageView) -> tuple[tuple[str, float], ...]:
        known = self._scenes.get(hashlib.sha256(image.jpeg).hexdigest())
        if known is not None:
            return (await self.scene(image)).tags
        return await self._in_pool(lambda: self._perception.tags(image.jpeg))

    async def _in_pool(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


def _one_image(messages: Sequence[Message]) -> ImageView:
    images = [image for message in messages for image in message.images]
    if len(images) != 1:
        raise NotSupported(
            f"the embedded model looks at exactly one image, not {len(images)}", hint=HINT
        )
    return images[0]
