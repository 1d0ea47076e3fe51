"""The frames of an animation, the pages of a TIFF, the pictures of an MPO or HEIC: which of them
are worth a look.

Frames that are the same pixel for pixel are one. Of more than are wanted, evenly many are taken.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from typing import Any, Self, TypeVar

from PIL import Image

from crosslight.store.bounds import BadImage, Bounds, check_size
from crosslight.store.pixels import LIGHT, decode_frame, open_image, seek_frame

SURVEY_PIXELS = 100_000_000
"""Of all frames together: of more, only a sample of all is decoded, and compared."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame that is worth a look: its place from 0, its size in pixels after orientation, and
    whether parts of it are lost on a white ground."""

    at: int
    width: int
    height: int
    light: bool = False
    same: int = 1
    """How many frames of the file are this one."""


@dataclass(frozen=True, slots=True)
class Frames:
    """What is in a file: `total` frames, of which `chosen` are to be looked at. `broken` says why
    those behind the last that can be read cannot."""

    total: int
    chosen: tuple[Frame, ...]
    broken: str = ""

    def as_json(self) -> dict[str, Any]:
        """For the way between processes."""
        return asdict(self)

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Self:
        """What `as_json` wrote. Raises TypeError, ValueError or KeyError for anything else."""
        chosen = tuple(
            Frame(int(f["at"]), int(f["width"]), int(f["height"]), bool(f["light"]), int(f["same"]))
            for f in told["chosen"]
        )
        return cls(int(told["total"]), chosen, str(told["broken"]))


def spread_over(found: Sequence[T], most: int) -> list[T]:
    """At most so many, evenly, the first and (of two or more) the last among them."""
    if len(found) <= most:
        return list(found)
    if most == 1:
        return [found[0]]
    return [found[at * (len(found) - 1) // (most - 1)] for at in range(most)]


def survey_here(data: bytes, kind: str, most: int, bounds: Bounds) -> Frames:
    """Look through all frames in this process, or only count them where none is wanted. Raises
    `BadImage` where the first cannot be read."""
    with open_image(data, kind) as image:
        check_size(kind, *image.size, bounds)
        total = _count(image)
        if not most:
            return Frames(total, ())
        every: Sequence[int] = range(total)
        if total * image.width * image.height > SURVEY_PIXELS:
            every = spread_over(every, most)
        return _distinct(image, kind, total, every, most, bounds)


def _count(image: Image.Image) -> int:
    """How many frames there are, as far as they can be found."""
    try:
        return max(1, int(getattr(image, "n_frames", 1)))
    except MemoryError:
        raise
    except Exception:
        return 2  # there are others, but their headers are broken


def _distinct(
    image: Image.Image, kind: str, total: int, every: Sequence[int], most: int, bounds: Bounds
) -> Frames:
    found: dict[bytes, Frame] = {}
    broken = ""
    for at in every:
        try:
            if at:
                seek_frame(image, kind, at, bounds)
            decoded = decode_frame(image, kind)
        except (BadImage, MemoryError) as error:
            if not at:
                raise
            broken = f"frame {at + 1}: {error or 'it needs more memory than its pixels do'}"
            break
        size = decoded.image.size
        digest = blake2b(decoded.image.tobytes(), key=repr(size).encode()).digest()
        first = found.get(digest, Frame(at, decoded.width, decoded.height, same=0))
        light = first.light or LIGHT in decoded.notes
        found[digest] = replace(first, light=light, same=first.same + 1)
    return Frames(total, tuple(spread_over(list(found.values()), most)), broken)
