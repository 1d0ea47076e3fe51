"""What a file holds, as one name."""

import hashlib
from pathlib import Path


def file_sha256(path: Path) -> str:
    """SHA-256 in hexadecimal, read in pieces. Raises `OSError`."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
