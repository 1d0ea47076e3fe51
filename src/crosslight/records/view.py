"""What a model is shown of a photo."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ImageView:
    """A bounded JPEG made from the original bytes.

    `photo` is the sha256 of the original, `recipe` names pipeline version, side and quality
    (e.g. `jpeg-v1:768:85`). Both are in every answer's key. `jpeg` is never printed, and never
    stored as base64. `notes` says what the view hides of the photo (other frames, a strip's
    height); it is empty for an ordinary picture.
    """

    photo: str
    recipe: str
    jpeg: bytes = field(repr=False, compare=False)
    width: int = 0
    height: int = 0
    notes: tuple[str, ...] = field(default=(), compare=False)
