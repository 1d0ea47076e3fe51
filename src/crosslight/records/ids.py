"""Row ids that are the same on every machine and in every run."""

import hashlib
import json
from typing import Any

ID_LENGTH = 24  # 96 bits: no collision to be expected below 10**12 rows


_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode
"""Made once: `json.dumps` makes one for every call, and a build hashes thousands a second."""


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no spaces; floats by their shortest form. NaN is refused."""
    return _encode(value).encode()


def content_hash(data: bytes) -> str:
    """sha256 of the bytes, 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def stable_id(kind: str, /, **parts: Any) -> str:
    """A row's id: a hash of what the row *is*. `parts` must be JSON values."""
    return content_hash(canonical([kind, parts]))[:ID_LENGTH]
