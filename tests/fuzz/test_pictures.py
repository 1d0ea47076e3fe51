"""Pictures that nobody made on purpose: 2,000 broken ones of each format, and 50 odd ones by hand.

Each is a picture or has a reason, within its time; nothing else comes out.
"""

import random
import struct
import time
import warnings
from collections.abc import Callable

import pytest
from PIL import Image

from crosslight.store import BadImage, Bounds, decode_image
from tests.build.hostile import encoded, huge_png, photo
from tests.store import costly
from tests.store.costly import chunk
from tests.store.test_bounds import MANY, ORDINARY, REFUSED

REASONS = {
    *("empty", "not_an_image", "truncated", "too_many_pixels", "too_large", "too_complex"),
    "unreadable",
}
SMALL = Bounds(max_pixels=1_000_000)
EACH = 2_000
_EXIF = Image.Exif()
_EXIF[0x0112] = 6
_RGB, _GREY = photo(1, 24, 18), photo(2, 24, 18).convert("L")
SEEDS: dict[str, tuple[bytes, ...]] = {
    "JPEG": (
        encoded(_RGB, exif=_EXIF),
        encoded(_GREY, progressive=True),
        encoded(_RGB.convert("CMYK"), quality=20),
        costly.scans(5),
        encoded(_RGB, "MPO", save_all=True, append_images=[_RGB]),
    ),
    "PNG": (
        encoded(_RGB, "PNG", exif=_EXIF),
        encoded(_GREY.convert("P"), "PNG", transparency=0),
        costly.apng(3),
    ),
    "WEBP": (
        encoded(_RGB, "WEBP", exif=_EXIF),
        encoded(_RGB, "WEBP", lossless=True),
        encoded(_RGB, "WEBP", save_all=True, append_images=[_GREY.convert("RGB")]),
    ),
    "GIF": (
        encoded(_GREY, "GIF", comment=b"a comment"),
        encoded(_GREY, "GIF", save_all=True, append_images=[_GREY.rotate(90)], loop=0),
    ),
    "BMP": (encoded(_RGB, "BMP"), encoded(_GREY, "BMP"), costly.bmp_runs(20)),
    "TIFF": (
        encoded(_RGB, "TIFF"),
        encoded(_RGB, "TIFF", compression="jpeg"),
        encoded(_GREY, "TIFF", compression="tiff_lzw", exif=_EXIF),
        encoded(_RGB, "TIFF", save_all=True, append_images=[_RGB]),
        costly.tiff_strips(20),
    ),
}
ODD = (0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF, 0xD8, 0xDA)


def broken(rng: random.Random, seeds: tuple[bytes, ...]) -> bytes:
    """Bytes changed, cut, repeated, moved, or joined with those of another."""
    body = bytearray(rng.choice(seeds))
    for _ in range(rng.randint(1, 6)):
        at, to = sorted(rng.randrange(len(body) + 1) for _ in range(2))
        match rng.randrange(8):
            case 0:
                del body[at : min(to, at + 64)]
            case 1:
                body[at:at] = body[at : min(to, at + 64)] * rng.randint(1, 8)
            case 2:
                other = rng.choice(seeds)
                body[at:] = other[min(at, len(other)) :]
            case 3:
                body[at : at + 4] = struct.pack(rng.choice("<>") + "I", rng.getrandbits(32))
            case _ if body:
                body[at % len(body)] = rng.choice(ODD) if rng.random() < 0.5 else rng.randrange(256)
    return bytes(body)


def outcome(data: bytes, bounds: Bounds | None = None) -> str:
    """The reason, or `done`. Any other error passes through, and is what is looked for."""
    try:
        decoded = decode_image(data, 16, bounds)
    except BadImage as bad:
        assert bad.reason in REASONS
        return bad.reason
    assert decoded.image.mode == "RGB"
    return "done"


@pytest.mark.parametrize("kind", SEEDS)
def test_broken_pictures_have_a_reason(kind: str) -> None:
    warnings.simplefilter("ignore")
    rng = random.Random(kind)
    began = time.monotonic()
    for number in range(EACH):
        data = broken(rng, SEEDS[kind])
        try:
            outcome(data, SMALL)
        except Exception as error:
            raise AssertionError(f"{kind} {number}: {data.hex()}") from error
    assert time.monotonic() - began < 60


