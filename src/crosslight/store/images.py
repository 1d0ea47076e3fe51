"""Photos by the sha256 of their bytes, and bounded JPEG views of them for models.

    photos/ab/cd/<sha256>                     the original bytes, never changed
    views/jpeg-v1-768-85/ab/cd/<sha256>.jpg   a cache: may be deleted at any time
    tmp/                                      files being written

Safe for threads and several processes at once: a file appears complete, by an atomic rename, and
two writers of one name write the same bytes.
"""

import contextlib
import json
import os
import re
import secrets
import struct
import time
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from PIL import Image

from crosslight.records import CrosslightError, ImageView, content_hash
from crosslight.store.atomic import sync_folder
from crosslight.store.bounds import BadImage, Bounds
from crosslight.store.decode import decode_image, survey_image
from crosslight.store.looks import (
    LOOKS,
    NARROW,
    WHOLE,
    Look,
    Looks,
    is_narrow,
    least_shown,
    plan_looks,
)
from crosslight.store.pixels import SEVERAL, fit_image
from crosslight.store.private import FOLDER_MODE, private_folder, private_opener

_SHA = re.compile(r"[0-9a-f]{64}")
_TRAILER = struct.Struct(">4sIIII")
"""Magic, width, height, bytes of the notes (JSON, before it), crc32 of all before: it stands behind
the JPEG's end marker."""
_MAGIC = b"XLV2"
_MOST_NOTES = 10_000
_STALE_SECONDS = 24 * 3600


class ImageMissing(CrosslightError, LookupError):
    """The store has no photo of that hash."""


class ImageDamaged(CrosslightError, OSError):
    """A photo's bytes no longer have the hash that names them. Put the original again."""


class ImageStore:
    """Photos on disk by content hash. Holds no pictures in memory.

    `fsync=False` is for caches and tests: after a power loss the last photos may be missing (but
    never wrong: `get` checks the hash). Views are never synced, they can be made again.
    """

    def __init__(
        self, folder: str | Path, *, bounds: Bounds | None = None, fsync: bool = True
    ) -> None:
        self.folder = Path(folder)
        self.bounds = bounds or Bounds()
        self._fsync = fsync
        for name in ("photos", "views", "tmp"):
            private_folder(self.folder / name)
        self._sweep()

    def put(self, data: bytes) -> str:
        """Keep the bytes; returns their sha256. Durable on return unless `fsync=False`."""
        sha = content_hash(data)
        path = self.path(sha)
        try:
            if path.stat().st_size == len(data):
                return sha
        except FileNotFoundError:
            pass
        self._write(path, data, fsync=self._fsync)
        return sha

    def get(self, sha: str) -> bytes:
        """The original bytes. Raises `ImageMissing`, or `ImageDamaged` if the disk changed them."""
        try:
            data = self.path(sha).read_bytes()
        except FileNotFoundError:
            raise ImageMissing(f"no photo {sha} in {self.folder}") from None
        if content_hash(data) != sha:
            raise ImageDamaged(f"photo {sha} in {self.folder} is damaged on disk")
        return data

    def has(self, sha: str) -> bool:
        """Whether the photo is here."""
        return self.path(sha).is_file()

    def path(self, sha: str) -> Path:
        """Where the photo is or would be. Raises ValueError for anything but 64 hex digits."""
        return self.folder / "photos" / _spread(sha)

    def photos(self) -> Iterator[str]:
        """All hashes, in order."""
        root = self.folder / "photos"
        for first in sorted(root.iterdir()):
            for second in sorted(first.iterdir()):
                yield from sorted(p.name for p in second.iterdir() if _SHA.fullmatch(p.name))

    def looks(self, sha: str, side: int = 768, most: int = LOOKS) -> Looks:
        """The looks that it takes to see all of a photo, at most so many. Only for one whose view
        has notes: any other is seen at the one. Raises as `view`."""
        return plan_looks(survey_image(self.get(sha), most, self.bounds), side, most)

    def pixels(self, sha: str, look: Look = WHOLE) -> Image.Image:
        """All pixels of one look, upright. Raises as `view`."""
        decoded = decode_image(
            self.get(sha), None, self.bounds, frame=look.frame, ground=look.ground
        )
        return decoded.image if look.box is None else decoded.image.crop(look.box)

    def view(self, sha: str, side: int = 768, quality: int = 85, look: Look = WHOLE) -> ImageView:
        """A JPEG with no side over `side` pixels: upright, RGB on white, without metadata.

        Its notes say what it hides; `looks` are the ways to see that. Made once and then read from
        disk. Raises `BadImage`, `ImageMissing`, `ImageDamaged`; ValueError
        for a side outside 16-8192 or a quality outside 1-95.
        """
        if not (16 <= side <= 8192 and 1 <= quality <= 95):
            raise ValueError(f"side {side} or quality {quality} out of range")
        name = f"{_spread(sha)}{look.mark.replace('|', '-').replace(':', '')}.jpg"
        path = self.folder / "views" / f"jpeg-v1-{side}-{quality}" / name
        recipe = f"jpeg-v1:{side}:{quality}{look.mark}"
        cached = _read_view(path)
        if cached is None:
            cached = self._make_view(sha, side, quality, look)
            # A full or read-only disk costs time, not the answer.
            with contextlib.suppress(OSError):
                self._write(path, _with_trailer(*cached), fsync=False)
        jpeg, width, height, notes = cached
        return ImageView(sha, recipe, jpeg, width, height, notes)

    def _make_view(self, sha: str, side: int, quality: int, look: Look) -> "_View":
        if look.box is not None:
            image = self.pixels(sha, look)
            return _as_view(image, _fit_piece(*image.size, side), quality, ())
        data = self.get(sha)
        decoded = decode_image(data, side, self.bounds, frame=look.frame, ground=look.ground)
        size = fit_image(decoded.width, decoded.height, side)
        if look.mark:  # one of several: what the first hides, this is there to show
            return _as_view(decoded.image, size, quality, ())
        notes = list(decoded.notes)
        if SEVERAL in notes:
            notes[notes.index(SEVERAL)] = f"only the first of {self._frames(data)} frames is shown"
        if is_narrow(decoded.width, decoded.height, side):
            whole = f"{decoded.width} x {decoded.height}"
            notes.append(f"{NARROW}: {whole} pixels are shown as {size[0]} x {size[1]}")
        return _as_view(decoded.image, size, quality, tuple(notes))

    def _frames(self, data: bytes) -> str:
        """How many frames there are; a file may be made so that counting them takes too long."""
        try:
            return f"{survey_image(data, 0, self.bounds).total:,}"
        except BadImage:
            return "several"

    def _write(self, path: Path, data: bytes, *, fsync: bool) -> None:
        if fsync:
            _make_folders(path.parent)
        else:
            private_folder(path.parent)
        temporary = self.folder / "tmp" / f"{os.getpid()}-{secrets.token_hex(8)}"
        try:
            with open(temporary, "xb", opener=private_opener) as file:
                file.write(data)
                if fsync:
                    file.flush()
                    os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        if fsync:
            sync_folder(path.parent)

    def _sweep(self) -> None:
        """Remove what a killed process left half written."""
        oldest = time.time() - _STALE_SECONDS
        for leftover in (self.folder / "tmp").iterdir():
            with contextlib.suppress(OSError):
                if leftover.stat().st_mtime < oldest:
                    leftover.unlink()


