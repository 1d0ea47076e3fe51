"""Pictures of an export: each once, in a folder of its own, named by the hash of its bytes."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from crosslight.records import content_hash
from crosslight.store import replacing, sniff

FOLDER = "images"
_OURS = re.compile(r"[0-9a-f]{64}\.[a-z]{3,4}")
ENDINGS = {
    **{"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif"},
    **{"BMP": "bmp", "TIFF": "tiff", "AVIF": "avif"},
}
"""By the first bytes of a file (no HEIF: trainers open none). Its name in the run is not asked, for
it may lead anywhere."""


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
        if _OURS.fullmatch(path.name):
            path.unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()
