"""One message type for all backends; each backend renders it in its own way."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from crosslight.records import ImageView
from crosslight.text import Breaker, without_control

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """Text and images of one turn. Images come before the text, so that prefixes are shared, or,
    where `places` are given, one at each of these characters of the text, in order.

    `own` characters at the beginning of the text are words of ours, or of the user's own prompt
    file: control tokens in them are meant. All other text is a stranger's.
    """

    role: Role
    text: str
    images: tuple[ImageView, ...] = ()
    own: int = 0
    places: tuple[int, ...] = ()

    def sent(self, broken: Breaker = without_control) -> str:
        """The text as every backend sends it: control tokens outside `own` are broken."""
        if self.places:
            return "".join(p for p in self.pieces(broken) if isinstance(p, str))
        return self.text[: self.own] + broken(self.text[self.own :])

    def pieces(self, broken: Breaker = without_control) -> list[str | ImageView]:
        """Images and text in the order of the turn. A text between two images is broken by itself:
        an image stands within no token."""
        if not self.places:
            return [*self.images, self.sent(broken)]
        out: list[str | ImageView] = []
        ends = zip((*self.places, len(self.text)), (*self.images, None), strict=True)
        start = 0
        for end, image in ends:
            own = min(max(start, self.own), end)
            if end > start:
                out.append(self.text[start:own] + broken(self.text[own:end]))
            if image is not None:
                out.append(image)
            start = end
        return out

    def led_by(self, text: str, own: int = 0) -> "Message":
        """This turn with `text` in front of its own, behind images that stand before it."""
        moved = tuple(len(text) + place for place in self.places)
        return replace(self, text=text + self.text, own=own, places=moved)

    @property
    def touched(self) -> bool:
        """Whether control tokens of known families were broken in it."""
        return self.sent() != self.text

    def key(self) -> dict[str, Any]:
        """What of this message can change an answer, as JSON: images by hash, not by bytes.

        The text as it is sent: that of a text without control tokens is the text itself, and an
        answer that was got with whole ones is not taken for one that was not.
        """
        told: dict[str, Any] = {
            "role": self.role,
            "text": self.sent(),
            "images": [[image.photo, image.recipe] for image in self.images],
        }
        return told | ({"places": list(self.places)} if self.places else {})


def user(text: str, *images: ImageView, own: int = 0) -> Message:
    """A user turn. `own`: see `Message`."""
    return Message("user", text, images, own)


def system(text: str) -> Message:
    """A system turn."""
    return Message("system", text)


def has_images(messages: Sequence[Message]) -> bool:
    """Whether any turn shows an image."""
    return any(message.images for message in messages)


__all__ = ["ImageView", "Message", "Role", "has_images", "system", "user"]
