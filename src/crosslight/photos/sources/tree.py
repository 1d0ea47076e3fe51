"""A folder of photos, any depth: every entry is accounted for, in the order of its name."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from crosslight.photos.sources.found import (
    Broken,
    FileBytes,
    Found,
    Refused,
    SourceOptions,
    describe_special,
)
from crosslight.photos.sources.names import printable
from crosslight.store import stays_in


def from_folder(root: Path, options: SourceOptions) -> Iterator[Found]:
    """Every file below `root`, sorted by the bytes of its path.

    Links to folders are not followed (so there are no loops), hidden entries are named and left
    out, a folder that cannot be listed is one failed entry.
    """
    for relative, error in _walk(root, options.exclude):
        if error is None:
            yield _entry(root, relative, options)
        else:
            yield _found(relative or "./", Broken(error), options)


def files_below(root: Path, exclude: Sequence[Path] = ()) -> Iterator[Path]:
    """The regular files below a folder that are not hidden, in the same order.

    Links count like files here; `shard_refusal` says which of them may be opened.
    """
    for relative, error in _walk(root, exclude):
        path = root / relative
        if error is None and not path.name.startswith(".") and path.is_file():
            yield path


def _walk(root: Path, exclude: Sequence[Path]) -> Iterator[tuple[str, OSError | None]]:
    """Entries that are no open folders, and folders (with `/`) that cannot be listed.

    Excluded files, and what lies below excluded folders, are no part of the input.

    A stack in place of recursion: folders may be nested deeper than Python can call.
    """
    skipped = {os.path.realpath(path) for path in exclude}
    own = {os.path.basename(path) for path in skipped}  # noqa: PTH119 - as fast as can be
    waiting = [_listed(root)]
    here: list[str] = []
    while waiting:
        try:
            name = next(waiting[-1], None)
        except OSError as error:
            name = None
            yield "/".join([*here, ""]), error
        if name is None:
            waiting.pop()
            if here:
                here.pop()
            continue
        relative = "/".join([*here, name])
        if name in own and os.path.realpath(root / relative) in skipped:
            continue
        if _is_open_folder(root / relative, name):
            here.append(name)
            waiting.append(_listed(root / relative))
        else:
            yield relative, None


def shard_refusal(path: Path, root: Path, options: SourceOptions) -> Found | None:
    """The entry of a table or shard below `root` that is a link out of it; None where it stays."""
    if options.allow_outside or stays_in(root, path):
        return None
    refusal = Refused("outside", "leaves the input's folder; --allow-outside admits it")
    return _found(path.relative_to(root).as_posix(), Broken(refusal), options)


def from_file(path: Path, options: SourceOptions) -> Iterator[Found]:
    """One photo. Named by a person, its folder may be any; a link out of it is one all the same."""
    reader = FileBytes(path, path.parent, options.max_bytes, options.allow_outside)
    yield _found(path.name, reader, options)


def _listed(folder: Path) -> Iterator[str]:
    # Plain names: a million of them take far less than a million paths or directory entries.
    yield from sorted(os.listdir(folder), key=os.fsencode)  # noqa: PTH208


def _is_open_folder(path: Path, name: str) -> bool:
    if name.startswith("."):
        return False
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def _entry(root: Path, relative: str, options: SourceOptions) -> Found:
    path = root / relative
    name = path.name
    if name.startswith("."):
        return _found(relative, Broken(Refused("hidden", "its name begins with a dot")), options)
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            mode = path.stat().st_mode
    except OSError as error:  # dangling, looping, gone
        return _found(relative, Broken(error), options)
    if stat.S_ISDIR(mode):
        refusal = Refused("link", "a link to a folder is not followed; give that folder itself")
        return _found(relative, Broken(refusal), options)
    if not stat.S_ISREG(mode):
        return _found(relative, Broken(Refused("not_a_file", describe_special(mode))), options)
    reader = FileBytes(path, root, options.max_bytes, options.allow_outside)
    return _found(relative, reader, options)


def _found(relative: str, reader: FileBytes | Broken, options: SourceOptions) -> Found:
    return Found(printable(relative), reader, licence=options.licence, origin=options.origin)
