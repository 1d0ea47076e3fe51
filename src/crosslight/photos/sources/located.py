"""From what a list or table says of an image (a path, a URL, bytes) to a `Found`."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosslight.photos.sources.encoded import (
    is_base64_picture,
    is_data_url,
    picture_bytes,
)
from crosslight.photos.sources.found import (
    Broken,
    Found,
    Inline,
    NamedFile,
    Refused,
    SourceError,
    SourceOptions,
)
from crosslight.photos.sources.names import plain_text, printable_path, printable_url
from crosslight.store import BadImage, bare_name, local_path

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
_SHOWN = 300  # characters of a path or URL in a source name
_LONGEST = 8192  # characters of a path or URL
IMAGE_PARTS = ("bytes", "path", "src", "url")
"""What a struct that is an image may say of it."""


@dataclass(frozen=True, slots=True)
class Row:
    """Where an image is named: `label` is unique (`photos.csv#12`), `base` the table's folder."""

    label: str
    base: Path
    options: SourceOptions
    licence: str = ""
    origin: str = ""
    extra: tuple[tuple[str, str], ...] = ()
    column: str = ""

    def found(self, value: Any) -> Found:
        """The image that a cell holds: bytes, a path, a URL, a data URL, base64, or a Hugging Face
        Image struct."""
        if isinstance(value, dict):
            return self._struct(value)
        if isinstance(value, bytes | bytearray):
            return self._inline(bytes(value), "")
        if isinstance(value, str) and value.strip():
            return self._reference(value)
        return self.broken(Refused("no_image", "the row names no image"))

    def read_by(self, reader: Callable[[], bytes], shown: str = "") -> Found:
        """The row with what reads its image."""
        return self._make(shown, reader)

    def broken(self, error: Exception) -> Found:
        """The row without an image."""
        return self._make("", Broken(error))

    def _struct(self, value: dict[str, Any]) -> Found:
        data = value.get("bytes")
        path = next((value[part] for part in IMAGE_PARTS[1:] if value.get(part)), None)
        shown = path if isinstance(path, str) else ""
        if isinstance(data, bytes) and data:
            return self._inline(data, shown)
        if isinstance(data, str) and is_base64_picture(data):
            return self._decoded(data, shown)
        return self.found(path if isinstance(path, str | dict) else None)

    def _inline(self, data: bytes, path: str) -> Found:
        if len(data) > self.options.max_bytes:
            return self.broken(BadImage("too_large", f"{len(data):,} bytes"))
        return self._make(printable_path(path) if path else "", Inline(data))

    def _decoded(self, text: str, path: str = "") -> Found:
        """A picture that is written as text."""
        try:
            return self._inline(picture_bytes(text, self.options.max_bytes), path)
        except (BadImage, SourceError) as error:
            return self.broken(error)

    def _reference(self, text: str) -> Found:
        if is_data_url(text) or is_base64_picture(text):
            return self._decoded(text)
        if len(text) > _LONGEST:
            detail = f"{len(text):,} characters are no path and no URL"
            return self.broken(SourceError("bad_row", detail))
        bare = bare_name(text)
        scheme = _SCHEME.match(bare)
        if scheme is None or not bare[scheme.end() :].startswith("//"):
            return self._file(text, text)
        if scheme[1].lower() in ("http", "https"):
            shown = printable_url(bare)
            unread = Broken(Refused("unsupported_url", "a URL needs a Fetcher"))
            return self._make(shown, unread, url=bare, origin=shown)
        if scheme[1].lower() == "file":
            return self._file(local_path(text), text)
        detail = f"{scheme[1]}: is not read; use http, https or a path"
        return self._make("", Broken(Refused("unsupported_url", detail)))

    def _file(self, name: str, text: str) -> Found:
        most, outside = self.options.max_bytes, self.options.allow_outside
        return self._make(printable_path(text), NamedFile(name, self.base, most, outside))

    def _make(
        self, shown: str, reader: Callable[[], bytes], *, url: str = "", origin: str = ""
    ) -> Found:
        source = f"{self.label}:{shown[:_SHOWN]}" if shown else self.label
        return Found(
            source,
            reader,
            url=url,
            licence=plain_text(self.licence or self.options.licence),
            origin=plain_text(self.origin or self.options.origin or origin),
            extra=self.extra,
            column=self.column,
        )
