"""The control tokens of a GGUF file's vocabulary, read from its header.

The file may be a stranger's: every length is bounded, nothing is believed, and what cannot be read
gives no tokens (those of the known families are broken all the same).
"""

import struct
from pathlib import Path
from typing import IO

TOKENS, TYPES = "tokenizer.ggml.tokens", "tokenizer.ggml.token_type"
CONTROL = 3
STRING, ARRAY = 8, 9
SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""Bytes of a value by its type."""
MOST_VALUES, MOST_ENTRIES, LONGEST = 2**16, 2**21, 2**16
LONGEST_TEXT = 2**24
"""A chat template, or a text that is skipped."""


def control_tokens(path: Path) -> list[str]:
    """The texts of the tokens of type control; none where the header cannot be read."""
    try:
        with path.open("rb") as file:
            return _read(file)
    except (OSError, ValueError, struct.error):
        return []


def _read(file: IO[bytes]) -> list[str]:
    _, version, _, values = struct.unpack("<4sIQQ", file.read(24))
    if version not in (2, 3) or values > MOST_VALUES:
        return []
    tokens: list[bytes] | None = None
    kinds: list[int] | None = None
    for _ in range(values):
        name = _text(file, LONGEST)
        (kind,) = struct.unpack("<I", file.read(4))
        if name == TOKENS.encode() and kind == ARRAY:
            tokens = _strings(file)
        elif name == TYPES.encode() and kind == ARRAY:
            kinds = _numbers(file)
        else:
            _skip(file, kind)
        if tokens is not None and kinds is not None:
            pairs = zip(tokens, kinds, strict=False)
            return [text.decode(errors="replace") for text, k in pairs if k == CONTROL]
    return []


def _text(file: IO[bytes], longest: int) -> bytes:
    (size,) = struct.unpack("<Q", file.read(8))
    if size > longest:
        raise ValueError("a text is too long")
    found = file.read(size)
    if len(found) != size:
        raise ValueError("the file ends in a text")
    return found


def _array(file: IO[bytes]) -> tuple[int, int]:
    kind, count = struct.unpack("<IQ", file.read(12))
    if count > MOST_ENTRIES:
        raise ValueError("an array is too long")
    return kind, count


def _strings(file: IO[bytes]) -> list[bytes]:
    kind, count = _array(file)
    if kind != STRING:
        raise ValueError("tokens are no texts")
    return [_text(file, LONGEST) for _ in range(count)]


def _numbers(file: IO[bytes]) -> list[int]:
    kind, count = _array(file)
    if kind not in (4, 5):
        raise ValueError("types are no numbers")
    return list(struct.unpack(f"<{count}{'I' if kind == 4 else 'i'}", file.read(4 * count)))


def _skip(file: IO[bytes], kind: int) -> None:
    if kind == STRING:
        _text(file, LONGEST_TEXT)
    elif kind == ARRAY:
        inner, count = _array(file)
        if inner == STRING:
            for _ in range(count):
                _text(file, LONGEST_TEXT)
        elif inner in SIZES:
            file.seek(SIZES[inner] * count, 1)
        else:
            raise ValueError("an array of an unknown kind")
    elif kind in SIZES:
        file.seek(SIZES[kind], 1)
    else:
        raise ValueError("a value of an unknown kind")
