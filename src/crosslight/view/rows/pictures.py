"""The picture of a row: out of its own table, or out of the image store by its hash."""

import threading
from collections import OrderedDict
from typing import Any, Final

from crosslight.store import ImageDamaged, ImageMissing, ImageStore
from crosslight.view.rows.table import Table
from crosslight.view.thumbs import small_jpeg

SIDES: Final = (160, 440, 1280)
"""Pixels of the longer side: in a matrix, in the grid, on the row's own page; no others."""
MOST_KEPT: Final = 64 * 2**20
QUALITY: Final = 80


class Pictures:
    """Small JPEGs of rows, made when they are asked for and kept up to 64 MB."""

    def __init__(self, table: Table, images: ImageStore | None = None) -> None:
        self.table, self.images = table, images
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
        shape = self.table.shape
        if shape.image:
            return _bytes(self.table.files.cell(number, shape.image))
        if "images" in self.table.files.schema.names and shape.kind == "build":
            several = self.table.files.cell(number, "images") or ()
            return _bytes(several[at]) if at < len(several) else None
        photo = self.photo(number, at)
        if self.images is None or not photo:
            return None
        try:
            return self.images.get(photo)
        except (ImageMissing, ImageDamaged, OSError, ValueError):
            return None

    def photo(self, number: int, at: int = 0) -> str:
        """The hash of the picture, where the table has one."""
        names = self.table.files.schema.names
        if self.table.shape.photo:
            photo = self.table.files.rows_of([number], [self.table.shape.photo])[0]
            return str(photo[self.table.shape.photo] or "")
        if "photos" in names:
            several = self.table.files.rows_of([number], ["photos"])[0]["photos"] or ()
            return str(several[at]) if at < len(several) else ""
        return ""


def _bytes(value: Any) -> bytes | None:
    if isinstance(value, dict):
        value = value.get("bytes")
    return value if isinstance(value, bytes) and value else None


def _shrunk(data: bytes, side: int) -> bytes | None:
    made = small_jpeg(data, side, quality=QUALITY, optimize=False)
    return None if made is None else made[0]
