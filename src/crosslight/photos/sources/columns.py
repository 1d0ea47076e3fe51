"""Which column of a table holds the image, its licence, its origin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crosslight.photos.sources.found import InputError, SourceOptions
from crosslight.photos.sources.names import plain_text

_IMAGE = (
    "image",
    "images",
    "img",
    "photo",
    "picture",
    "jpg",
    "png",
    "path",
    "image_path",
    "file_name",
    "filename",
    "file",
    "filepath",
    "file_path",
    "image_url",
    "url",
    "src",
)
_LICENCE = ("licence", "license", "rights", "image_license", "license_url")
_ORIGIN = ("origin", "source_url", "page_url", "original_url", "source", "author", "credit")
MOST_EXTRA = 32
"""Plain cells of a row that are kept beside its image."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The chosen columns; empty where the table has none."""

    image: str
    licence: str = ""
    origin: str = ""

    def facts(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Licence, origin and the other plain cells of a row, for `Row`."""
        used = (self.image, self.licence, self.origin)
        extra = tuple(
            (plain_text(name, 100), plain_text(value))
            for name, value in row.items()
            if name not in used and isinstance(value, str | int | float | bool) and value != ""
        )
        return {
            "licence": _text(row.get(self.licence)),
            "origin": _text(row.get(self.origin)),
            "extra": extra[:MOST_EXTRA],
        }


def choose_columns(
    names: Sequence[str], options: SourceOptions, *, likely: Sequence[str] = ()
) -> Columns:
    """Choose by `options`, then by `likely` (from the table's types), then by the usual names.

    Raises `InputError` where no column can hold an image.
    """
    for wanted in (options.column, options.licence_column, options.origin_column):
        if wanted and wanted not in names:
            raise InputError(f"There is no column {wanted!r}.", f"Columns: {_shown(names)}.")
    image = options.column or (likely[0] if likely else "") or _first(names, _IMAGE)
    if not image:
        raise InputError(
            "No column holds an image, a path or a URL.",
            f"Name one with --column; columns: {_shown(names)}.",
        )
    return describing_columns(names, options, image)


def image_names(options: SourceOptions) -> set[str]:
    """What a header is recognized by, in small letters."""
    asked = (options.column, options.licence_column, options.origin_column)
    return {name.lower() for name in (*asked, *_IMAGE) if name}


def describing_columns(names: Sequence[str], options: SourceOptions, image: str = "") -> Columns:
    """The columns that tell licence and origin, beside a known image."""
    others = [name for name in names if name != image]
    return Columns(
        image,
        options.licence_column or _first(others, _LICENCE),
        options.origin_column or _first(others, _ORIGIN),
    )


def _first(names: Sequence[str], wanted: Sequence[str]) -> str:
    by_lower = {name.lower(): name for name in reversed(names)}
    return next((by_lower[name] for name in wanted if name in by_lower), "")


def _text(value: Any) -> str:
    return "" if value is None else plain_text(value)


def _shown(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names[:20]) or "none"
