"""From the bytes of a text file to its text: its letters are known or refused, never guessed.

UTF-8 with or without a byte order mark, and UTF-16 and UTF-32 with one. An older code page is
named in the error and never read: which of them it is cannot be told from the bytes.
"""

import codecs
import io
import re
from collections.abc import Iterator
from typing import BinaryIO

from crosslight.records import CrosslightError

# UTF-32's little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LINE_END = re.compile("\r\n|\r|\n")
_HEAD = 1 << 16
"""Bytes at the beginning that tell the encoding and the line ends."""
SAVE_AS = "save it as UTF-8 (in a spreadsheet: `CSV UTF-8`)"


class NotText(CrosslightError):
    """Bytes that are no text of an encoding that is read. `hint` says what helps."""


def decode(data: bytes, broken: str = "strict") -> str:
    """The text, without its byte order mark and with the line ends of the file.

    `broken`: what becomes of a byte that is not UTF-8, as for `bytes.decode`; `surrogateescape`
    leaves it marked, so that the row that holds it is refused and not the file. Raises `NotText`.
    """
    codec, skipped = _encoding(data[:_HEAD])
    body = data[skipped:]
    try:
        return body.decode(codec, broken if codec == "utf-8" else "strict")
    except UnicodeDecodeError as error:
        if codec != "utf-8":
            raise NotText(
                f"begins as {codec.upper()} and is not: {error.reason}", SAVE_AS
            ) from error
        raise _no_utf8(body, error.start) from error


def text_lines(file: BinaryIO, longest: int) -> Iterator[str]:
    """The lines of a file that is read bit by bit, without their ends (Unix, Windows, old Mac).

    Bytes that are not UTF-8 become surrogate escapes: a path may hold any. Raises `NotText`, also
    for a line of more than `longest` characters.
    """
    head = file.read(_HEAD)
    codec, skipped = _encoding(head)
    file.seek(skipped)
    start = head[skipped:].decode(codec, "replace")
    old_mac = "\r" in start[:-1] and "\n" not in start
    broken = "surrogateescape" if codec == "utf-8" else "strict"
    reader = io.TextIOWrapper(file, codec, broken, newline="\r" if old_mac else "\n")
    try:
        while line := reader.readline(longest + 1):
            if len(line) > longest:
                raise NotText(f"a line of more than {longest:,} characters")
            yield line.rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise NotText(f"begins as {codec.upper()} and is not: {error.reason}", SAVE_AS) from error


def split_lines(text: str) -> list[str]:
    """The lines of a text, however they end; no other character ends one."""
    return _LINE_END.split(text)


def unix_lines(text: str) -> str:
    """The text with every line end as `\\n`."""
    return _LINE_END.sub("\n", text)


def as_windows(text: str) -> str:
    """What a line with bytes that are not UTF-8 says if it is Windows-1252; empty if it is not."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("cp1252")
    except ValueError:
        return ""


def _encoding(head: bytes) -> tuple[str, int]:
    """(codec, length of the mark)."""
    for mark, codec in _MARKS:
        if head.startswith(mark):
            return codec, len(mark)
    sample = head[:200]
    if len(sample) > 3 and sample.count(0) > len(sample) // 5:
        raise NotText("is UTF-16 without its mark (every other byte is zero), or no text", SAVE_AS)
    return "utf-8", 0


def _no_utf8(data: bytes, at: int) -> NotText:
    number = len(_LINE_END.findall(data[:at].decode("utf-8", "replace"))) + 1
    line = re.split(b"[\r\n]", data[:at])[-1] + re.split(b"[\r\n]", data[at:])[0]
    said = as_windows(line.decode("utf-8", "surrogateescape"))
    cause = f"line {number}: not UTF-8 (byte 0x{data[at]:02x})"
    if not said:
        return NotText(cause, SAVE_AS)
    return NotText(
        f"{cause}; as Windows-1252 (cp1252) the line reads {said.strip()[:80]!r}",
        f"if that is right: iconv -f CP1252 -t UTF-8 FILE; else {SAVE_AS}",
    )
