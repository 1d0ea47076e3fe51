"""From a path to the photos in it: which kind of source it is, and reading it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from itertools import chain
from pathlib import Path

from crosslight.photos.sources.found import Found, InputError, SourceOptions
from crosslight.photos.sources.names import IMAGE_SUFFIXES, printable
from crosslight.photos.sources.tables import (
    from_csv,
    from_jsonl,
    from_list,
    from_parquet,
    from_parquet_folder,
)
from crosslight.photos.sources.tars import from_tar, from_tar_folder, is_tar
from crosslight.photos.sources.tree import files_below, from_file, from_folder
from crosslight.store import stays_in


class SourceKind(StrEnum):
    """How an input is read."""

    FOLDER = "folder"
    """A folder tree of photos."""
    FILE = "file"
    """One photo."""
    LIST = "list"
    """A text file with one path or URL a line."""
    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    PARQUET_FOLDER = "parquet_folder"
    """A Hugging Face dataset on disk."""
    TAR = "tar"
    TAR_FOLDER = "tar_folder"
    """WebDataset shards."""


_BY_SUFFIX = {
    ".txt": SourceKind.LIST,
    ".lst": SourceKind.LIST,
    ".csv": SourceKind.CSV,
    ".tsv": SourceKind.CSV,
    ".jsonl": SourceKind.JSONL,
    ".ndjson": SourceKind.JSONL,
    ".json": SourceKind.JSONL,
    ".parquet": SourceKind.PARQUET,
}

_READERS: dict[SourceKind, Callable[[Path, SourceOptions], Iterator[Found]]] = {
    SourceKind.FOLDER: from_folder,
    SourceKind.FILE: from_file,
    SourceKind.LIST: from_list,
    SourceKind.CSV: from_csv,
    SourceKind.JSONL: from_jsonl,
    SourceKind.PARQUET: from_parquet,
    SourceKind.PARQUET_FOLDER: from_parquet_folder,
    SourceKind.TAR: from_tar,
    SourceKind.TAR_FOLDER: from_tar_folder,
}


def open_source(
    path: str | Path,
    options: SourceOptions | None = None,
    *,
    kind: SourceKind | None = None,
    allow_outside: bool = False,
) -> Iterator[Found]:
    """The entries of an input, in a fixed order, read one after the other.

    Raises `InputError` at once where the input is missing, empty or of no known form.
    """
    path = Path(path)
    options = options or SourceOptions()
    if allow_outside:
        options = replace(options, allow_outside=True)
    kind = kind or detect(path, options.exclude)
    # A single photo is refused as a row; a table or an archive would be read before there are rows.
    readable = kind == SourceKind.FILE or options.allow_outside or stays_in(path.parent, path)
    if not path.is_dir() and not readable:
        raise InputError(
            f"{_shown(path)} is a link that leads out of its folder.",
            "Give that file itself, or admit it with --allow-outside.",
        )
    entries = _READERS[kind](path, options)
    try:
        first = next(entries, None)
    except OSError as error:
        message = f"{_shown(path)} cannot be read: {error.strerror or error}."
        raise InputError(message, "Check its rights.") from error
    if first is None:
        hint = "Give a folder, list, table or tar that names at least one photo."
        raise InputError(f"{_shown(path)} holds nothing (read as {kind}).", hint)
    return chain((first,), entries)


def detect(path: Path, exclude: Sequence[Path] = ()) -> SourceKind:
    """What an input is, by its name and, for a folder, by what lies in it.

    Raises `InputError` where there is nothing.
    """
    if str(path).startswith(("http:/", "https:/")):
        raise InputError("A URL is not an input by itself.", "Write it in a .txt file, one a line.")
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
        there = is_folder or is_file or path.is_symlink() or path.exists()
    except (OSError, ValueError) as error:
        raise InputError(f"{_shown(path)} cannot be read: {error}.") from error
    if not there:
        raise InputError(f"{_shown(path)} does not exist.", f"Looked in {_shown(Path.cwd())}.")
    if is_folder:
        return _detect_folder(path, exclude)
    if not is_file:
        raise InputError(f"{_shown(path)} is no file and no folder.", "Give a folder of photos.")
    if is_tar(path):
        return SourceKind.TAR
    return _BY_SUFFIX.get(path.suffix.lower(), SourceKind.FILE)


def _detect_folder(root: Path, exclude: Sequence[Path]) -> SourceKind:
    """A folder with any image is a tree; else parquet or tar decides."""
    parquet = tar = False
    for path in files_below(root, exclude):
        if path.name.lower().endswith(IMAGE_SUFFIXES):
            return SourceKind.FOLDER
        parquet = parquet or path.suffix == ".parquet"
        tar = tar or is_tar(path)
    if parquet and not tar:
        return SourceKind.PARQUET_FOLDER
    return SourceKind.TAR_FOLDER if tar and not parquet else SourceKind.FOLDER


def _shown(path: Path) -> str:
    return printable(str(path))
