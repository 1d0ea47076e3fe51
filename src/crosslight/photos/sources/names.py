"""Names of inputs as they may be printed: on one line, in one direction, and still unique."""

from urllib.parse import urlsplit

from crosslight.store import is_windows_path, local_path

IMAGE_SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".gif", ".bmp"),
    *(".tif", ".tiff", ".avif", ".heic", ".heif"),
)
"""Of files that are read as pictures, in small letters."""


def printable(name: str) -> str:
    """Escape what a terminal or a page would not show as it is.

    Control and formatting characters (newline, right-to-left override, zero width) become
    `\\uXXXX`, bytes that are not UTF-8 (surrogate escapes) become `\\xHH`, a backslash is doubled.
    Two names never become one.
    """
    if name.isprintable() and "\\" not in name:
        return name
    return "".join(map(_show, name))


def _show(char: str) -> str:
    code = ord(char)
    if char == "\\":
        return "\\\\"
    if char.isprintable():
        return char
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def printable_url(url: str) -> str:
    """A URL without user, password, query and fragment: those may be secrets."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "(not a URL)"
    return printable(f"{parts.scheme}://{host}{port}{parts.path}")


def printable_path(reference: str) -> str:
    """A path of a table or list as it stands; of an absolute one only the last part, whatever
    stands around it and on whichever system it was written."""
    path = local_path(reference)
    absolute = path.startswith(("/", "~")) or is_windows_path(reference) or path[1:3] == ":/"
    return printable(path.rstrip("/").rsplit("/", 1)[-1] if absolute else reference)


def plain_text(value: object, limit: int = 1000) -> str:
    """A cell as text that any file can hold, at most `limit` characters."""
    return str(value)[:limit].encode("utf-8", "backslashreplace").decode("utf-8")
