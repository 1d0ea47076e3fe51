"""PNG, WebP and GIF without what lies beside their pixels: their parts follow one another."""

import re
import struct
import zlib
from collections.abc import Iterator

from crosslight.photos.beside.tags import (
    COMMENT,
    OTHER,
    TIME,
    TRAILER,
    Beside,
    only_turned,
)
from crosslight.records import CrosslightError


class Unclear(CrosslightError, ValueError):
    """The file is not built as its format says: what lies in it cannot be told."""


_PNG_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI mDCv cLLi bKGD hIST pHYs"
    b" sPLT acTL fcTL fdAT".split()
)
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_MOST_PARTS = 400_000
_MOST_TEXT = 4 << 20
_HEX = re.compile(rb"[0-9a-fA-F]+")


def bare_png(data: bytes, beside: Beside) -> bytes:
    """Raises `Unclear`."""
    kept, at, before, ended = [data[:8]], 8, 1, False
    for _ in range(_MOST_PARTS):
        if at + 12 > len(data):
            break
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise Unclear("a PNG with a chunk that is longer than the file")
        if name in _PNG_KEPT:
            kept.append(data[at:end])
        else:
            _png_beside(name, data[at + 8 : end - 4], beside)
        if name == b"IHDR":
            before = len(kept)
        at = end
        if name == b"IEND":
            ended = True
            break
    if not ended:
        raise Unclear("a PNG without an end")
    if data[at:]:
        beside.found.add(TRAILER)
    if beside.orientation != 1:
        kept.insert(before, _chunk(b"eXIf", only_turned(beside.orientation)))
    return b"".join(kept)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + zlib.crc32(name + body).to_bytes(4, "big")


def _png_beside(name: bytes, body: bytes, beside: Beside) -> None:
    if name == b"eXIf":
        beside.read_exif(body)
    elif name == b"tIME":
        beside.found.add(TIME)
    elif name not in _TEXTS:
        beside.found.add(OTHER)
    else:
        key, text = _text_of(name, body)
        if key == b"XML:com.adobe.xmp":
            beside.read_xmp(text)
        elif key == b"Raw profile type exif":
            # ImageMagick: a name, a length, then the block as hex digits
            digits = b"".join(_HEX.findall(b"".join(text.split(b"\n")[3:])))
            beside.read_exif(bytes.fromhex(digits[: len(digits) & ~1].decode("ascii")))
        else:
            beside.found.add(COMMENT)


def _text_of(name: bytes, body: bytes) -> tuple[bytes, bytes]:
    key, _, rest = body.partition(b"\0")
    if name == b"zTXt":
        return key, _inflated(rest[1:])
    if name == b"iTXt":
        text = rest[2:].split(b"\0", 2)[-1]
        return key, _inflated(text) if rest[:1] == b"\1" else text
    return key, rest


def _inflated(packed: bytes) -> bytes:
    """As much of it as is read; what is no such stream is empty."""
    try:
        return zlib.decompressobj().decompress(packed, _MOST_TEXT)
    except zlib.error:
        return b""


_WEBP_KEPT = frozenset((b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"))
_HAS_EXIF, _HAS_XMP = 0x08, 0x04


def bare_webp(data: bytes, beside: Beside) -> bytes:
    """Raises `Unclear`."""
    whole = 8 + int.from_bytes(data[4:8], "little")
    if whole > len(data):
        raise Unclear("a WebP that is longer than the file")
    if data[whole + (whole & 1) :]:
        beside.found.add(TRAILER)
    kept: list[bytes] = []
    for name, chunk, length in _webp_chunks(data, whole):
        if name in _WEBP_KEPT:
            kept.append(chunk)
            continue
        told = kept[0][8] if kept and len(kept[0]) > 8 else 0
        if name == b"EXIF":
            beside.read_exif(chunk[8 : 8 + length])
            if not told & _HAS_EXIF:
                beside.turn = 0  # readers pass by what the head does not announce
        elif name == b"XMP ":
            beside.read_xmp(chunk[8 : 8 + length])
            if not told & _HAS_XMP:
                beside.xmp_turn = 0
        else:
            beside.found.add(OTHER)
    turned = beside.orientation != 1
    if kept and kept[0].startswith(b"VP8X") and len(kept[0]) >= 18:
        flags = kept[0][8] & ~(_HAS_EXIF | _HAS_XMP) | (_HAS_EXIF if turned else 0)
        kept[0] = kept[0][:8] + bytes([flags]) + kept[0][9:]
        if turned:
            block = only_turned(beside.orientation)
            kept.append(b"EXIF" + len(block).to_bytes(4, "little") + block)
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _webp_chunks(data: bytes, whole: int) -> Iterator[tuple[bytes, bytes, int]]:
    """Name, bytes with head and padding, and length of the body. Raises `Unclear`."""
    at = 12
    for _ in range(_MOST_PARTS):
        if at + 8 > whole:
            return
        name, length = struct.unpack_from("<4sI", data, at)
        end = at + 8 + length + (length & 1)
        if at + 8 + length > whole:
            raise Unclear("a WebP with a chunk that is longer than the file")
        yield name, data[at:end], length
        at = end
    raise Unclear(f"a WebP of more than {_MOST_PARTS:,} chunks")


_GIF_KEPT = (b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012")


def bare_gif(data: bytes, beside: Beside) -> bytes:
    """Raises `Unclear`."""
    at = 13 + _palette(data[10]) if len(data) > 13 else len(data)
    kept = [data[:at]]
    for _ in range(_MOST_PARTS):
        if at >= len(data):
            raise Unclear("a GIF without an end")
        mark, start = data[at], at
        if mark == 0x3B:
            kept.append(data[at : at + 1])
            if data[at + 1 :].strip(b"\0"):
                beside.found.add(TRAILER)
            return b"".join(kept)
        if mark == 0x2C and at + 11 < len(data):
            at = _behind_blocks(data, at + 11 + _palette(data[at + 9]))
            kept.append(data[start:at])
        elif mark == 0x21 and at + 2 < len(data):
            at = _behind_blocks(data, at + 2)
            if _gif_stays(data[start:at], beside):
                kept.append(data[start:at])
        else:
            raise Unclear("a GIF with stray bytes between its blocks")
    raise Unclear(f"a GIF of more than {_MOST_PARTS:,} blocks")


def _gif_stays(block: bytes, beside: Beside) -> bool:
    if block[1] == 0xFE:
        beside.found.add(COMMENT)
    elif block[1] != 0xFF or block[3:14] in _GIF_KEPT:
        return True
    elif block[3:14] == b"XMP DataXMP":
        beside.read_xmp(block)
        if beside.orientation != 1:  # a GIF has no other place for it
            raise Unclear("a GIF that is turned by its XMP")
    else:
        beside.found.add(OTHER)
    return False


def _palette(flags: int) -> int:
    """Bytes of the palette that the flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _behind_blocks(data: bytes, at: int) -> int:
    """Behind the sub-blocks that begin there."""
    while at < len(data) and (length := data[at]):
        at += 1 + length
    if at >= len(data):
        raise Unclear("a GIF that ends within a block")
    return at + 1
