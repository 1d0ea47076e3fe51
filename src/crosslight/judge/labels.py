"""Labels of people: which images break which rule, and how these images were drawn."""

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
DRAWN = ("drawn", "queue", "place", "of")
"""Columns that `label_queue` writes: a label counts by how its image was drawn."""
_READ = (*NAMES, "label", "rule", "broken", *DRAWN)
RANDOM, DOUBTFUL = "random", "doubtful"
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
class Drawn:
    """How an image came to be labelled: by chance, or as the image of that `place` in the order of
    doubt of a queue over `of` images."""

    how: str
    queue: str
    place: int
    of: int


@dataclass(frozen=True, slots=True)
class Labels:
    """(image, rule) -> unsafe. `image` is a source name or a sha256; rule `*` is the image."""

    values: Mapping[tuple[str, str], bool]
    rows: frozenset[tuple[str, ...]] = frozenset()
    """The names of each labelled image."""
    drawn: Mapping[str, tuple[Drawn, ...]] = field(default_factory=dict)
    """How an image was drawn, by each of its names; those of no queue are not there."""
    named: frozenset[str] = frozenset()
    """Images of which somebody named all rules that they break: they keep the others."""
    partly: frozenset[str] = frozenset()
    """Images that are unsafe by one rule while others of the file were not looked at."""
    skipped: int = 0
    """Rows of queues that are empty although rows below them are filled in."""

    def of(self, photo: str, source: str, rule: str = OVERALL) -> bool | None:
        """The label of an image, or None where nobody gave one."""
        for name in (photo, source):
            found = self.values.get((name, rule))
            if found is not None:
                return found
        return False if rule != OVERALL and {photo, source} & self.named else None

    def how(self, photo: str, source: str) -> tuple[Drawn, ...]:
        """How an image was drawn for labelling; empty where no queue proposed it."""
        return self.drawn.get(photo) or self.drawn.get(source) or ()

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
        named, partly = (
            frozenset(renamed.get(n, n) for n in names) for names in (self.named, self.partly)
        )
        drawn = {renamed.get(name, name): how for name, how in self.drawn.items()}
        return Labels(values, frozenset(rows), drawn, named, partly, self.skipped)

    def under(self, rules: Collection[str]) -> "Labels":
        """Under a policy of these rules: an image that is said to break another one (a slip of the
        pen?) does not tell that it keeps the rest."""
        known = {OVERALL, *rules}
        odd = {name for (name, rule), unsafe in self.values.items() if unsafe and rule not in known}
        return replace(self, named=self.named - odd)

    def strangers(
        self, images: Iterable[tuple[str, str]], rules: Iterable[str]
    ) -> tuple[list[str], list[str]]:
        """Labelled images and rules that a run with these (photo, source) and rules has not.

        A row may name an image twice, by hash and by source: one known name is enough."""
        known = {name for pair in images for name in pair}
        gone = sorted({row[0] for row in self.rows if not known & set(row)})
        named = {rule for _, rule in self.values} - {OVERALL, *rules}
        return gone, sorted(named)


