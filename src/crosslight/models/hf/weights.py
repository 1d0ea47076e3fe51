"""Weights of strangers: is each file whole, and are they those of the config beside them?

transformers fills what is missing with random numbers and goes on: such a model answers, too.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crosslight.models.errors import NotSupported
from crosslight.models.hf.files import loadable

MAX_HEADER = 100 << 20
"""Bytes, the bound of safetensors itself."""
POINTER = b"version https://git-lfs"
AGAIN = "fetch the repository again"


def check_files(folder: Path) -> None:
    """Every safetensors file is whole, by its own header. Raises NotSupported."""
    for path in loadable(folder):
        if path.suffix == ".safetensors":
            _check_file(path)


def check_fit(name: str, info: Mapping[str, Any]) -> None:
    """`info`: what transformers found while loading. Raises NotSupported where a weight of the
    model is not in the files, or has another shape there."""
    missing = sorted(map(str, info.get("missing_keys", ())))
    shapes = sorted(str(one[0]) for one in info.get("mismatched_keys", ()))
    for wrong, what in ((shapes, "have another shape than"), (missing, "lack what")):
        if wrong:
            says = "config.json says" if wrong is shapes else "config.json asks for"
            raise NotSupported(
                f"the weights of {name} {what} {says}: {wrong[0][:120]}"
                + (f" and {len(wrong) - 1:,} more" if len(wrong) > 1 else ""),
                hint="they are of another model, or a part is gone: " + AGAIN,
            )


def _check_file(path: Path) -> None:
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(len(POINTER))
        if start == POINTER:
            raise NotSupported(
                f"{path.name} is a pointer of Git LFS, not the weights", hint="git lfs pull"
            )
        length = int.from_bytes(start[:8], "little")
        if size < 8 or length > min(size - 8, MAX_HEADER):
            raise _broken(path, "it does not begin as a safetensors file")
        file.seek(8)
        end = _end(file.read(length))
    if end is None:
        raise _broken(path, "its list of weights cannot be read")
    if size != 8 + length + end:
        raise _broken(path, f"it has {size:,} bytes of {8 + length + end:,}")


def _end(header: bytes) -> int | None:
    """Where the data ends by the header; None where that cannot be read."""
    try:
        parts = json.loads(header)
        ends = [part["data_offsets"][1] for key, part in parts.items() if key != "__metadata__"]
        return max(map(int, ends), default=0)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        return None


def _broken(path: Path, why: str) -> NotSupported:
    return NotSupported(f"{path.name} is broken: {why}", hint=AGAIN)
