"""What the model is shown in place of an item's pictures: does it need them?

blank: a grey picture of the same size. caption: a description in words, no picture. none: the text
alone. shuffled: the pictures of another item, fixed by the seed.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from pathlib import Path

from PIL import Image

from crosslight.bench.config import BenchConfig
from crosslight.bench.item import Item, Role, Turn
from crosslight.bench.marks import in_words, placed
from crosslight.bench.native.images import image_bytes
from crosslight.bench.prompts import render
from crosslight.flow import Context
from crosslight.models import Message, user
from crosslight.records import BadSetting, ImageView
from crosslight.store import NARROW, BadImage, ImageStore

GREY = (128, 128, 128)


@dataclass(frozen=True, slots=True)
class Shown:
    """What goes to the model: the turns of an item, the last of them what is asked."""

    turns: tuple[Message, ...]
    photos: tuple[str, ...] = ()
    """Of all pictures, in the order of the item."""
    notes: tuple[str, ...] = ()
    """What the pictures hold and the model was not shown."""


@dataclass(slots=True)
class Pictures:
    """Finds an item's pictures in the suite's folder, or what stands in for them."""

    folder: Path
    config: BenchConfig
    marks: bool = False
    """Whether `<image>` in a text is the place of a picture."""
    other: dict[str, Item] = field(default_factory=dict)
    """By item, whose pictures it is shown when they are shuffled."""

    @classmethod
    def of(
        cls, folder: Path, config: BenchConfig, items: Sequence[Item], *, marks: bool = False
    ) -> "Pictures":
        """For all items of a run. Raises `BadSetting` where nothing can be shuffled."""
        made = cls(folder, config, marks)
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
        told = [*item.turns, Turn("user", text)]
        if mode == "none" or not item.images:
            return Shown(tuple(self._turn(turn.role, turn.text) for turn in told))
        source = self.other.get(item.id, item) if mode == "shuffled" else item
        views = [await ctx.blocking(self._view, name, ctx.images) for name in source.images]
        notes = tuple(dict.fromkeys(note for view in views for note in view.notes))
        turns = list[Message]()
        for turn, own in zip(told, _dealt(item, views), strict=True):
            if mode == "caption":
                turns.append(await self._captioned(turn, own, ctx))
            else:
                turns.append(self._turn(turn.role, turn.text, own))
        photos = () if mode == "caption" else tuple(view.photo for view in views)
        return Shown(tuple(turns), photos, notes)

    def _turn(self, role: Role, text: str, views: Sequence[ImageView] = ()) -> Message:
        if not self.marks:
            return Message(role, text, tuple(views))
        return placed(role, text, views)

    async def _captioned(self, turn: Turn, views: Sequence[ImageView], ctx: Context) -> Message:
        """With words for its pictures; numbered where its text has marks for them."""
        captions = [await self._caption(view, ctx) for view in views]
        text = in_words(turn.text) if self.marks else turn.text
        if text != turn.text:
            captions = [f"[image {at}]: {told}" for at, told in enumerate(captions, 1)]
        if captions:
            text = render("with_caption", caption=" ".join(captions), text=text)
        return Message(turn.role, text)

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


def _dealt(item: Item, views: Sequence[ImageView]) -> list[Sequence[ImageView]]:
    """The pictures by turn; stand-ins may be more or fewer than the item's own."""
    counts = [turn.pictures for turn in item.turns]
    shown = [*counts, len(item.images) - sum(counts)]
    last = max(at for at, count in enumerate(shown) if count)
    found, start = list[Sequence[ImageView]](), 0
    for at, count in enumerate(shown):
        end = len(views) if at == last else start + count
        found.append(views[start:end])
        start = end
    return found


def _grey(width: int, height: int) -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, height), GREY).save(out, "PNG")
    return out.getvalue()


def _moved(items: Sequence[Item], seed: int) -> dict[str, Item]:
    """Each item's stand-in: the next one with other pictures on a ring in seeded order, if there is
    one with as many."""
    order = sorted(
        items, key=lambda item: hashlib.sha256(f"{seed}:shuffle:{item.id}".encode()).digest()
    )
    found: dict[str, Item] = {}
    for at, item in enumerate(order):
        ring = partial(_behind, order, at)
        others = (each for each in ring() if each.images != item.images)
        alike = (each for each in ring() if each.images != item.images and _as_many(each, item))
        other = next(alike, None) or next(others, None)
        if other is None:
            raise BadSetting("--image shuffled needs items with different pictures")
        found[item.id] = other
    return found


def _behind(order: Sequence[Item], at: int) -> Iterator[Item]:
    """The others of a ring, from the next one on."""
    return (order[(at + step) % len(order)] for step in range(1, len(order)))


def _as_many(one: Item, other: Item) -> bool:
    return len(one.images) == len(other.images)
