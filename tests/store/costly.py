"""Pictures that are small as files and dear to decode, one maker a trick."""

import struct
import zlib
from io import BytesIO

from PIL import Image

from tests.build.hostile import encoded, photo


def scans(count: int, width: int = 64, height: int = 64, side: int = 16) -> bytes:
    """A progressive JPEG of that size whose last scan comes `count` times more.

    A scan has the codes of a picture of `side`, the rest is read as grey: some 20 bytes each.
    """
    small = encoded(Image.new("L", (side, side), 90), progressive=True)
    size = small.index(b"\xff\xc2") + 5
    sized = small[:size] + struct.pack(">HH", height, width) + small[size + 4 :]
    last = sized.rindex(b"\xff\xda")
    return sized[:last] + sized[last:-2] * count + b"\xff\xd9"


def with_segments(*segments: tuple[int, bytes]) -> bytes:
    """A JPEG with these (marker, body) behind its first marker."""
    whole = encoded(photo(1))
    parts = [struct.pack(">BBH", 0xFF, mark, len(body) + 2) + body for mark, body in segments]
    return whole[:2] + b"".join(parts) + whole[2:]


def with_bytes(stray: bytes) -> bytes:
    """A JPEG with bytes between its markers."""
    whole = encoded(photo(1))
    return whole[:20] + stray + whole[20:]


def directory(entries: int, size: int, form: str = "II") -> bytes:
    """A TIFF directory of so many tags, each of which names all `size` bytes behind it."""
    order = "<" if form == "II" else ">"
    start = 8 + 2 + 12 * entries + 4
    mark = b"II*\0" if form == "II" else b"MM\0*"
    body = b"".join(
        struct.pack(order + "HHII", 40_000 + i % 20_000, 7, size, start) for i in range(entries)
    )
    head = mark + struct.pack(order + "IH", 8, entries)
    return head + body + bytes(4) + bytes(size)


def chunk(name: bytes, body: bytes) -> bytes:
    """A PNG chunk."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_with(extra: bytes, behind: bool = False) -> bytes:
    """A PNG with chunks before or behind its pixels."""
    whole = encoded(photo(1), "PNG")
    at = whole.rindex(b"IEND") - 4 if behind else 33
    return whole[:at] + extra + whole[at:]


def gif_with(blocks: bytes) -> bytes:
    """A GIF with blocks before its picture."""
    whole = encoded(photo(1).convert("L"), "GIF")
    at = 13 + (3 << ((whole[10] & 7) + 1))
    return whole[:at] + blocks + whole[at:]


def gif_growing(side: int = 65_535) -> bytes:
    """A GIF of one pixel whose first frame is far larger."""
    whole = bytearray(encoded(Image.new("L", (1, 1)), "GIF"))
    at = whole.index(b",", 13 + (3 << ((whole[10] & 7) + 1)))
    whole[at + 5 : at + 9] = struct.pack("<HH", side, side)
    return bytes(whole)


def bmp_runs(side: int) -> bytes:
    """A run-length BMP that ends every line at once."""
    body = b"\0\0" * side + b"\0\1"
    head = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, len(body), 0, 0, 256, 0)
    palette = bytes(1024)
    start = 14 + len(head) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + head + palette + body


def webp_with(exif: bytes, **options: object) -> bytes:
    """A WebP with this EXIF block."""
    return encoded(photo(1), "WEBP", exif=exif, **options)


def webp_canvas(side: int) -> bytes:
    """A WebP whose header names a far larger canvas than its picture."""
    whole = bytearray(webp_with(b"Exif\0\0II*\0\x08\0\0\0\0\0"))
    assert whole[12:16] == b"VP8X"
    whole[24:30] = (side - 1).to_bytes(3, "little") * 2
    return bytes(whole)


def tiff_strips(count: int) -> bytes:
    """A TIFF that says it has so many strips, all of them the same byte."""
    head = b"II*\0" + struct.pack("<IH", 8, 9)
    start = 8 + 2 + 9 * 12 + 4
    tags = ((256, 1), (257, count), (258, 8), (259, 1), (262, 1), (273, start), (277, 1))
    body = b"".join(
        struct.pack("<HHII", tag, 4, count if tag == 273 else 1, value) for tag, value in tags
    )
    body += struct.pack("<HHII", 278, 4, 1, 1) + struct.pack("<HHII", 279, 4, count, start)
    return head + body + bytes(4) + struct.pack("<I", 8) * count


def apng(frames: int) -> bytes:
    """An animated PNG of so many tiny frames."""
    out = BytesIO()
    pictures = [Image.new("L", (64, 64), i % 256) for i in range(frames)]
    pictures[0].save(out, "PNG", save_all=True, append_images=pictures[1:])
    return out.getvalue()


def nested_exif(times: int) -> bytes:
    """A JPEG whose EXIF block is prefixed over and over."""
    body = b"Exif\0\0" * times
    return with_segments(*[(0xE1, body[i : i + 65_532]) for i in range(0, len(body), 65_532)])
