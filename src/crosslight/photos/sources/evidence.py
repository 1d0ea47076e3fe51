"""What the first cells of a column say about it: pictures, perhaps, or something else."""

import math
import re
from collections.abc import Mapping, Sequence
from enum import IntEnum
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from crosslight.photos.sources.encoded import (
    begins_like_a_picture,
    is_base64_picture,
    is_data_url,
    text_list,
)
from crosslight.photos.sources.located import IMAGE_PARTS
from crosslight.photos.sources.names import IMAGE_SUFFIXES
from crosslight.store import bare_name

ENOUGH = 4
"""Cells of a column that are looked at."""
SUFFIXES = (*IMAGE_SUFFIXES, ".svg")
"""Of names in cells: those that are read, and one that is told to be none."""
_ADDRESS = re.compile(r"(?:https?|file)://", re.IGNORECASE)
_LONGEST_NAME = 8192


class Evidence(IntEnum):
    """What a column holds, as far as its first cells tell. The larger, the surer."""

    OTHER = 0
    """No picture and no name: numbers, objects, long texts."""
    BYTES = 1
    """Bytes that do not begin like a picture."""
    NOTHING = 2
    """Only empty cells."""
    MAYBE = 3
    """Texts that could be paths."""
    ADDRESS = 4
    """URLs of anything."""
    NAME = 5
    """A path or URL that ends like a picture's."""
    PICTURE = 6
    """A picture itself: bytes, base64 or a data URL."""


def evidence_of(cells: Sequence[Any]) -> Evidence:
    """The surest of the first cells that are not empty."""
    told = [_told(cell) for cell in islice(cells, ENOUGH) if not is_empty(cell)]
    return max(told, default=Evidence.NOTHING)


def is_empty(cell: Any) -> bool:
    """Whether a cell says nothing."""
    if isinstance(cell, Mapping):
        known = [part for part in IMAGE_PARTS if part in cell]
        return bool(known) and all(is_empty(cell[part]) for part in known)
    if isinstance(cell, str):
        return not cell.strip()
    if isinstance(cell, float):
        return math.isnan(cell)
    return cell is None or (isinstance(cell, bytes | list) and not cell)


def _told(cell: Any) -> Evidence:
    if isinstance(cell, str):
        return _of_text(cell)
    if isinstance(cell, bytes | bytearray):
        return Evidence.PICTURE if begins_like_a_picture(bytes(cell[:64])) else Evidence.BYTES
    if isinstance(cell, list):
        return max((_told(one) for one in cell[:ENOUGH]), default=Evidence.OTHER)
    if isinstance(cell, Mapping):
        parts = [cell[part] for part in IMAGE_PARTS if part in cell and not is_empty(cell[part])]
        return max(map(_told, parts), default=Evidence.OTHER)
    return Evidence.OTHER


def _of_text(text: str) -> Evidence:
    if is_data_url(text) or is_base64_picture(text):
        return Evidence.PICTURE
    if items := text_list(text):
        return max(map(_of_text, items[:ENOUGH]))
    if len(text) > _LONGEST_NAME or "\n" in text.strip():
        return Evidence.OTHER
    bare = bare_name(text)
    is_address = _ADDRESS.match(bare) is not None
    try:
        name = urlsplit(bare).path if is_address else bare
    except ValueError:
        return Evidence.OTHER
    if name.lower().endswith(SUFFIXES):
        return Evidence.NAME
    return Evidence.ADDRESS if is_address else Evidence.MAYBE
