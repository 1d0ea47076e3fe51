"""Rows of a benchmark, by the loader that `bench` reads it with."""

from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path

from crosslight.bench import (
    Item,
    Side,
    Suite,
    SuiteError,
    category_of,
    find_suite,
    image_bytes,
    load_suite,
)
from crosslight.records import content_hash
from crosslight.store import BadImage, peek_image
from crosslight.tune.judge.rows import (
    MOST_ROWS,
    DataError,
    ImageSource,
    JudgeData,
    JudgeRow,
    counted,
    joined_groups,
)

UNKNOWN_LICENCE = ("not stated", "none stated")
RESEARCH = ("research", "gated", "nc")


def rows_of_suite(name: str, folder: Path) -> JudgeData:
    """The items on the safe and the unsafe side. Raises `SuiteError`, `DataError`."""
    suite = find_suite(name)
    if not folder.is_dir():
        raise DataError(f"there is no folder {folder}", f"{name}=FOLDER, with {suite.files[0]}")
    loaded = load_suite(suite, folder)
    if len(loaded.items) > MOST_ROWS:
        raise DataError(f"{name} has more than {MOST_ROWS:,} items", "take a part of its files")
    picture = lru_cache(maxsize=None)(partial(_picture, folder))
    gone = ["unreadable row"] * len(loaded.bad)
    kept: list[tuple[Item, str]] = []
    for item in loaded.items:
        reason, sha = _looked(item, picture)
        if reason:
            gone.append(reason)
        else:
            kept.append((item, sha))
    groups = joined_groups([_keys(item, sha) for item, sha in kept])
    rows = [
        _row(suite, folder, item, sha, group)
        for (item, sha), group in zip(kept, groups, strict=True)
    ]
    return JudgeData(
        suite.name,
        tuple(rows),
        counted(gone),
        suite.licence,
        not suite.no_training,
        suite.no_training,
        tuple(_notes(suite, rows)),
        loaded.files,
    )


def _looked(item: Item, picture: Callable[[str], str]) -> tuple[str, str]:
    """Why an item is no row, or the hash of its picture."""
    if item.side is Side.ABILITY:
        return "neither safe nor unsafe", ""
    if item.redacted:
        return "redacted", ""
    if len(item.images) > 1:
        return "several pictures", ""
    if not _text(item).strip() and not item.images:
        return "empty", ""
    if not item.images or item.missing:
        return "", ""
    sha = picture(item.images[0])
    return ("", sha) if sha else ("picture that cannot be read", "")


def _picture(folder: Path, name: str) -> str:
    """The sha256 of a picture, empty for one that cannot be read."""
    try:
        data = image_bytes(folder, name)
        peek_image(data)
    except (SuiteError, BadImage, OSError, ValueError):
        return ""
    return content_hash(data)


def _text(item: Item) -> str:
    """What a person wrote, with the options; not the authors' wrapping, which tells the set."""
    turns = [turn.text for turn in item.turns if turn.role == "user"]
    options = [f"({letter}) {text}" for letter, text in item.options]
    return "\n".join(text for text in (*turns, item.text, *options) if text)


def _keys(item: Item, sha: str) -> list[str]:
    named = [f"picture {name}" for name in item.images]
    keys = [f"pair {item.pair}"] * bool(item.pair) + named + [f"sha {sha}"] * bool(sha)
    return keys or [f"item {item.id}"]


def _row(suite: Suite, folder: Path, item: Item, sha: str, group: str) -> JudgeRow:
    image = None
    if sha:
        name = item.images[0]
        image = ImageSource(f"{suite.name}: {name}", partial(image_bytes, folder, name))
    return JudgeRow(
        id=item.id,
        text=_text(item),
        answer="",
        image=image,
        unsafe=int(item.side is Side.UNSAFE),
        category=category_of(item),
        group=f"{suite.name}/{group}",
        picture=sha,
        source=suite.name,
        lacks_picture=bool(item.missing),
    )


def _notes(suite: Suite, rows: list[JudgeRow]) -> list[str]:
    notes = []
    lacking = sum(row.lacks_picture for row in rows)
    if lacking:
        notes.append(
            f"{suite.name}: {lacking:,} of {len(rows):,} pictures are not here; labels that hang "
            "on the picture cannot be learnt or tested"
        )
    licence = suite.licence.lower()
    if any(word in licence for word in UNKNOWN_LICENCE):
        notes.append(
            f"{suite.name}: no licence is stated ({suite.licence}); whether a model may be tuned "
            "on it is for you to find out"
        )
    elif any(word in licence.replace("-", " ").replace(",", " ").split() for word in RESEARCH):
        notes.append(f"{suite.name}: its licence sets terms for what you tune: {suite.licence}")
    return notes
