"""What EXIF and XMP say of the world: where, who, with what, when. Read within bounds."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from PIL import Image

POSITION, OWNER, SERIAL, DEVICE = "position", "owner", "serial number", "device"
TIME, MAKER, THUMBNAIL, COMMENT = "time", "maker notes", "thumbnail", "comment"
XMP, IPTC, TRAILER, OTHER = "XMP", "IPTC", "data behind the picture", "other data"

_ORIENTATION, _EXIF, _GPS = 0x0112, 0x8769, 0x8825
_MEANING = {
    **dict.fromkeys((_GPS,), POSITION),
    # Artist, copyright, XP author, camera's owner, photographer, host computer
    **dict.fromkeys((0x013B, 0x8298, 0x9C9D, 0xA430, 0xA437, 0x013C), OWNER),
    # body, lens, camera (DNG), image id
    **dict.fromkeys((0xA431, 0xA435, 0xC62F, 0xA420), SERIAL),
    **dict.fromkeys((0x010F, 0x0110, 0x0131, 0xA433, 0xA434), DEVICE),
    **dict.fromkeys((0x0132, 0x9003, 0x9004), TIME),
    **dict.fromkeys((0x927C,), MAKER),
    # description, user comment, XP title, comment, keywords, subject
    **dict.fromkeys((0x010E, 0x9286, 0x9C9B, 0x9C9C, 0x9C9E, 0x9C9F), COMMENT),
}
_MOST_ENTRIES = 4_096
_MOST_READ = 64 << 20
"""Bytes that a decoder may read of a block whose every entry names all of it."""
_XMP_READ = 4 << 20
_XMP_MEANING = (
    (re.compile(rb"GPSL|GPSPosition|Iptc4xmpCore:Location|photoshop:City", re.I), POSITION),
    (re.compile(rb"dc:creator|dc:rights|OwnerName|photoshop:Credit", re.I), OWNER),
    (re.compile(rb"SerialNumber", re.I), SERIAL),
    (re.compile(rb"xmp:Thumbnails|xapGImg", re.I), THUMBNAIL),
)
_XMP_TURN = re.compile(rb'tiff:Orientation(?:="|>)([0-9])')


@dataclass(slots=True)
class Beside:
    """What was found beside the pixels, and how the picture is turned (0: nothing says so)."""

    found: set[str] = field(default_factory=set)
    turn: int = 0
    xmp_turn: int = 0
    """What XMP says; readers ask it where EXIF says nothing."""

    @property
    def orientation(self) -> int:
        """1 to 8; 1 where nothing says otherwise."""
        turn = self.turn or self.xmp_turn
        return turn if 1 <= turn <= 8 else 1

    def read_exif(self, block: bytes) -> None:
        """Tags of an EXIF block; of a broken one as far as it can be read."""
        tiff = block.removeprefix(b"Exif\0\0")
        order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
        if order is None or len(tiff) < 8:
            self.found.add(OTHER)
            self.turn = self.turn or 1
            return
        start = struct.unpack_from(order + "I", tiff, 4)[0]
        inner: list[int] = []
        for tag, number in _entries(tiff, start, order):
            self._tag(tag)
            if tag == _EXIF:
                inner.append(number)
        for at in inner[:1]:
            for tag, _ in _entries(tiff, at, order):
                self._tag(tag)
        if _follows(tiff, start, order):
            self.found.add(THUMBNAIL)
        entries = len(list(_entries(tiff, start, order)))
        if not self.turn and entries * len(tiff) <= _MOST_READ:
            self.turn = _turn(tiff)

    def read_xmp(self, packet: bytes) -> None:
        """What an XMP packet says."""
        self.found.add(XMP)
        packet = packet[:_XMP_READ]
        self.found.update(name for form, name in _XMP_MEANING if form.search(packet))
        turned = _XMP_TURN.search(packet)
        if turned and not self.xmp_turn:
            self.xmp_turn = int(turned[1])

    def _tag(self, tag: int) -> None:
        if meaning := _MEANING.get(tag):
            self.found.add(meaning)
        elif tag not in (_ORIENTATION, _EXIF):
            self.found.add(OTHER)


def _entries(tiff: bytes, start: int, order: str) -> Iterator[tuple[int, int]]:
    """(tag, the long in its entry) of every entry that is whole."""
    if start + 2 > len(tiff):
        return
    count = struct.unpack_from(order + "H", tiff, start)[0]
    for at in range(start + 2, start + 2 + 12 * min(count, _MOST_ENTRIES), 12):
        if at + 12 > len(tiff):
            return
        tag, _, _, number = struct.unpack_from(order + "HHII", tiff, at)
        yield tag, number


def _turn(tiff: bytes) -> int:
    """The orientation as the decoder reads it, of broken blocks too; 0 where it finds none."""
    try:
        told = Image.Exif()
        told.load(tiff)
        if _ORIENTATION not in told:
            return 0
        value = told[_ORIENTATION]
        return value if isinstance(value, int) and 1 <= value <= 8 else 1
    except Exception:  # what the decoder cannot read turns nothing, and XMP is not asked then
        return 1


def _follows(tiff: bytes, start: int, order: str) -> bool:
    """Whether a second directory (a thumbnail's) follows the first."""
    if start + 2 > len(tiff):
        return False
    at = start + 2 + 12 * int(struct.unpack_from(order + "H", tiff, start)[0])
    return at + 4 <= len(tiff) and struct.unpack_from(order + "I", tiff, at)[0] != 0


def only_turned(orientation: int) -> bytes:
    """A TIFF block that says the orientation and nothing else."""
    return struct.pack("<2sHIHHHIHHI", b"II", 42, 8, 1, _ORIENTATION, 3, 1, orientation, 0, 0)
