"""Rows that show the picture of another row, as VLMEvalKit writes them: its `index` in place of
the base64.

Nobody knows which rows will be named before the table has been read. So it is read twice more where
the first such row is opened (once for the names, once for the pictures), and the pictures that are
named wait in a temporary file: memory does not grow with them.
"""

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import IO, Any

from crosslight.photos.sources.encoded import (
    LEAST_ENCODED,
    is_base64_picture,
    is_data_url,
    picture_bytes,
)
from crosslight.photos.sources.found import SourceError

INDEX = "index"
"""The column with the names of the rows."""
_NAME = re.compile(r"[\w-]+")
_MOST = 1_000_000  # rows that may be named

Cells = Mapping[str, Any]


class Referred:
    """The pictures of a table that other rows name. May be read by threads."""

    def __init__(self, rows: Callable[[], Iterator[Cells]], image: str) -> None:
        self._rows = rows
        self._image = image
        self._lock = Lock()
        self._spool: IO[bytes] | None = None
        self._places: dict[str, tuple[int, int]] = {}

    def may_be(self, value: Any) -> bool:
        """Whether a cell looks like the index of another row, and like no path."""
        if isinstance(value, bool) or not isinstance(value, int | str):
            return False
        name = str(value).strip()
        return len(name) < LEAST_ENCODED and _NAME.fullmatch(name) is not None

    def reader(self, value: Any, max_bytes: int) -> "OtherRow":
        """What reads the picture that a cell names."""
        return OtherRow(str(value).strip(), max_bytes, self)

    def text(self, name: str) -> str:
        """The cell of the row of that name, as it stands. Raises `SourceError`, OSError."""
        with self._lock:
            if self._spool is None:
                self._spool = self._collected()
            start, length = self._places.get(name, (0, 0))
            if not length:
                raise SourceError("bad_row", f"shows the image of row {name!r}, which holds none")
            self._spool.seek(start)
            return self._spool.read(length).decode("ascii")

    def _collected(self) -> IO[bytes]:
        """Read the table for the names, and again for what they name."""
        wanted: set[str] = set()
        for cells in self._rows():
            value = cells.get(self._image)
            if self.may_be(value) and len(wanted) < _MOST:
                wanted.add(str(value).strip())
        spool = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the rows that read it
        at = 0
        for cells in self._rows():
            name, value = str(cells.get(INDEX, "")).strip(), cells.get(self._image)
            if name not in wanted or name in self._places or not isinstance(value, str):
                continue
            if is_data_url(value) or is_base64_picture(value):
                length = spool.write(value.encode("ascii", "replace"))
                self._places[name] = (at, length)
                at += length
        return spool


@dataclass(frozen=True, slots=True)
class OtherRow:
    """Reads the picture of the row of that name."""

    name: str
    max_bytes: int
    others: Referred = field(repr=False, compare=False)

    def __call__(self) -> bytes:
        return picture_bytes(self.others.text(self.name), self.max_bytes)
