"""One message type for all backends; each backend renders it in its own way."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from crosslight.records import ImageView

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """Text and images of one turn. Images come before the text, so that prefixes are shared."""

    role: Role
    text: str
    images: tuple[ImageView, ...] = ()

    def key(self) -> dict[str, Any]:
        """What of this message can change an answer, as JSON: images by hash, not by bytes."""
        return {
            "role": self.role,
            "text": self.text,
            "images": [[image.photo, image.recipe] for image in self.images],
        }


def user(text: str, *images: ImageView) -> Message:
    """A user turn."""
    return Message("user", text, images)


def system(text: str) -> Message:
    """A system turn."""
    return Message("system", text)


def has_images(messages: Sequence[Message]) -> bool:
    """Whether any turn shows an image."""
    return any(message.images for message in messages)


__all__ = ["ImageView", "Message", "Role", "has_images", "system", "user"]
