"""A picture's bytes without what they say of place, owner and device; its pixels stay as they are.

Nothing is decoded or encoded: parts of the file are left out, and what changes how the pixels look
(colour profile, gamma, transparency, animation, orientation) is kept. A file that is not built as
its format says stays as it is, and a note says so.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from crosslight.photos.beside.jpeg import bare_jpeg
from crosslight.photos.beside.parts import Unclear, bare_gif, bare_png, bare_webp
from crosslight.photos.beside.tags import Beside

_BARE: Mapping[str, Callable[[bytes, Beside], bytes]] = {
    "JPEG": bare_jpeg,
    "MPO": bare_jpeg,
    "PNG": bare_png,
    "WEBP": bare_webp,
    "GIF": bare_gif,
}
_NOTHING_BESIDE = ("BMP",)
"""Formats that have no place for such data."""
_KEPT = "its file may say where and by whom it was taken, and is kept as it is"


@dataclass(slots=True)
class LeftOut:
    """What was left out of the pictures of a dataset, counted by photo."""

    keep: bool = False
    """Leave everything in."""
    found: Counter[str] = field(default_factory=Counter)
    photos: int = 0
    """Photos of which something was left out."""
    whole: int = 0
    """Photos of which it could not be told, or not be left out."""

    def bare(self, data: bytes, format_: str = "") -> "Bare":
        """The bytes to write of one photo."""
        if self.keep:
            return Bare(data)
        bare = leave_out(data, format_)
        self.found.update(bare.left_out)
        self.photos += bool(bare.left_out)
        self.whole += bool(bare.note)
        return bare

    def as_json(self) -> dict[str, Any]:
        """As it stands in `run.json`."""
        return {
            "kept": self.keep,
            "photos": self.photos,
            "left_out": dict(sorted(self.found.items())),
            "not_left_out": self.whole,
        }


@dataclass(frozen=True, slots=True)
class Bare:
    """A picture's bytes and what was left out of them. A `note` where that could not be done."""

    data: bytes
    left_out: tuple[str, ...] = ()
    note: str = ""


def leave_out(data: bytes, format_: str = "") -> Bare:
    """The bytes without what lies beside the pixels; never raises for a file of a stranger.

    The format is told by the first bytes; `format_` names it in notes.
    """
    kind = _kind(data)
    if kind in _NOTHING_BESIDE:
        return Bare(data)
    told = kind or format_ or "the format"
    if kind not in _BARE:
        return Bare(data, note=f"{told}: {_KEPT}")
    beside = Beside()
    try:
        bare = _BARE[kind](data, beside)
    except Unclear as error:
        return Bare(data, note=f"what its file holds beside the pixels is kept: {error}")
    if bare == data:
        return Bare(data)
    return Bare(bare, tuple(sorted(beside.found)))


def _kind(data: bytes) -> str:
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return "GIF"
    return "BMP" if data[:2] == b"BM" else ""
