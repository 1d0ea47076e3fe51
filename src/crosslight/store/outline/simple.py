"""The outlines of the formats whose parts follow one another: PNG, GIF, WebP, BMP, TIFF."""

import struct

from crosslight.store.bounds import BadImage, Bounds, check_size
from crosslight.store.outline.directories import HEIGHT, WIDTH, plain_exif, read_directory
from crosslight.store.outline.outline import UNKNOWN, Counter, Outline, plain_size

_PIXELS = (b"IDAT", b"fdAT", b"fcTL", b"DDAT")
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_RUNS = (1, 2)  # BMP compressions that Pillow reads in Python
_PLAIN_RUNS = 1 << 18
CANVAS_PIXELS = 40_000_000


def outline_png(data: bytes, bounds: Bounds) -> Outline:
    """A PNG costs its pixels and a step a chunk; an ancillary one may hold a megabyte of text."""
    chunks = Counter("chunks", plain=20_000, most=400_000)
    beside = Counter("chunks beside the pixels", plain=256, most=2_048)
    width = height = 0
    exif, at = True, 8
    while at + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        chunks.add()
        if name not in _PIXELS:
            beside.add()
        if name == b"IHDR" and length >= 8 and at + 16 <= len(data):
            width, height = struct.unpack_from(">II", data, at + 8)
        elif name == b"eXIf":
            exif = exif and plain_exif(data[at + 8 : at + 8 + length])
        elif name in _TEXTS and data.startswith(b"Raw profile type exif", at + 8):
            exif = False  # EXIF as packed text: what it holds is seen only when it is unpacked
        elif name == b"IEND":
            break
        at += 12 + length
    plain = exif and chunks.plain and beside.plain and plain_size(width, height, bounds)
    return Outline(width, height, plain)


def outline_gif(data: bytes, bounds: Bounds) -> Outline:
    """A GIF costs its first frame and a step a block, up to where the second frame begins."""
    if len(data) < 13:
        return UNKNOWN
    width, height = struct.unpack_from("<HH", data, 6)
    blocks = Counter("blocks before the second frame", plain=300_000, most=1_000_000)
    at, frames = 13 + _palette(data[10]), 0
    while at < len(data) and data[at] != 0x3B and frames < 2:
        mark, at = data[at], at + 1
        blocks.add()
        if mark == 0x2C:
            frames += 1
            if frames == 2 or at + 10 > len(data):
                break
            left, top, wide, high, flags = struct.unpack_from("<HHHHB", data, at)
            width, height = max(width, left + wide), max(height, top + high)
            at = _skip(data, at + 10 + _palette(flags), blocks)
        elif mark == 0x21:
            at = _skip(data, at + 1, blocks)
    return Outline(width, height, blocks.plain and plain_size(width, height, bounds))


def _palette(flags: int) -> int:
    """Bytes of the palette that the flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _skip(data: bytes, at: int, blocks: Counter) -> int:
    """Behind the sub-blocks that begin there."""
    while at < len(data) and (length := data[at]):
        blocks.add()
        at += 1 + length
    return at + 1


def outline_webp(data: bytes, bounds: Bounds) -> Outline:
    """A WebP costs its canvas, whose size stands in the first chunk."""
    chunks = Counter("chunks", plain=4_096, most=400_000)
    width, height = _canvas(data)
    check_size("WEBP", max(1, width), max(1, height), bounds)
    if width * height > CANVAS_PIXELS:
        bound = f"the bound of a WebP, of which four copies are held, is {CANVAS_PIXELS:,} pixels"
        raise BadImage("too_many_pixels", f"{width} x {height}, {bound}")
    exif, at = True, 12
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        chunks.add()
        if name == b"EXIF":
            exif = exif and plain_exif(data[at + 8 : at + 8 + length])
        at += 8 + length + (length & 1)
    return Outline(width, height, exif and chunks.plain and plain_size(width, height, bounds))


def _canvas(data: bytes) -> tuple[int, int]:
    """Width and height by the first chunk; 0, 0 where it does not tell."""
    name = data[12:16]
    if len(data) < 30:
        return 0, 0
    if name == b"VP8X":
        return tuple(int.from_bytes(data[i : i + 3], "little") + 1 for i in (24, 27))  # type: ignore[return-value]
    if name == b"VP8L" and data[20] == 0x2F:
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if name == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0


def outline_bmp(data: bytes, bounds: Bounds) -> Outline:
    """A BMP costs its pixels; with run lengths, a step of Python a byte and a pixel."""
    if len(data) < 34:
        return UNKNOWN
    if data[14] == 12:
        width, height = struct.unpack_from("<HH", data, 18)
        compression = 0
    else:
        width, height, _, compression = struct.unpack_from("<iiII", data, 18)
    width, height = abs(width), abs(height)
    plain = plain_size(width, height, bounds) and (
        compression not in _RUNS or width * height + len(data) <= _PLAIN_RUNS
    )
    return Outline(width, height, plain)


def outline_tiff(data: bytes, bounds: Bounds) -> Outline:
    """Never plain: a TIFF can hold a dozen compressions, each with a decoder of its own."""
    numbers = read_directory(data).numbers
    return Outline(numbers.get(WIDTH, 0), numbers.get(HEIGHT, 0), plain=False)
