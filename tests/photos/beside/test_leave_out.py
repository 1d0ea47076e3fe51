"""What a picture's file says beside its pixels is left out; what is seen stays bit for bit."""

import io
import struct
import zlib
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

from crosslight.photos.beside.leave_out import leave_out

SECRET = b"Jane Q. Owner"
XMP = (
    b'<x:xmpmeta><rdf:RDF><rdf:Description exif:GPSLatitude="1" tiff:Orientation="6" '
    b'aux:SerialNumber="77"><dc:creator>' + SECRET + b"</dc:creator></rdf:Description></rdf:RDF>"
)
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def drawn(mode: str = "RGB") -> Image.Image:
    image = Image.new("RGB", (48, 32))
    image.putdata([(x * 5, y * 7, (x * y) % 256) for y in range(32) for x in range(48)])
    return image.convert(mode)


def exif(turn: int = 6) -> bytes:
    told = Image.Exif()
    told[0x0112], told[0x013B], told[0x010F] = turn, SECRET.decode(), "Maker"
    told[0x8825] = {1: "N", 2: (1.0, 2.0, 3.0)}
    told[0x8769] = {0xA431: "SERIAL-4711", 0x927C: b"maker " * 20, 0x9003: "2020:01:01 00:00:00"}
    return told.tobytes()


def saved(kind: str, mode: str = "RGB", **more: object) -> bytes:
    out = io.BytesIO()
    drawn(mode).save(out, kind, **more)
    return out.getvalue()


def seen(data: bytes) -> list[tuple[bytes, tuple[int, int], str, object]]:
    """Every frame as it is shown, upright, with its profile and duration."""
    frames = []
    with Image.open(io.BytesIO(data)) as image:
        for at in range(getattr(image, "n_frames", 1)):
            image.seek(at)
            image.load()
            profile = image.info.get("icc_profile")
            told = (str(profile), image.info.get("duration"), image.info.get("transparency"))
            upright = ImageOps.exif_transpose(image)
            frames.append((upright.convert("RGBA").tobytes(), upright.size, image.mode, told))
    return frames


def turned_png() -> bytes:
    """As ImageMagick writes EXIF: as hex digits in a text."""
    block = exif()
    text = f"\nexif\n{len(block):8}\n{block.hex()}\n"
    info = PngImagePlugin.PngInfo()
    info.add_text("Raw profile type exif", text, zip=True)
    return saved("PNG", pnginfo=info)


def xmp_png() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    info.add_text("Author", SECRET.decode())
    return saved("PNG", pnginfo=info)


def animated(kind: str, **more: object) -> bytes:
    out = io.BytesIO()
    frames = [drawn(), drawn().transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=70, **more)
    return out.getvalue()


PICTURES: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: saved("JPEG", exif=exif(), icc_profile=ICC, comment=SECRET),
    "jpeg, progressive": lambda: saved("JPEG", exif=exif(3), progressive=True, xmp=XMP),
    "jpeg, CMYK": lambda: saved("JPEG", "CMYK", exif=exif(8)),
    "jpeg, turned by XMP": lambda: saved("JPEG", xmp=XMP),
    "jpeg, IPTC": lambda: with_segment(saved("JPEG"), 0xED, b"Photoshop 3.0\0" + SECRET),
    "jpeg, a film behind it": lambda: saved("JPEG") + b"ftypmp42" + SECRET,
    "jpeg, a thumbnail in JFIF": lambda: jfif_thumbnail(saved("JPEG")),
    "png": lambda: saved("PNG", exif=exif(), icc_profile=ICC),
    "png, palette": lambda: saved("PNG", "P", exif=exif(5), transparency=3),
    "png, EXIF as text": turned_png,
    "png, XMP": xmp_png,
    "png, animated": lambda: animated("PNG", exif=exif(7)),
    "webp": lambda: saved("WEBP", exif=exif(), icc_profile=ICC, xmp=XMP),
    "webp, lossless": lambda: saved("WEBP", "RGBA", exif=exif(2), lossless=True),
    "webp, animated": lambda: animated("WEBP", exif=exif(1), xmp=XMP.replace(b'"6"', b'"1"')),
    "gif": lambda: saved("GIF", "P", comment=SECRET, transparency=2),
    "gif, animated": lambda: animated("GIF", comment=SECRET, loop=0),
}


def with_segment(data: bytes, name: int, body: bytes) -> bytes:
    part = bytes([0xFF, name]) + (len(body) + 2).to_bytes(2, "big") + body
    return data[:2] + part + data[2:]


