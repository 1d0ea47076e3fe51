"""A JPEG without what lies beside its pixels: its markers, walked as libjpeg walks them."""

import re
from collections.abc import Iterator

from crosslight.photos.beside.parts import Unclear
from crosslight.photos.beside.tags import (
    COMMENT,
    IPTC,
    OTHER,
    THUMBNAIL,
    TRAILER,
    Beside,
    only_turned,
)

_SOI, _EOI, _SOS, _COM = 0xD8, 0xD9, 0xDA, 0xFE
_APP0, _APP1, _APP2, _APP13, _APP14 = 0xE0, 0xE1, 0xE2, 0xED, 0xEE
_BARE = {0x01, *range(0xD0, 0xD9)}  # markers without a length
_SCAN_END = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_XMP = (b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0")
_MOST_SEGMENTS = 32_768


def bare_jpeg(data: bytes, beside: Beside) -> bytes:
    """Raises `Unclear`."""
    kept: list[bytes] = []
    exif: list[bytes] = []
    jfif = 0
    for name, segment in _segments(data, beside):
        part = _kept(name, segment, beside, exif)
        if name == _APP0 and part and not kept:
            jfif = 1
        kept.append(part)
    if exif:
        beside.read_exif(b"".join(exif))
    if beside.orientation != 1:
        block = b"Exif\0\0" + only_turned(beside.orientation)
        kept.insert(jfif, b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block)
    return data[:2] + b"".join(kept)


def _segments(data: bytes, beside: Beside) -> Iterator[tuple[int, bytes]]:
    """Marker and bytes of each segment, a scan with its pixels. Raises `Unclear`."""
    at, pixels = 2, False
    for _ in range(_MOST_SEGMENTS):
        if at >= len(data) and pixels:
            return  # cut short behind its pixels: decoders take it so
        if data[at : at + 1] != b"\xff":
            raise Unclear("a JPEG with stray bytes between its segments")
        while data[at + 1 : at + 2] == b"\xff":
            at += 1
        if at + 2 > len(data):
            raise Unclear("a JPEG that ends within a segment")
        name = data[at + 1]
        if name == _EOI:
            if not pixels:
                raise Unclear("a JPEG without pixels")
            yield name, data[at : at + 2]
            if data[at + 2 :].strip(b"\0"):
                beside.found.add(TRAILER)
            return
        if name in _BARE or name == 0:
            raise Unclear("a JPEG with a marker out of its place")
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if end > len(data) or end < at + 4:
            raise Unclear("a JPEG with a segment that is longer than the file")
        if name == _SOS:
            found = _SCAN_END.search(data, end)
            end, pixels = found.start() if found else len(data), True
        yield name, data[at:end]
        at = end
    raise Unclear(f"a JPEG of more than {_MOST_SEGMENTS:,} segments")


def _kept(name: int, segment: bytes, beside: Beside, exif: list[bytes]) -> bytes:
    """What stays of a segment: all of it, nothing, or JFIF without its thumbnail."""
    if not (_APP0 <= name <= 0xEF or name == _COM):
        return segment
    body = segment[4:]
    if name == _APP0 and body.startswith(b"JFIF\0") and len(body) >= 14:
        if len(body) == 14:
            return segment
        beside.found.add(THUMBNAIL)
        return segment[:2] + b"\0\x10" + body[:12] + b"\0\0"
    if (name == _APP2 and body.startswith(b"ICC_PROFILE\0")) or (
        name == _APP14 and body.startswith(b"Adobe")
    ):
        return segment
    if name == _APP1 and body.startswith(b"Exif\0\0"):
        exif.append(body[6:])
    elif name == _APP1 and body.startswith(_XMP):
        beside.read_xmp(body)
    else:
        beside.found.add({_APP0: THUMBNAIL, _APP13: IPTC, _COM: COMMENT}.get(name, OTHER))
    return b""
