"""What the model is shown in place of an item's pictures: does it need them?

blank: a grey picture of the same size. caption: a description in words, no picture. none: the text
alone. shuffled: the pictures of another item, fixed by the seed.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from PIL import Image

from crosslight.bench.config import BenchConfig
from crosslight.bench.item import Item
from crosslight.bench.native.images import image_bytes
from crosslight.bench.prompts import render
from crosslight.flow import Context
from crosslight.models import user
from crosslight.records import BadSetting, ImageView
from crosslight.store import NARROW, BadImage, ImageStore

GREY = (128, 128, 128)


@dataclass(frozen=True, slots=True)
class Shown:
    """The text and the pictures that go to the model."""

    text: str
    views: tuple[ImageView, ...] = ()
    notes: tuple[str, ...] = ()
    """What the pictures hold and the model was not shown."""


@dataclass(slots=True)
class Pictures:
    """Finds an item's pictures in the suite's folder, or what stands in for them."""

    folder: Path
    config: BenchConfig
    other: dict[str, Item] = field(default_factory=dict)
    """By item, whose pictures it is shown when they are shuffled."""

    @classmethod
    def of(cls, folder: Path, config: BenchConfig, items: Sequence[Item]) -> "Pictures":
        """For all items of a run. Raises `BadSetting` where nothing can be shuffled."""
        made = cls(folder, config)
        if config.picture != "as is" and not any(item.images for item in items):
            raise BadSetting(
                f"--image {config.picture}: no item of {config.suite} has a picture",
                "leave --image out",
            )
        if config.picture == "shuffled":
            made.other = _moved(
                [item for item in items if item.images and item.askable], config.seed
            )
        return made

    async def show(self, item: Item, text: str, ctx: Context) -> Shown:
        """What the model sees of this item. Raises `SuiteError`, `ModelError`, and `BadImage` also
        for a picture that would be shown as a strip."""
        mode = self.config.picture
        if mode == "none" or not item.images:
            return Shown(text)
        source = self.other.get(item.id, item) if mode == "shuffled" else item
        views = tuple([await ctx.blocking(self._view, name, ctx.images) for name in source.images])
        notes = tuple(dict.fromkeys(note for view in views for note in view.notes))
        if mode != "caption":
            return Shown(text, views, notes)
        captions = [await self._caption(view, ctx) for view in views]
        asked = render("with_caption", caption=" ".join(captions), text=text)
        return Shown(asked, notes=notes)

    def _view(self, name: str, store: ImageStore | None) -> ImageView:
        if store is None:
            raise RuntimeError("the run has no image store")
        config = self.config
        view = store.view(store.put(image_bytes(self.folder, name)), config.side, config.quality)
        for note in view.notes:
            if note.startswith(NARROW):
                raise BadImage("too_narrow", note)
        if config.picture != "blank":
            return view
        grey = store.put(_grey(view.width, view.height))
        return store.view(grey, config.side, config.quality)

    async def _caption(self, view: ImageView, ctx: Context) -> str:
        model = ctx.models.get("captioner") or ctx.models["model"]
        answer = await model.generate([user(render("caption"), view)], task="caption")
        return " ".join(answer.text.split())


def _grey(width: int, height: int) -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, height), GREY).save(out, "PNG")
    return out.getvalue()


def _moved(items: Sequence[Item], seed: int) -> dict[str, Item]:
    """Each item's stand-in: the next one with other pictures on a ring in seeded order."""
    order = sorted(
        items, key=lambda item: hashlib.sha256(f"{seed}:shuffle:{item.id}".encode()).digest()
    )
    found: dict[str, Item] = {}
    for at, item in enumerate(order):
        ring = (order[(at + step) % len(order)] for step in range(1, len(order)))
        other = next((each for each in ring if each.images != item.images), None)
        if other is None:
            raise BadSetting("--image shuffled needs items with different pictures")
        found[item.id] = other
    return found
