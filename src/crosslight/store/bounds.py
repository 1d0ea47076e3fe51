"""How much one picture of a stranger may cost, and the error of one that costs more."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """The largest picture that is looked at.

    `max_seconds` of processor time and a memory that follows from its pixels are what a picture
    gets in the decoding process; `max_scans` bounds the passes of a progressive JPEG, each of
    which costs a walk over all its pixels however few bytes it has.
    """

    max_bytes: int = 64 * 2**20
    max_pixels: int = 100_000_000
    max_seconds: float = 20.0
    max_scans: int = 100


class BadImage(Exception):
    """The bytes are no picture that can be used. `reason` is a stable name.

    Reasons: `empty`, `not_an_image` (also formats that are not read), `no_decoder` (HEIC or AVIF
    where the library for it is not installed; `detail` says how to), `truncated` (starts as an
    image but cannot be read to its end), `too_many_pixels`, `too_large` (bytes), `too_complex`
    (decoding it would take more time or memory than a picture of its size may), `unreadable`
    (whole, but in a colour mode that has no RGB, or the decoder crashed on it).
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else self.reason


def too_complex(detail: str) -> BadImage:
    """The refusal of a picture that is made to be dear."""
    return BadImage("too_complex", detail)


def check_size(kind: str, width: int, height: int, bounds: Bounds) -> None:
    """Raises `BadImage` for no pixels, or more than the bound."""
    if width < 1 or height < 1:
        raise BadImage("truncated", f"{kind} of {width} x {height} pixels")
    if width * height > bounds.max_pixels:
        bound = f"the bound is {bounds.max_pixels:,} pixels"
        raise BadImage("too_many_pixels", f"{width} x {height}, {bound}")