def jfif_thumbnail(data: bytes) -> bytes:
    length = int.from_bytes(data[4:6], "big")
    body = data[6 : 4 + length - 2] + b"\2\2" + SECRET[:12]
    return data[:4] + (len(body) + 2).to_bytes(2, "big") + body + data[4 + length :]


@pytest.mark.parametrize("name", PICTURES)
def test_pixels_profile_and_turn_stay_and_the_rest_goes(name: str) -> None:
    data = PICTURES[name]()
    bare = leave_out(data)
    assert bare.note == ""
    assert seen(bare.data) == seen(data)
    assert bare.left_out and len(bare.data) < len(data)
    for word in (SECRET[:12], SECRET.hex().encode(), b"SERIAL-4711", b"xmpmeta", b"Maker"):
        assert word not in bare.data
    with Image.open(io.BytesIO(bare.data)) as image:
        image.load()
        told = image.getexif()
        assert set(told) <= {0x0112} and not told.get_ifd(0x8825) and not told.get_ifd(0x8769)
    assert leave_out(bare.data).data == bare.data, "what is bare stays as it is"


def test_what_was_found_is_named() -> None:
    found = leave_out(PICTURES["jpeg"]()).left_out
    assert {"position", "owner", "serial number", "maker notes", "comment"} <= set(found)
    assert set(leave_out(PICTURES["jpeg, turned by XMP"]()).left_out) == {
        "XMP", "owner", "position", "serial number"
    }  # fmt: skip
    assert "thumbnail" in leave_out(PICTURES["jpeg, a thumbnail in JFIF"]()).left_out
    assert leave_out(PICTURES["jpeg, IPTC"]()).left_out == ("IPTC",)
    assert leave_out(PICTURES["jpeg, a film behind it"]()).left_out == ("data behind the picture",)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_a_picture_with_nothing_beside_it_stays_as_it_is(kind: str) -> None:
    data = saved(kind)
    bare = leave_out(data)
    assert (bare.data, bare.left_out, bare.note) == (data, (), "")


@pytest.mark.parametrize("turn", range(9))
def test_every_orientation_is_kept(turn: int) -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        data = saved(kind, exif=exif(turn))
        assert seen(leave_out(data).data) == seen(data)


def test_a_format_that_cannot_be_cut_without_encoding_says_so() -> None:
    data = saved("TIFF")
    bare = leave_out(data, "TIFF")
    assert bare.data == data and bare.note.startswith("TIFF: ")


def cut(data: bytes) -> Iterator[bytes]:
    yield from (data[:n] for n in range(0, len(data), max(1, len(data) // 60)))


def broken() -> Iterator[bytes]:
    png, jpeg = PICTURES["png"](), PICTURES["jpeg"]()
    yield png[:33] + struct.pack(">I4s", 2**31, b"eXIf") + png[33:]
    yield jpeg[:2] + b"\xff\xe1\xff\xff" + jpeg[2:6]
    yield jpeg[:2] + b"\xff\xe1\0\0" + jpeg[2:]
    yield jpeg[:2] + b"stray" + jpeg[2:]
    bomb = zlib.compress(bytes(64 << 20))
    body = b"Raw profile type exif\0\0" + bomb
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + b"\0\0\0\0"
    yield png[:33] + chunk + png[33:]
    loop = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<HHHII", 0xFFFF, 0x8769, 4, 1, 8)
    yield with_segment(saved("JPEG"), 0xE1, loop)
    yield b"\xff\xd8\xff" + b"\xff" * 4096
    yield b"GIF89a"
    yield b"RIFF\xff\xff\xff\xffWEBPVP8X"


def test_a_hostile_file_costs_itself_a_note_and_never_raises() -> None:
    for data in broken():
        bare = leave_out(data)
        assert bare.note or SECRET not in bare.data
        assert not bare.note or bare.data == data
    for make in PICTURES.values():
        for data in cut(make()):
            bare = leave_out(data)
            assert not bare.note or bare.data == data


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(PICTURES)), st.integers(2, 400), st.binary(min_size=1, max_size=6))
def test_damaged_headers_never_raise_and_never_change_what_is_seen(
    name: str, at: int, bytes_: bytes
) -> None:
    data = PICTURES[name]()
    data = data[:at] + bytes_ + data[at + len(bytes_) :]
    bare = leave_out(data)
    try:
        before = seen(data)
    except Exception:
        return  # no decoder takes it: the screen does not either
    assert seen(bare.data) == before
