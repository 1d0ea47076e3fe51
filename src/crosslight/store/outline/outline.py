"""The outline of a picture, and what tells a plain one from one that is decoded aside."""

from dataclasses import dataclass

from crosslight.store.bounds import Bounds, too_complex

PLAIN_PIXELS = 20_000_000
"""Above this a picture is never plain: its pixels alone are half a second and 80 MB."""


@dataclass(frozen=True, slots=True)
class Outline:
    """Size in pixels as far as the header tells (0: it does not), and whether it is `plain`.

    Plain means: every loop of a decoder over it is bounded by numbers that were counted here, to
    some two seconds and 200 MB. Anything else is decoded in a process with limits.
    """

    width: int
    height: int
    plain: bool

    @property
    def pixels(self) -> int:
        """Width times height."""
        return self.width * self.height


UNKNOWN = Outline(0, 0, plain=False)


class Counter:
    """Counts parts of a picture: beyond `most` it is refused, beyond `plain` it is not plain."""

    def __init__(self, what: str, *, plain: int, most: int) -> None:
        self.what = what
        self.count = 0
        self._plain = plain
        self._most = most

    def add(self, number: int = 1) -> None:
        """Raises `BadImage`."""
        self.count += number
        if self.count > self._most:
            raise too_complex(f"more than {self._most:,} {self.what}")

    @property
    def plain(self) -> bool:
        """Whether so many are ordinary."""
        return self.count <= self._plain


def plain_size(width: int, height: int, bounds: Bounds) -> bool:
    """Whether a picture of this size may be decoded in this process."""
    return 0 < width * height <= min(PLAIN_PIXELS, bounds.max_pixels)
