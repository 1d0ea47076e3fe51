"""Labels of people: which images break which rule."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from crosslight.records import CrosslightError
from crosslight.store import (
    JsonLine,
    TableError,
    TableFile,
    UnreadableFile,
    json_lines,
    read_named,
    same_name,
)
from crosslight.text import (
    BadJson,
    NotText,
    Wrong,
    decode,
    looks_like,
    parse_json,
    table_start,
    told,
)

MAX_LABEL_BYTES = 256 << 20

OVERALL = "*"
MAX_ROWS = 1_000_000
NAMES = ("image", "photo", "source")
_UNSAFE = frozenset(("unsafe", "1", "true", "yes", "violated"))
_SAFE = frozenset(("safe", "0", "false", "no", "clear"))

FORM = "columns image, label and optionally rule; label is unsafe or safe; image is a source"
CONTRADICTS = "keep one of the two rows"
_MORE = ""
"""Under this name stand the cells of a row that no column of the header names."""


class LabelError(CrosslightError):
    """The label file cannot be read. `hint` shows its form."""

    def __init__(self, message: str, hint: str = FORM) -> None:
        super().__init__(message, hint)


@dataclass(frozen=True, slots=True)
class Labels:
    """(image, rule) -> unsafe. `image` is a source name or a sha256; rule `*` is the image."""

    values: Mapping[tuple[str, str], bool]
    rows: frozenset[tuple[str, ...]] = frozenset()
    """The names of each labelled image."""

    def of(self, photo: str, source: str, rule: str = OVERALL) -> bool | None:
        """The label of an image, or None where nobody gave one."""
        for name in (photo, source):
            found = self.values.get((name, rule))
            if found is not None:
                return found
        return None

    def fitted(self, images: Iterable[tuple[str, str]]) -> "Labels":
        """The same labels under the names of a run with these (photo, source): a name that the run
        has not is that of the one image whose name is the same but for the system that wrote it.

        Raises `LabelError` where it could be that of two images, or where two names of one image
        contradict each other.
        """
        known = {name for pair in images for name in pair if name}
        labelled = {name for names in self.rows for name in names}
        if not labelled - known:
            return self
        alike: dict[str, set[str]] = {}
        for name in known - labelled:
            alike.setdefault(same_name(name), set()).add(name)
        renamed: dict[str, str] = {}
        for name in labelled - known:
            match sorted(alike.get(same_name(name), ())):
                case [only]:
                    renamed[name] = only
                case [one, other, *_]:
                    raise LabelError(
                        f"{name[:80]!r} could be {one[:80]!r} or {other[:80]!r} of the run",
                        "write the name as the run does, or the image's sha256",
                    )
        values = dict[tuple[str, str], bool]()
        for (name, rule), unsafe in self.values.items():
            ours = renamed.get(name, name)
            if values.setdefault((ours, rule), unsafe) != unsafe:
                raise LabelError(f"{ours[:80]} is unsafe and safe, under two names", CONTRADICTS)
        rows = {tuple(sorted(renamed.get(n, n) for n in names)) for names in self.rows}
        return Labels(values, frozenset(rows))

    def strangers(
        self, images: Iterable[tuple[str, str]], rules: Iterable[str]
    ) -> tuple[list[str], list[str]]:
        """Labelled images and rules that a run with these (photo, source) and rules has not.

        A row may name an image twice, by hash and by source: one known name is enough."""
        known = {name for pair in images for name in pair}
        gone = sorted({row[0] for row in self.rows if not known & set(row)})
        named = {rule for _, rule in self.values} - {OVERALL, *rules}
        return gone, sorted(named)


def read_labels(path: Path) -> Labels:
    """CSV, JSON lines or parquet. Raises `LabelError`.

    Where only rules are labelled, an image with a violated rule is unsafe, and one that was
    labelled safe for every rule of the file is safe. Rows with an empty label are left out.
    Two labels that contradict each other are an error: neither can be trusted.
    """
    values: dict[tuple[str, str], bool] = {}
    images: set[tuple[str, ...]] = set()
    wrong: list[Wrong] = []
    hint = CONTRADICTS
    for at, row in enumerate(_rows(path), start=1):
        if at > MAX_ROWS:
            raise LabelError(f"{path.name} has more than {MAX_ROWS:,} rows")
        if at == 1 and isinstance(row, Mapping):
            _check_columns(path, row)
        try:
            named, rule, unsafe = _label(row)
        except LabelError as error:
            wrong.append(Wrong(0, f"row {at}: {error.message}"))
            hint = FORM
            continue
        if unsafe is None:
            continue
        images.add(tuple(sorted(named)))
        for name in named:
            if values.setdefault((name, rule), unsafe) != unsafe:
                what = f"{name[:80]} is unsafe and safe" + (f" for {rule}" * (rule != OVERALL))
                wrong.append(Wrong(0, f"row {at}: {what}"))
    if wrong:
        raise LabelError(told(path.name, wrong), hint)
    if not values:
        raise LabelError(f"{path.name} holds no label")
    return Labels({**_whole(values), **values}, frozenset(images))


def _check_columns(path: Path, row: Mapping[str, Any]) -> None:
    if "label" in row and set(NAMES) & set(row):
        return
    columns = [str(name) for name in row if name != _MORE]
    odd = [f"in {c[:40]!r} {alike}" for c in columns for char in c if (alike := looks_like(char))]
    raise LabelError(
        f"{path.name} has the columns {', '.join(columns)[:200]}; image and label are needed"
        + "".join(f"; {one}" for one in odd[:1])
    )


def _label(row: Any) -> tuple[set[str], str, bool | None]:
    """(names of the image, rule, unsafe); None where nobody has filled it in yet."""
    if not isinstance(row, Mapping):
        raise LabelError("no object")
    names = {str(row.get(c) or "").strip() for c in NAMES} - {""}
    rule = str(row.get("rule") or OVERALL).strip()
    label = "" if row.get("label") is None else str(row["label"]).strip().lower()
    if any(cell.strip() for cell in row.get(_MORE, ())):
        raise LabelError("more cells than the header has: a cell with the separator needs quotes")
    if label and (not names or label not in _UNSAFE | _SAFE):
        raise LabelError(f"no image, or {label[:40]!r} is no label")
    return names, rule, label in _UNSAFE if label else None


def _whole(values: Mapping[tuple[str, str], bool]) -> dict[tuple[str, str], bool]:
    """Labels of whole images out of those of rules, as far as they follow."""
    by_image: dict[str, dict[str, bool]] = {}
    for (image, rule), unsafe in values.items():
        if rule != OVERALL:
            by_image.setdefault(image, {})[rule] = unsafe
    every = {rule for rules in by_image.values() for rule in rules}
    whole = {}
    for image, rules in by_image.items():
        if any(rules.values()):
            whole[image, OVERALL] = True
        elif rules.keys() == every:
            whole[image, OVERALL] = False
    return whole


def _rows(path: Path) -> Iterable[Any]:
    try:
        data = read_named(path, MAX_LABEL_BYTES)
        if path.suffix == ".parquet":
            with TableFile(path) as file:
                return list(file.rows_of(_known(file.schema.names)))
        text = decode(data)
        if path.suffix == ".json" and text.lstrip().startswith("["):
            return list(parse_json(text))
        if path.suffix in (".jsonl", ".ndjson", ".json"):
            return [_value(line) for line in json_lines(path, most_bytes=MAX_LABEL_BYTES)]
        return list(_cells(text, "\t" if path.suffix == ".tsv" else ","))
    except UnreadableFile as error:
        raise LabelError(error.message, error.hint) from error
    except NotText as error:
        raise LabelError(f"{path.name}, {error.message}", error.hint) from error
    except BadJson as error:
        place = f", line {error.line}" if error.line else ""
        raise LabelError(f"{path.name}{place}: no JSON: {error.cause}") from error
    except (OSError, ValueError, RecursionError, csv.Error, TableError) as error:
        raise LabelError(f"{path}: {str(error)[:200]}") from error


def _value(line: JsonLine) -> Any:
    if line.cause:
        raise BadJson(line.cause, line.number)
    return line.value


def _cells(text: str, own: str) -> Iterator[dict[str, Any]]:
    """The rows of a table with a header; not by lines: a quoted field may hold one."""
    lines = io.StringIO(text, newline="")
    start = table_start(lines, {*NAMES, "label", "rule"}.__contains__, own)
    reader = csv.reader(chain((start.header,), lines), delimiter=start.separator)
    header = [name.strip() for name in next(reader, [])]
    if len(set(header) - {""}) != sum(map(bool, header)):
        raise ValueError("two columns have one name")
    for cells in reader:
        if cells:
            row = {name: cell for name, cell in zip(header, cells, strict=False) if name}
            yield row | {_MORE: cells[len(header) :]}


def _known(names: Sequence[str]) -> Sequence[str]:
    """The columns that are read of a table; all of one that has none of them, to be told."""
    return [n for n in dict.fromkeys(names) if n in (*NAMES, "label", "rule")] or names
