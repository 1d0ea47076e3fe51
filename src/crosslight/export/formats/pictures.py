"""Pictures of an export: where their bytes come from, and their folder, each once and named by the
hash of its bytes."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crosslight.photos import leave_out
from crosslight.records import content_hash
from crosslight.store import ImageDamaged, ImageMissing, ImageStore, replacing, sniff

FOLDER = "images"
OURS = re.compile(r"[0-9a-f]{64}\.[a-z]{3,4}")
ENDINGS = {
    **{"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif"},
    **{"BMP": "bmp", "TIFF": "tiff", "AVIF": "avif"},
}
"""By the first bytes of a file (no HEIF: trainers open none). Its name in the run is not asked, for
it may lead anywhere."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A row as a run's tables hold it. `shown`: the bytes of its pictures, None for one that cannot
    be had; empty where nobody asked. `pictures`: how many it has."""

    cells: dict[str, Any]
    shown: tuple[bytes | None, ...]
    pictures: int
    kept: int = 0
    """Pictures whose files may still say where and by whom they were taken."""


class StoredPictures:
    """Pictures of the image store, by their hash."""

    def __init__(self, images: Path | None) -> None:
        self._store = ImageStore(images) if images is not None and images.is_dir() else None

    def get(self, photo: object) -> bytes | None:
        """None where the store has none of this hash."""
        if self._store is None or not isinstance(photo, str):
            return None
        try:
            return self._store.get(photo)
        except (ImageMissing, ImageDamaged, OSError, ValueError):
            return None


def bare_row(cells: dict[str, Any], shown: Iterable[bytes | None], pictures: int) -> Raw:
    """A row whose pictures lie elsewhere, without what their files say of place, owner, device."""
    bare = [None if data is None else leave_out(data) for data in shown]
    data = tuple(None if one is None else one.data for one in bare)
    return Raw(cells, data, pictures, sum(bool(one and one.note) for one in bare))


def picture_name(data: bytes) -> str | None:
    """`HASH.jpg`; None for what is no picture of a kind that we read."""
    ending = ENDINGS.get(sniff(data) or "")
    return f"{content_hash(data)}.{ending}" if ending else None


@dataclass(slots=True)
class PictureFolder:
    """`images` of an export; each is written once."""

    out: Path
    names: set[str] = field(default_factory=set)

    def put(self, data: bytes, name: str) -> str:
        """Keep the picture; returns its path from the export's folder."""
        if name not in self.names:
            folder = self.out / FOLDER
            folder.mkdir(exist_ok=True)
            with replacing(folder / name) as file:
                file.write(data)
            self.names.add(name)
        return f"{FOLDER}/{name}"


def clear_pictures(out: Path) -> None:
    """Remove the pictures of an export; what else lies in their folder stays."""
    folder = out / FOLDER
    if not folder.is_dir() or folder.is_symlink():
        return
    for path in folder.iterdir():
        if OURS.fullmatch(path.name):
            path.unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()
