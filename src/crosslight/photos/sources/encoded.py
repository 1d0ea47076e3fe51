"""Pictures that are written as text in a table: data URLs, and base64 as VLMEvalKit has it."""

import binascii
import json
import re
from base64 import b64decode
from urllib.parse import unquote_to_bytes

from crosslight.photos.sources.found import SourceError
from crosslight.store import BadImage, sniff

LEAST_ENCODED = 65
"""Characters of the shortest picture in base64. VLMEvalKit takes up to 64 for the index of
another row."""
_DATA = re.compile(r"\s*data:([^,]{0,200}),", re.IGNORECASE)
_HEAD = re.compile(r"[A-Za-z0-9+/_\s-]+")
_HEAD_LENGTH = 64
_SPACE = re.compile(r"\s+")
_URL_SAFE = str.maketrans("-_", "+/")


def begins_like_a_picture(data: bytes) -> bool:
    """Whether bytes are those of a picture, by their first ones; also of a kind that is not read,
    so that the row says so."""
    return sniff(data) is not None or data[4:8] == b"ftyp"


def is_data_url(text: str) -> bool:
    """Whether a text is a URL that holds its data."""
    return _DATA.match(text) is not None


def is_base64_picture(text: str) -> bool:
    """Whether a text is a picture in base64: it is long, and its first bytes are a picture's."""
    if len(text) < LEAST_ENCODED:
        return False
    head = _SPACE.sub("", text[: 2 * _HEAD_LENGTH])[:_HEAD_LENGTH].translate(_URL_SAFE)
    if len(head) < 32 or not _HEAD.fullmatch(head):
        return False
    return begins_like_a_picture(b64decode(head[: len(head) // 4 * 4]))


def picture_bytes(text: str, most: int) -> bytes:
    """What a data URL or base64 holds. Raises `SourceError`, `BadImage`."""
    return (data_url_bytes if is_data_url(text) else base64_bytes)(text, most)


def data_url_bytes(text: str, most: int) -> bytes:
    """What a data URL holds. Raises `SourceError`, `BadImage`."""
    head = _DATA.match(text)
    if head is None:
        raise SourceError("bad_row", "no data URL")
    payload = text[head.end() :].strip()
    if head[1].lower().replace(" ", "").endswith(";base64"):
        payload = payload.partition("#")[0]
        if "%" in payload[:4096]:
            payload = unquote_to_bytes(payload).decode("latin-1")
        return base64_bytes(payload, most)
    data = unquote_to_bytes(payload)
    _bound(len(data), most)
    return data


def base64_bytes(text: str, most: int) -> bytes:
    """Bytes out of base64, in either alphabet, with or without line breaks and padding.

    Raises `SourceError` for what is none, `BadImage` for more than `most` bytes.
    """
    packed = _SPACE.sub("", text).translate(_URL_SAFE).rstrip("=")
    _bound(len(packed) * 3 // 4, most)
    try:
        return b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SourceError("bad_row", f"no base64: {error}") from error


def text_list(text: str) -> list[str] | None:
    """The texts of a list that stands in a cell as JSON or as Python writes it; else None."""
    text = text.strip()
    if not (text.startswith(("['", '["')) and text.endswith(("']", '"]'))):
        return None
    if '"' not in text:
        text = text.replace("'", '"')
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) and all(isinstance(v, str) for v in value) else None


def _bound(size: int, most: int) -> None:
    if size > most:
        raise BadImage("too_large", f"{size:,} bytes, the bound is {most:,}")
