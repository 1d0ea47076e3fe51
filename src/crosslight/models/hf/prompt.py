"""From messages to token ids: the model's own chat template, then images in the place of markers.

The template is rendered with one marker an image; the ids of each image are put in after
tokenizing. Markers are special tokens, which split the text, so this is what tokenizing the
expanded text gives, without reading thousands of equal tokens.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from crosslight.models.errors import BadSpec, ModelError, NotSupported, Rejected
from crosslight.models.hf.families.base import Family, Seen
from crosslight.models.hf.template import ChatTemplate, special_tokens
from crosslight.models.message import ImageView, Message, user
from crosslight.models.reasoning import left_open
from crosslight.store import BadImage, decode_image
from crosslight.text import breaker

KEPT = 4
"""Prepared sets of images that are kept: the judge goes back and forth between two."""
PLAIN = (
    "{% for m in messages %}{{ m['role'] | capitalize }}: {{ m['content'] }}\n{% endfor %}"
    "Assistant:"
)
"""For a model that has no template. Its card says so."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Token ids with the images' tokens among them. `body` is the index behind the last of these
    (0 without images); `pictures` says which images."""

    ids: tuple[int, ...]
    body: int = 0
    pictures: tuple[tuple[str, str], ...] = ()
    seen: Seen | None = None
    written: int = 0
    """How many of the last tokens the model wrote itself."""


class Renderer:
    """Renders messages for one model. Not for several threads at once."""

    def __init__(self, tokenizer: Any, template: str | None, family: Family | None) -> None:
        self.plain = template is None and not (family and family.template)
        self._tokenizer = tokenizer
        plain = family.template if family and family.template else PLAIN
        self._template = ChatTemplate(plain if template is None else template)
        self._tokens = special_tokens(tokenizer)
        self._family = family
        self._seen: OrderedDict[tuple[object, ...], Seen] = OrderedDict()
        self._broken = breaker({*tokenizer.get_added_vocab(), *tokenizer.all_special_tokens})
        self._lists = family is not None and self._takes_lists()
        self.opens = self._left_open()
        """The tag of a trace that the template opens for the model; empty where it opens none."""

    def prompt(self, messages: Sequence[Message], *, whole: bool = False) -> Prompt:
        """The ids of a dialogue up to where the model's turn begins.

        Raises NotSupported for images that the model cannot see, Rejected for broken ones.
        """
        images = [image for message in messages for image in message.images]
        text = self._render(messages)
        if self._family is not None:
            text = self._family.placed(text)
        ids = self._tokenizer.encode(text, add_special_tokens=self._opens(text))
        if self._family is None:
            if images:
                raise NotSupported("this model sees no images", hint="name a vision-language model")
            return Prompt(tuple(ids))
        if not images:
            return Prompt(tuple(ids))
        seen = self._look(images, whole)
        marker = self._family.image_token
        if ids.count(marker) != len(images):
            raise NotSupported(
                f"the chat template wrote {ids.count(marker)} images of {len(images)}",
                hint="the repository's template does not fit its model",
            )
        return _expanded(ids, marker, tuple((v.photo, v.recipe) for v in images), seen)

    def _opens(self, text: str) -> bool:
        """Whether the tokenizer adds its own tokens: for vision models transformers lets it, unless
        the template wrote the opening one (LLaVA's does not); for others the template is all."""
        begin = self._tokenizer.bos_token
        if self._family is None or not self._family.opens:
            return False
        return not (begin and text.startswith(begin))

    def _look(self, images: Sequence[ImageView], whole: bool) -> Seen:
        key = (whole, *((view.photo, view.recipe) for view in images))
        seen = self._seen.pop(key, None)
        if seen is None:
            assert self._family is not None
            try:
                pictures = [decode_image(view.jpeg).image for view in images]
            except BadImage as error:
                raise Rejected(f"an image cannot be read: {error}") from None
            seen = self._family.see(pictures, whole=whole)
        self._seen[key] = seen
        while len(self._seen) > KEPT:
            self._seen.popitem(last=False)
        return seen

    def _render(self, messages: Sequence[Message]) -> str:
        form = self._listed if self._lists else self._flat
        try:
            return self._apply([form(message) for message in messages])
        except BadSpec:
            if messages[0].role != "system" or len(messages) < 2:
                raise
        # Some templates know no system role: its text then opens the first turn.
        head, first, *rest = messages
        text = f"{head.sent(self._broken)}\n\n"
        merged = first.led_by(text, own=len(text) + first.own)
        return self._apply([form(message) for message in [merged, *rest]])

    def _apply(self, turns: list[dict[str, Any]]) -> str:
        given = {"messages": turns, "tools": None, "documents": None}
        asked = {"add_generation_prompt": True, "enable_thinking": False}
        return self._template.render({**self._tokens, **given, **asked})

    def _listed(self, message: Message) -> dict[str, Any]:
        if not message.images:
            text = message.sent(self._broken)
            return {"role": message.role, "content": [{"type": "text", "text": text}]}
        parts = [
            {"type": "text", "text": piece} if isinstance(piece, str) else {"type": "image"}
            for piece in message.pieces(self._broken)
            if piece
        ]
        return {"role": message.role, "content": parts}

    def _flat(self, message: Message) -> dict[str, Any]:
        mark = self._family.marker + "\n" if self._family else ""
        pieces = message.pieces(self._broken)
        text = "".join(piece if isinstance(piece, str) else mark for piece in pieces)
        return {"role": message.role, "content": text}

    def _left_open(self) -> str:
        try:
            return left_open(self._render([user("?")]))
        except ModelError:
            return ""  # told where a question is asked

    def _takes_lists(self) -> bool:
        """Whether the template writes one marker for an image given as a part of the content."""
        assert self._family is not None
        parts = [{"type": "image"}, {"type": "text", "text": "what"}]
        try:
            text = self._apply([{"role": "user", "content": parts}])
        except ModelError:
            return False
        return text.count(self._family.marker) == 1 and "{'type'" not in text


def shared(prompts: Sequence[Prompt]) -> int:
    """How many first tokens all prompts share, at least one fewer than the shortest has."""
    first, last = (pick(p.ids for p in prompts) for pick in _ENDS)
    limit = min(len(p.ids) for p in prompts) - 1
    return next((i for i in range(limit) if first[i] != last[i]), limit)


_ENDS: tuple[Callable[..., tuple[int, ...]], ...] = (min, max)
"""What the smallest and the largest sequence share, all between them share."""


def _expanded(
    ids: Sequence[int], marker: int, pictures: tuple[tuple[str, str], ...], seen: Seen
) -> Prompt:
    out: list[int] = []
    runs = iter(seen.runs)
    body = 0
    for token in ids:
        if token == marker:
            out.extend(next(runs))
            body = len(out)
        else:
            out.append(token)
    return Prompt(tuple(out), body, pictures, seen)


def jpeg_of(image: Any) -> bytes:
    """A Pillow image as JPEG, for pictures that are made here."""
    out = BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()
