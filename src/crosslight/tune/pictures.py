"""The pictures of training rows: put into the image store once, shown as models are shown them."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosslight.photos import IMAGE_SUFFIXES, SourceError, is_data_url, picture_bytes
from crosslight.records import CrosslightError
from crosslight.store import BadImage, ImageStore, TwoFiles, find_file, stays_in

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_BYTES = 64 << 20
UNREADABLE = (BadImage, SourceError, TwoFiles)
"""What our own readers say of one picture."""
GREY = (127, 127, 127)


class BadPicture(CrosslightError):
    """A picture of a row that cannot be had: the row is dropped, the run goes on."""


class Pictures:
    """By hash, no side larger than `side` pixels."""

    def __init__(self, store: Path, side: int, *, allow_outside: bool = False) -> None:
        self.folder, self.side, self.allow_outside = store, side, allow_outside
        self._images: ImageStore | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_images": None}

    @property
    def store(self) -> ImageStore:
        """Opened once a process."""
        if self._images is None:
            self._images = ImageStore(self.folder)
        return self._images

    def keep(self, cell: Any, root: Path) -> str:
        """The hash of what a cell holds or names. Raises `BadPicture`."""
        try:
            sha = self.store.put(self._bytes(cell, root))
            self.store.view(sha, self.side)
        except BadPicture:
            raise
        except (*UNREADABLE, CrosslightError, OSError, ValueError) as error:
            raise BadPicture(f"picture cannot be read: {error}") from error
        return sha

    def show(self, sha: str) -> "Image":
        """As the model's processor is given it, RGB."""
        from PIL import Image

        jpeg = self.store.view(sha, self.side).jpeg
        return Image.open(io.BytesIO(jpeg)).convert("RGB")

    def size(self, sha: str) -> tuple[int, int]:
        """Width and height of what is shown."""
        view = self.store.view(sha, self.side)
        return view.width, view.height

    def _bytes(self, cell: Any, root: Path) -> bytes:
        if isinstance(cell, bytes):
            return cell
        if isinstance(cell, dict) and isinstance(cell.get("bytes"), bytes):
            return bytes(cell["bytes"])
        name = cell.get("path") if isinstance(cell, dict) else cell
        if not isinstance(name, str) or not name:
            raise BadPicture("the cell holds no picture and no name of one")
        if is_data_url(name):
            return picture_bytes(name, MOST_BYTES)
        path = find_file(root, name, allow_outside=self.allow_outside)
        if not self.allow_outside and not stays_in(root, path):
            raise BadPicture("a picture lies outside the table's folder (--allow-outside)")
        if path.stat().st_size > MOST_BYTES or not path.is_file():
            raise BadPicture("no picture file, or too large")
        return path.read_bytes()


def cells_of(value: Any) -> list[Any]:
    """The pictures of a cell: one, several, or none."""
    if value is None or value == "":
        return []
    return [one for one in value if one is not None] if isinstance(value, list) else [value]


def picture_columns(cells: dict[str, Any], known: Sequence[str]) -> list[str]:
    """Other columns that hold pictures, or names of picture files."""
    return [n for n, v in cells.items() if n not in known and any(map(_is_picture, cells_of(v)))]


def _is_picture(value: Any) -> bool:
    if isinstance(value, dict):
        value = value.get("bytes") or value.get("path")
    if isinstance(value, bytes):
        return value[:4] in (b"\x89PNG", b"GIF8", b"RIFF") or value[:3] == b"\xff\xd8\xff"
    if not isinstance(value, str):
        return False
    return is_data_url(value) or (len(value) < 1024 and value.lower().endswith(_SUFFIXES))


_SUFFIXES = tuple(IMAGE_SUFFIXES)