def _spread(sha: str) -> str:
    if not _SHA.fullmatch(sha):
        raise ValueError(f"not a sha256: {sha[:80]!r}")
    return f"{sha[:2]}/{sha[2:4]}/{sha}"


_View = tuple[bytes, int, int, tuple[str, ...]]
"""JPEG, width, height, notes."""


def _fit_piece(width: int, height: int, side: int) -> tuple[int, int]:
    """As large as a view may be: a low strip is enlarged until it has the least height."""
    wide, high = fit_image(width, height, side)
    least = least_shown(side)
    if min(wide, high) >= least:
        return wide, high
    factor = least / min(width, height)
    return min(side, round(width * factor)), min(side, round(height * factor))


def _as_view(
    image: Image.Image, size: tuple[int, int], quality: int, notes: tuple[str, ...]
) -> _View:
    if image.size != size:
        image = image.resize(size, Image.Resampling.BICUBIC)
    out = BytesIO()
    image.save(out, "JPEG", quality=quality, subsampling="4:2:0")
    return out.getvalue(), *size, notes


def _with_trailer(jpeg: bytes, width: int, height: int, notes: tuple[str, ...]) -> bytes:
    # Views are not synced: the checksum tells a view that a power loss cut from a whole one.
    told = json.dumps(notes).encode()
    head = _TRAILER.pack(_MAGIC, width, height, len(told), zlib.crc32(jpeg + told))
    return jpeg + told + head


def _read_view(path: Path) -> _View | None:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    if len(data) <= _TRAILER.size:
        return None
    body = data[: -_TRAILER.size]
    magic, width, height, length, crc = _TRAILER.unpack(data[-_TRAILER.size :])
    if magic != _MAGIC or crc != zlib.crc32(body) or length > min(len(body), _MOST_NOTES):
        return None
    notes = json.loads(body[len(body) - length :])
    return body[: len(body) - length], width, height, tuple(map(str, notes))


def _make_folders(folder: Path) -> None:
    """Make missing folders and sync the parent of each, so that they survive a power loss."""
    if folder.is_dir():
        return
    _make_folders(folder.parent)
    folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    sync_folder(folder.parent)


__all__ = ["BadImage", "ImageDamaged", "ImageMissing", "ImageStore"]
