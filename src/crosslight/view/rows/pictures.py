"""The picture of a row: out of its own table, out of the image store by its hash, or out of a
folder that somebody named, by the name that the table has for it."""

import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any, Final

from crosslight.records import CrosslightError, content_hash
from crosslight.store import ImageDamaged, ImageMissing, ImageStore
from crosslight.view.rows.table import Table
from crosslight.view.thumbs import small_jpeg

SIDES: Final = (160, 440, 1280)
"""Pixels of the longer side: in a matrix, in the grid, on the row's own page; no others."""
MOST_KEPT: Final = 64 * 2**20
QUALITY: Final = 80


class Pictures:
    """Small JPEGs of rows, made when they are asked for and kept up to 64 MB."""

    def __init__(
        self, table: Table, images: ImageStore | None = None, data: Path | None = None
    ) -> None:
        self.table, self.images, self.data = table, images, data
        self._kept: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def small(self, number: int, side: int, at: int = 0) -> bytes | None:
        """The picture (of several the one `at`) as JPEG; None where there is none that can be
        shown."""
        key = (f"{number}.{at}", side)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        data = self.whole(number, at)
        made = None if data is None else _shrunk(data, side)
        if made is not None:
            with self._lock:
                self._kept[key] = made
                while sum(map(len, self._kept.values())) > MOST_KEPT:
                    self._kept.popitem(last=False)
        return made

    def whole(self, number: int, at: int = 0) -> bytes | None:
        """The picture's own bytes."""
        held, name = self._held(number, at)
        if held is not None or self.table.shape.kind == "build":
            return held
        photo = self.photo(number, at)
        return self._stored(photo) or self._named(name, photo)

    def _held(self, number: int, at: int) -> tuple[bytes | None, str]:
        """The bytes that stand in the table, and the name that it has for the picture."""
        shape, files = self.table.shape, self.table.files
        if shape.image:
            value = files.cell(number, shape.image)
            path = value.get("path") if isinstance(value, dict) else None
            return _bytes(value), str(path or "")
        if "images" in files.schema.names:
            several = files.cell(number, "images")
            if not isinstance(several, list) or at >= len(several):
                return None, ""
            one = several[at]  # of a benchmark a name in its folder
            return (None, one) if isinstance(one, str) else (_bytes(one), "")
        if shape.source and self.data is not None:
            return None, str(files.rows_of([number], [shape.source])[0][shape.source] or "")
        return None, ""

    def _stored(self, photo: str) -> bytes | None:
        if self.images is None or not photo:
            return None
        try:
            return self.images.get(photo)
        except (ImageMissing, ImageDamaged, OSError, ValueError):
            return None

    def _named(self, name: str, photo: str) -> bytes | None:
        """The file of this name in the folder; none where it is another picture by now."""
        if self.data is None or not name:
            return None
        from crosslight.bench import image_bytes

        try:
            found = image_bytes(self.data, name)
        except (CrosslightError, OSError, ValueError, LookupError):
            return None
        return None if photo and content_hash(found) != photo else found

    def photo(self, number: int, at: int = 0) -> str:
        """The hash of the picture, where the table has one."""
        names = self.table.files.schema.names
        if self.table.shape.photo:
            photo = self.table.files.rows_of([number], [self.table.shape.photo])[0]
            return str(photo[self.table.shape.photo] or "")
        if "photos" in names:
            several = self.table.files.rows_of([number], ["photos"])[0]["photos"]
            return str(several[at]) if isinstance(several, list) and at < len(several) else ""
        return ""


def _bytes(value: Any) -> bytes | None:
    if isinstance(value, dict):
        value = value.get("bytes")
    return value if isinstance(value, bytes) and value else None


def _shrunk(data: bytes, side: int) -> bytes | None:
    made = small_jpeg(data, side, quality=QUALITY, optimize=False)
    return None if made is None else made[0]