def _patched(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


_PNG, _BMP, _GIF = encoded(_RGB, "PNG"), encoded(_RGB, "BMP"), encoded(_GREY, "GIF")
_WEBP, _JPEG = encoded(_RGB, "WEBP"), encoded(_RGB)
_SOF, _SOS = _JPEG.index(b"\xff\xc0"), _JPEG.index(b"\xff\xda")
BY_HAND: dict[str, Callable[[], bytes]] = {
    **REFUSED,
    **MANY,
    **ORDINARY,
    "only a JPEG's mark": lambda: b"\xff\xd8\xff",
    "a JPEG that ends before its picture": lambda: b"\xff\xd8\xff\xd9",
    "a JPEG of nothing but fill": lambda: b"\xff\xd8" + b"\xff" * 100,
    "a JPEG of no width": lambda: _patched(_JPEG, _SOF + 7, b"\0\0"),
    "a JPEG of no height": lambda: _patched(_JPEG, _SOF + 5, b"\0\0"),
    "a JPEG of no components": lambda: _patched(_JPEG, _SOF + 9, b"\0"),
    "an arithmetic JPEG": lambda: _patched(_JPEG, _SOF + 1, b"\xc9"),
    "a lossless JPEG": lambda: _patched(_JPEG, _SOF + 1, b"\xc3"),
    "a hierarchical JPEG": lambda: _patched(_JPEG, _SOF + 1, b"\xc5"),
    "a JPEG of 12 bits": lambda: _patched(_JPEG, _SOF + 4, b"\x0c"),
    "a JPEG of two frames": lambda: _JPEG[:_SOS] + _JPEG[_SOF:],
    "a JPEG that restarts at every block": lambda: (
        _JPEG[:_SOS] + b"\xff\xdd\0\4\0\1" + _JPEG[_SOS:-2] + b"\xff\xd0" * 5_000 + b"\xff\xd9"
    ),
    "a segment without a length": lambda: _JPEG[:2] + b"\xff\xe5\0\0" * 3_000 + _JPEG[2:],
    "EXIF in EXIF": lambda: costly.nested_exif(100_000),
    "a PNG of 9,999 by 9,999": lambda: huge_png(9_999, 9_999),
    "a PNG without a header": lambda: _PNG[:8] + _PNG[33:],
    "a PNG of two headers": lambda: _PNG[:33] + _PNG[8:],
    "a PNG chunk of 4 GB": lambda: _patched(_PNG, 33, b"\xff\xff\xff\xff"),
    "packed EXIF text": lambda: costly.png_with(
        chunk(b"tEXt", b"Raw profile type exif\0\nexif\n 8\n4d4d002a00000008\n")
    ),
    "a BMP of negative height": lambda: _patched(_BMP, 22, struct.pack("<i", -18)),
    "a BMP of the least height": lambda: _patched(_BMP, 22, struct.pack("<i", -(2**31))),
    "a BMP of 4 billion colours": lambda: _patched(_BMP, 46, b"\xff\xff\xff\xff"),
    "a run-length BMP of 81 million": lambda: costly.bmp_runs(9_000),
    "a GIF without a picture": lambda: _GIF[:13] + b";",
    "a GIF that ends in a block": lambda: _GIF[:-20],
    "a WebP that says it is longer": lambda: _patched(_WEBP, 4, b"\xff\xff\xff\xff"),
    "a WebP of no chunk": lambda: b"RIFF\4\0\0\0WEBP",
    "a TIFF that is its own next page": lambda: costly.directory(1, 8)[:22] + b"\x08\0\0\0" * 3,
    "a TIFF of no tags": lambda: b"II*\0\x08\0\0\0" + bytes(16),
    "a TIFF that begins beyond its end": lambda: b"MM\0*\xff\xff\xff\xff" + bytes(64),
    "a big TIFF of 2^60 tags": lambda: b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 2**60) * 2,
}


@pytest.mark.parametrize("name", BY_HAND)
def test_pictures_by_hand(name: str) -> None:
    warnings.simplefilter("ignore")
    data = BY_HAND[name]()
    began = time.monotonic()
    assert outcome(data)
    assert time.monotonic() - began < 10


def test_there_are_fifty() -> None:
    assert len(BY_HAND) >= 50
