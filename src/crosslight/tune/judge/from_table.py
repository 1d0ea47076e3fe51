"""Rows of a table of your own: text, label, and where there are image, answer, category, group."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from crosslight.bench import SuiteError, image_bytes
from crosslight.records import SENSITIVE, content_hash, is_sensitive
from crosslight.store import (
    MOST_JSON_LINES,
    BadImage,
    TableError,
    TableFile,
    UnreadableFile,
    file_sha256,
    json_lines,
    peek_image,
    read_named,
)
from crosslight.text import (
    NotText,
    Wrong,
    decode,
    near_field,
    table_start,
    told,
)
from crosslight.tune.judge.rows import (
    MOST_ROWS,
    DataError,
    ImageSource,
    JudgeData,
    JudgeRow,
    counted,
    joined_groups,
)

TEXTS = ("text", "label", "image", "answer", "category", "group", "id", "licence")
COLUMNS = (*TEXTS, SENSITIVE, "kind")
LABELS = {"unsafe": 1, "1": 1, "true": 1, "safe": 0, "0": 0, "false": 0}
FORM = (
    "columns text, label (unsafe or safe) and, where there are, image (a file beside the table), "
    "answer, category, group"
)
SUFFIXES = (".jsonl", ".ndjson", ".csv", ".tsv", ".parquet")
_WRONG_SHOWN = 50


@dataclass(frozen=True, slots=True)
class _Kept:
    """A labelled row; `picture` is the hash of its picture."""

    at: int
    cells: dict[str, str]
    picture: str
    lacks_picture: bool
    sensitive: bool


def rows_of_table(path: Path) -> JudgeData:
    """The rows of a table; those without a label are left out. Raises `DataError`."""
    if path.suffix.lower() not in SUFFIXES:
        raise DataError(f"{path.name} is no table that is read", f"one of {', '.join(SUFFIXES)}")
    gone: list[str] = []
    wrong: list[Wrong] = []
    licences: set[str] = set()
    kept: list[_Kept] = []
    for at, row in enumerate(_read(path), start=1):
        if at > MOST_ROWS:
            raise DataError(f"{path.name} has more than {MOST_ROWS:,} rows", "split it")
        if at == 1:
            _check_columns(path, row)
        cells, fault = _cells_of(row)
        if fault:
            wrong.append(Wrong(0, f"row {at}: {fault}"))
            if len(wrong) >= _WRONG_SHOWN:
                break
        elif not cells["label"]:
            gone.append("no label")
        elif not cells["text"].strip() and not cells["image"]:
            gone.append("empty")
        else:
            sha, lacks = _picture(path, at, cells["image"])
            kept.append(_Kept(at, cells, sha, lacks, is_sensitive(row)))
            licences |= {cells["licence"]} - {""}
    if wrong:
        raise DataError(told(path.name, wrong), FORM)
    return JudgeData(
        path.stem,
        _rows(path, kept),
        counted(gone),
        "; ".join(sorted(licences))[:300] or "unknown",
        notes=_notes(path, kept, bool(licences)),
        files=((path.name, file_sha256(path)),),
    )


def _rows(path: Path, kept: Sequence[_Kept]) -> tuple[JudgeRow, ...]:
    keys = []
    for one in kept:
        at, cells, sha = one.at, one.cells, one.picture
        own = [f"group {cells['group']}"] * bool(cells["group"])
        own += [f"picture {cells['image']}"] * bool(cells["image"]) + [f"sha {sha}"] * bool(sha)
        keys.append(own or [f"row {at}"])
    return tuple(
        JudgeRow(
            id=one.cells["id"] or str(one.at),
            text=one.cells["text"],
            answer=one.cells["answer"],
            image=_source(path, one.cells["image"]) if one.picture else None,
            unsafe=LABELS[one.cells["label"].lower()],
            category=one.cells["category"],
            group=f"{path.stem}/{group}",
            picture=one.picture,
            source=path.stem,
            lacks_picture=one.lacks_picture,
            sensitive=one.sensitive,
        )
        for one, group in zip(kept, joined_groups(keys), strict=True)
    )


def _notes(path: Path, kept: Sequence[_Kept], licensed: bool) -> tuple[str, ...]:
    notes = []
    lacking = sum(one.lacks_picture for one in kept)
    if lacking:
        notes.append(f"{path.name}: {lacking:,} of {len(kept):,} pictures cannot be read")
    if not licensed:
        notes.append(
            f"{path.name}: names no licence; whether a model may be tuned on it is for you to know"
        )
    return tuple(notes)


def _check_columns(path: Path, row: Mapping[str, Any]) -> None:
    if "label" in row and ("text" in row or "image" in row):
        return
    near = {name: near_field(str(name), COLUMNS) for name in row}
    meant = [f"{name!r} may mean {to!r}" for name, to in near.items() if to and to != name]
    raise DataError(
        f"{path.name} has the columns {', '.join(map(str, row))[:200]}; text and label are needed"
        + (f" ({'; '.join(meant)[:200]})" if meant else ""),
        FORM,
    )


def _cells_of(row: Any) -> tuple[dict[str, str], str]:
    """The cells as text, and what is wrong with them."""
    if not isinstance(row, Mapping):
        return {}, "is no object"
    cells: dict[str, str] = {}
    for name in TEXTS:
        value = row.get(name)
        if isinstance(value, bool):
            value = str(value).lower()
        elif isinstance(value, float) and value.is_integer() and name == "label":
            value = int(value)
        if value is not None and not isinstance(value, str | int | float):
            return {}, f"{name} is no text"
        cells[name] = "" if value is None else str(value)
    label = cells["label"] = cells["label"].strip()
    if label and label.lower() not in LABELS:
        return {}, f"{label[:40]!r} is no label"
    return cells, ""


def _source(path: Path, name: str) -> ImageSource:
    return ImageSource(f"{path.name}: {name[:80]}", partial(image_bytes, path.parent, name))


def _picture(path: Path, at: int, name: str) -> tuple[str, bool]:
    """The sha256 of a picture, and whether there is one that cannot be had.

    A path that leaves the table's folder is an error: it is never opened.
    """
    if not name:
        return "", False
    try:
        data = image_bytes(path.parent, name)
        peek_image(data)
    except SuiteError as error:
        if ".." in Path(name).parts or Path(name).is_absolute():
            raise DataError(
                f"{path.name}, row {at}: {error.message}", "put the pictures beside the table"
            ) from error
        return "", True
    except (BadImage, OSError, ValueError):
        return "", True
    return content_hash(data), False


def _read(path: Path) -> Iterator[Any]:
    try:
        if path.suffix.lower() == ".parquet":
            yield from _parquet(path)
            return
        if path.suffix.lower() in (".csv", ".tsv"):
            text = decode(read_named(path, MOST_JSON_LINES))
            yield from _csv(text, "\t" if path.suffix.lower() == ".tsv" else ",")
        else:
            yield from _lines(path)
    except UnreadableFile as error:
        raise DataError(error.message, error.hint) from error
    except NotText as error:
        raise DataError(f"{path.name}, {error.message}", error.hint) from error
    except (OSError, csv.Error, TableError) as error:
        raise DataError(f"{path.name}: {str(error)[:200]}", FORM) from error


def _parquet(path: Path) -> Iterator[dict[str, Any]]:
    """Rows without pictures: one that stands in the table is named by its place in it."""
    with TableFile(path) as file:
        kinds = {field.name: str(field.type) for field in file.schema}
        packed = "binary" in kinds.get("image", "")
        names = [n for n in COLUMNS if n in kinds and not (n == "image" and packed)]
        for at, row in enumerate(file.rows_of(names or list(kinds)[:20])):
            yield row | ({"image": f"{path.name}::{at}/image"} if packed else {})


def _lines(path: Path) -> Iterator[Any]:
    for line in json_lines(path, most_bytes=MOST_JSON_LINES):
        if line.cause:
            raise DataError(f"{path.name}, line {line.number}: no JSON: {line.cause}")
        yield line.value


def _csv(text: str, own: str) -> Iterator[dict[str, Any]]:
    lines = io.StringIO(text, newline="")
    start = table_start(lines, set(COLUMNS).__contains__, own)
    reader = csv.reader(chain((start.header,), lines), delimiter=start.separator)
    header = [name.strip() for name in next(reader, [])]
    for cells in reader:
        if cells:
            yield dict(zip(header, cells, strict=False))
