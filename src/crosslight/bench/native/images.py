"""The pictures of a suite: finding them by somebody else's path, reading them, counting quirks."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from crosslight.bench.item import Item, SuiteError
from crosslight.bench.native.encoded import encoded_picture
from crosslight.bench.native.fields import RowFault
from crosslight.bench.native.files import MAX_IMAGE, PART, file_bytes, inside, spelled
from crosslight.bench.native.tables import parquet_picture
from crosslight.photos import IMAGE_SUFFIXES
from crosslight.records import content_hash
from crosslight.store import BadImage, local_path, peek_image


def is_picture(name: str) -> bool:
    """Whether a file beside the pictures is one, by its name: `3.txt` and `3.jpg.part` are none."""
    return name.lower().endswith(IMAGE_SUFFIXES)


def place(folder: Path, name: str, *roots: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(images, missing) of one item for a picture that its row calls `name`.

    Looked for as it is and under each of `roots`, in every system's spelling. An absolute path of
    the authors' machine is cut from the left until what remains is there. Raises `RowFault` for a
    path with `..`, and for one that fits two files.
    """
    if PART in name:
        return (name,), ()
    path = local_path(name)
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if not parts or ".." in parts:
        raise RowFault(f"the image path {name[:80]!r} names no file of the folder")
    foreign = path.startswith(("/", "~")) or parts[0].endswith(":")
    tails = ["/".join(parts[cut:]) for cut in range(1, len(parts))] if foreign else []
    for tail in [*tails] if foreign else ["/".join(parts)]:
        for root in ("", *roots):
            candidate = f"{root}/{tail}" if root else tail
            if found := spelled(folder, candidate):
                return (found,), ()
    wanted = parts[-1] if foreign else "/".join(parts)
    missing = f"{roots[0]}/{wanted}" if roots and "/" not in wanted else wanted
    inside(folder, missing)
    return (missing,), (missing,)


def image_bytes(folder: Path, name: str) -> bytes:
    """The bytes of a picture as an item names it. Raises `SuiteError`."""
    if PART not in name:
        return file_bytes(folder, name, MAX_IMAGE)
    table, _, place_in = name.partition(PART)
    row, _, column = place_in.partition("/")
    if not row.isdigit() or not column:
        raise SuiteError(f"no picture is called {name!r}")
    read = parquet_picture if table.endswith(".parquet") else encoded_picture
    try:
        data = read(inside(folder, table), int(row), column)
    except RowFault as fault:
        raise SuiteError(str(fault), file=table) from fault
    except OSError as error:
        raise SuiteError(error.strerror or "cannot be read", file=table) from error
    if len(data) > MAX_IMAGE:
        raise SuiteError(f"over {MAX_IMAGE} bytes", file=name)
    return data


@dataclass(frozen=True, slots=True)
class Census:
    """What the pictures of a suite are like. `duplicates`: names of byte-identical files."""

    pictures: int
    missing: int
    undecodable: tuple[str, ...]
    turned: int
    """Pictures whose EXIF orientation is not upright."""
    modes: tuple[tuple[str, int], ...]
    """Pillow modes with counts: P is a palette, L grey, RGBA with transparency."""
    duplicates: tuple[tuple[str, ...], ...]


def census(folder: Path, items: Iterable[Item]) -> Census:
    """Open every picture's header and hash its bytes (about 1 ms a picture and its reading)."""
    wanted: dict[str, None] = {}
    missing: set[str] = set()
    for item in items:
        wanted.update(dict.fromkeys(item.images))
        missing.update(item.missing)
    modes: Counter[str] = Counter()
    same: defaultdict[str, list[str]] = defaultdict(list)
    broken: list[str] = []
    turned = 0
    for name in wanted:
        if name in missing:
            continue
        try:
            data = image_bytes(folder, name)
            picture = peek_image(data)
        except (SuiteError, BadImage, OSError, ValueError):
            broken.append(name)
            continue
        modes[picture.mode] += 1
        turned += picture.turned
        same[content_hash(data)].append(name)
    return Census(
        pictures=len(wanted) - len(missing),
        missing=len(missing),
        undecodable=tuple(broken),
        turned=turned,
        modes=tuple(sorted(modes.items())),
        duplicates=tuple(tuple(names) for names in same.values() if len(names) > 1),
    )
