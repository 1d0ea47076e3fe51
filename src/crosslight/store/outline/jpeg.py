"""The outline of a JPEG: its markers, walked as libjpeg walks them.

The cost of a decoder is the passes (scans) over all blocks plus the bytes; the cost of Pillow's
reader is the segments before the first scan.
"""

import re
import struct

from crosslight.store.bounds import BadImage, Bounds, too_complex
from crosslight.store.outline.directories import plain_exif
from crosslight.store.outline.outline import Counter, Outline, plain_size

PLAIN_WORK = 400_000_000
"""Pixels times scans: some 0.4 s, at a nanosecond each."""
_HEADER = 4 << 20  # bytes before the first scan, of which ordinary files have a few thousand
_MOST_HEADER = 32 << 20
_EOI, _SOS, _APP1, _APP2 = 0xD9, 0xDA, 0xE1, 0xE2
_BARE = {0x01, *range(0xD0, 0xD9)}  # markers without a length
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_HUFFMAN = {0xC0, 0xC1, 0xC2}  # baseline, extended, progressive: what cameras and programs write
_NOT_FILL = re.compile(rb"[^\xff]")
_SCAN_END = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_UNIT = 32  # the largest block of pixels that a sampling pads to


class _Walk:
    """What is counted on the way through the file."""

    def __init__(self, data: bytes, bounds: Bounds) -> None:
        self.data = data
        self.bounds = bounds
        self.segments = Counter("segments", plain=512, most=8_192)
        self.junk = Counter("stray bytes", plain=1 << 16, most=1 << 20)
        self.frames: set[int] = set()
        self.width = self.height = self.blocks = self.scans = 0
        self.header = 0
        """Bytes before the first scan."""
        self.exif: list[bytes] = []
        self.index = b""

    def go(self) -> None:
        at: int | None = 2
        while at is not None:
            at = self._marker(at)

    def _marker(self, at: int) -> int | None:
        """Read one marker; where to go on, None at the end."""
        found = self.data.find(b"\xff", at)
        code = _NOT_FILL.search(self.data, found) if found >= 0 else None
        if code is None:
            self._stray(len(self.data) - at)
            return None
        self._stray(code.start() - 1 - at)
        name, at = code[0][0], code.end()
        if name == 0:
            self._stray(2)
            return at
        self.segments.add()
        if name == _EOI:
            return None
        return at if name in _BARE else self._segment(name, at)

    def _stray(self, number: int) -> None:
        if not self.scans:  # behind the first scan only libjpeg looks, at the speed of C
            self.junk.add(number)

    def _segment(self, name: int, at: int) -> int | None:
        if at + 2 > len(self.data):
            return None
        length = int.from_bytes(self.data[at : at + 2], "big")
        if length < 2:
            raise BadImage("truncated", "JPEG: a segment without a length")
        body, end = self.data[at + 2 : at + length], at + length
        if name in _FRAMES:
            self._frame(name, body)
        elif name == _APP1 and body.startswith(b"Exif\0\0"):
            self.exif.append(body[6:])
        elif name == _APP2 and body.startswith(b"MPF\0"):
            self.index = body[4:]
        elif name == _SOS:
            return self._scan(end)
        return end

    def _frame(self, name: int, body: bytes) -> None:
        self.frames.add(name)
        if len(body) >= 5:
            height, width = struct.unpack_from(">HH", body, 1)
            self.width, self.height = max(self.width, width), max(self.height, height)
            self.blocks = -(-self.width // _UNIT) * -(-self.height // _UNIT) * _UNIT**2

    def _scan(self, at: int) -> int | None:
        self.scans += 1
        if self.scans == 1:
            self.header = at
        if self.scans > self.bounds.max_scans:
            raise too_complex(f"JPEG of more than {self.bounds.max_scans} scans")
        end = _SCAN_END.search(self.data, at)
        return end.start() if end else None


def outline_jpeg(data: bytes, bounds: Bounds) -> Outline:
    """Raises `BadImage`: `too_complex`, or `truncated` for what no decoder reads."""
    walk = _Walk(data, bounds)
    walk.go()
    header = walk.header or len(data)
    if header > _MOST_HEADER:
        raise too_complex(f"JPEG with {header:,} bytes before its first scan")
    plain = (
        plain_exif(b"".join(walk.exif))
        and plain_exif(walk.index)
        and plain_size(walk.width, walk.height, bounds)
        and walk.frames <= _HUFFMAN
        and walk.scans * walk.blocks <= PLAIN_WORK
        and walk.segments.plain
        and walk.junk.plain
        and header <= _HEADER
    )
    return Outline(walk.width, walk.height, plain)
