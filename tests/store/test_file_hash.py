"""The hash of a file is that of its bytes."""

import hashlib
from pathlib import Path

import pytest

from crosslight.store import file_sha256


def test_a_file_has_the_hash_of_its_bytes(tmp_path: Path) -> None:
    for data in (b"", b"\r\n", bytes(range(256)) * 9_000):
        (tmp_path / "file").write_bytes(data)
        assert file_sha256(tmp_path / "file") == hashlib.sha256(data).hexdigest()
    with pytest.raises(FileNotFoundError):
        file_sha256(tmp_path / "none")