def read_labels(*paths: Path) -> Labels:
    """CSV, JSON lines or parquet, one file or several. Raises `LabelError`.

    Where only rules are labelled, an image with a violated rule is unsafe, and one that was
    labelled safe for every rule of the files is safe. Rows with an empty label are left out.
    Two labels that contradict each other are an error: neither can be trusted.
    """
    found = _Found()
    skipped = sum(_read_file(path, found) for path in paths)
    if not found.values:
        raise LabelError(f"{', '.join(path.name for path in paths)[:200]} holds no label")
    for (name, rule), unsafe in found.values.items():
        if unsafe and found.values.get((name, OVERALL)) is False:
            raise LabelError(f"{name[:80]} is safe, and breaks {rule[:80]}", CONTRADICTS)
    whole, partly = _whole(found.values)
    return Labels(
        {**whole, **found.values},
        frozenset(found.images),
        {name: tuple(how) for name, how in found.drawn.items()},
        frozenset(found.named),
        frozenset(partly),
        skipped,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """What was read so far."""

    values: dict[tuple[str, str], bool] = field(default_factory=dict)
    images: set[tuple[str, ...]] = field(default_factory=set)
    drawn: dict[str, list[Drawn]] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)

    def add(self, row: "_Row") -> Iterator[str]:
        """Take in a row; yields what it contradicts."""
        self.images.add(tuple(sorted(row.names)))
        for name in row.names:
            for rule, unsafe in row.labels.items():
                if self.values.setdefault((name, rule), unsafe) != unsafe:
                    yield f"{name[:80]} is unsafe and safe" + f" for {rule}" * (rule != OVERALL)
            if row.complete:
                self.named.add(name)
            if row.drawn and row.drawn not in self.drawn.setdefault(name, []):
                self.drawn[name].append(row.drawn)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row with a label. `complete`: the rules that the image breaks are all named."""

    names: set[str]
    labels: dict[str, bool]
    complete: bool
    drawn: Drawn | None


def _read_file(path: Path, found: _Found) -> int:
    """Take in a file; returns how many of its drawn rows were passed over."""
    wrong: list[Wrong] = []
    hint = CONTRADICTS
    blank = skipped = 0
    for at, row in enumerate(_rows(path), start=1):
        if at > MAX_ROWS:
            raise LabelError(f"{path.name} has more than {MAX_ROWS:,} rows")
        if at == 1 and isinstance(row, Mapping):
            _check_columns(path, row)
        try:
            told_row = _label(row)
        except LabelError as error:
            wrong.append(Wrong(0, f"row {at}: {error.message}"))
            hint = FORM
            continue
        if told_row is not None:
            wrong += [Wrong(0, f"row {at}: {what}") for what in found.add(told_row)]
            skipped, blank = skipped + blank, 0
        elif isinstance(row, Mapping):
            blank += bool(_cell(row, "drawn"))
    if wrong:
        raise LabelError(told(path.name, wrong), hint)
    return skipped


def _check_columns(path: Path, row: Mapping[str, Any]) -> None:
    if "label" in row and set(NAMES) & set(row):
        return
    columns = [str(name) for name in row if name != _MORE]
    odd = [f"in {c[:40]!r} {alike}" for c in columns for char in c if (alike := looks_like(char))]
    raise LabelError(
        f"{path.name} has the columns {', '.join(columns)[:200]}; image and label are needed"
        + "".join(f"; {one}" for one in odd[:1])
    )


def _label(row: Any) -> _Row | None:
    """What a row says; None where nobody has filled it in yet."""
    if not isinstance(row, Mapping):
        raise LabelError("no object")
    names = {_cell(row, c) for c in NAMES} - {""}
    rule = _cell(row, "rule") or OVERALL
    label = "" if row.get("label") is None else str(row["label"]).strip().lower()
    broken = [one for one in re.split(r"[\s,;]+", _cell(row, "broken")) if one]
    if any(cell.strip() for cell in row.get(_MORE, ())):
        raise LabelError("more cells than the header has: a cell with the separator needs quotes")
    if not label and broken:
        label = "unsafe"
    if not label:
        return None
    if not names or label not in _UNSAFE | _SAFE:
        raise LabelError(f"no image, or {label[:40]!r} is no label")
    unsafe = label in _UNSAFE
    if broken and not (unsafe and rule == OVERALL):
        raise LabelError(f"a row that is {label} or of one rule breaks {', '.join(broken)[:80]}")
    complete = "broken" in row and rule == OVERALL and (bool(broken) or not unsafe)
    return _Row(names, {rule: unsafe, **dict.fromkeys(broken, True)}, complete, _drawn(row))


def _cell(row: Mapping[str, Any], column: str) -> str:
    return str(row.get(column) or "").strip()


def _drawn(row: Mapping[str, Any]) -> Drawn | None:
    how, queue, place, of = (_cell(row, column) for column in DRAWN)
    if not how:
        return None
    counts = [
        int(one) if one.isascii() and one.isdigit() and len(one) < 10 else 0 for one in (place, of)
    ]
    if how not in (RANDOM, DOUBTFUL) or not 0 < counts[0] <= counts[1]:
        raise LabelError(
            f"drawn is {RANDOM} or {DOUBTFUL} with its place of all, not "
            f"{how[:20]!r}, {place[:20]!r} of {of[:20]!r}"
        )
    return Drawn(how, queue[:40], *counts)


def _whole(
    values: Mapping[tuple[str, str], bool],
) -> tuple[dict[tuple[str, str], bool], set[str]]:
    """Labels of whole images out of those of rules, as far as they follow; and the images whose
    label follows from some of the rules only."""
    by_image: dict[str, dict[str, bool]] = {}
    for (image, rule), unsafe in values.items():
        if rule != OVERALL:
            by_image.setdefault(image, {})[rule] = unsafe
    every = {rule for rules in by_image.values() for rule in rules}
    whole, partly = {}, set()
    for image, rules in by_image.items():
        if any(rules.values()):
            whole[image, OVERALL] = True
            if rules.keys() != every and (image, OVERALL) not in values:
                partly.add(image)
        elif rules.keys() == every:
            whole[image, OVERALL] = False
    return whole, partly


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
    start = table_start(lines, set(_READ).__contains__, own)
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
    return [n for n in dict.fromkeys(names) if n in _READ] or names
