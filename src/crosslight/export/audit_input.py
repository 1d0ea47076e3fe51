"""Rows for the shortcut audit out of any table: parquet, JSON lines, or a folder of parquet."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crosslight.records import CrosslightError
from crosslight.stats import AuditRow
from crosslight.store import (
    MOST_JSON_LINES,
    TableError,
    TableFile,
    UnreadableFile,
    json_lines,
)
from crosslight.text import NotText

MAX_BYTES = 256 << 20
MAX_ROWS = 1_000_000
JSON_LINES = (".jsonl", ".ndjson")
_UNSAFE = frozenset(("unsafe", "1", "1.0", "true", "yes"))
_SAFE = frozenset(("safe", "0", "0.0", "false", "no"))


class AuditError(CrosslightError):
    """The dataset cannot be read as it was asked for."""


@dataclass(frozen=True, slots=True)
class AuditColumns:
    """Where a table holds what. Without `group` equal texts are held out together. `unsafe`: the
    value of the label that counts as unsafe; every other value is then safe."""

    text: str = "text"
    label: str = "label"
    group: str = ""
    act: str = ""
    unsafe: str = ""

    @property
    def wanted(self) -> tuple[str, ...]:
        """All that are read."""
        return tuple(dict.fromkeys(filter(None, (self.text, self.label, self.group, self.act))))


@dataclass(frozen=True, slots=True)
class AuditInput:
    """The rows, and how many were left out, by reason: none of those is safe or unsafe."""

    rows: tuple[AuditRow, ...]
    left_out: dict[str, int] = field(default_factory=dict)


def audit_file(path: Path, columns: AuditColumns) -> AuditInput:
    """Read a table or a folder of tables. Raises `AuditError` and OSError."""
    rows: list[AuditRow] = []
    left_out: Counter[str] = Counter()
    size = 0
    for cells in _cells(path, columns):
        made = "bad_row" if cells is None else _row(cells, columns)
        if isinstance(made, str):
            left_out[made] += 1
            continue
        rows.append(made)
        size += len(made.text)
        if len(rows) > MAX_ROWS or size > MAX_BYTES:
            raise AuditError(
                f"{path.name} holds over {MAX_ROWS:,} rows, or over {MAX_BYTES >> 20} MB of text",
                "give a part of it",
            )
    if not rows:
        why = ", ".join(f"{reason} {n:,}" for reason, n in sorted(left_out.items()))
        raise AuditError(
            f"{path.name} has no row to look at: {why or 'it is empty'}",
            "name the columns: --text-column, --label-column; labels are unsafe or safe, or 1 or "
            "0, or name the unsafe one with --unsafe-label",
        )
    return AuditInput(tuple(rows), dict(sorted(left_out.items())))


def _row(cells: dict[str, Any], columns: AuditColumns) -> AuditRow | str:
    """The row, or why it is left out."""
    text = cells.get(columns.text)
    if not isinstance(text, str) or not text.strip():
        return "no_text"
    label = _label(cells.get(columns.label), columns.unsafe)
    if label is None:
        return "no_label"
    group = _named(cells.get(columns.group)) if columns.group else " ".join(text.lower().split())
    if not group:
        return "no_group"
    return AuditRow(text, label, group, _named(cells.get(columns.act)) if columns.act else "")


def _label(value: Any, unsafe: str) -> int | None:
    told = _named(value)
    if unsafe or not told:
        return int(told == unsafe) if told else None
    told = told.lower()
    return 1 if told in _UNSAFE else 0 if told in _SAFE else None


def _named(value: Any) -> str:
    """A cell that names something; empty for what cannot."""
    return str(value).strip() if isinstance(value, str | int | float) else ""


def _cells(path: Path, columns: AuditColumns) -> Iterator[dict[str, Any] | None]:
    if not path.exists():
        raise AuditError(f"{path} is not there", "name a file or a folder that is")
    if path.is_dir():
        files = sorted(path.glob("*.parquet")) or sorted(path.glob("dataset/*.parquet"))
        if not files:
            raise AuditError(f"{path} holds no parquet file", "name a file, or a folder of them")
        for file in files:
            yield from _parquet(file, columns)
    elif path.suffix == ".parquet":
        yield from _parquet(path, columns)
    elif path.suffix in JSON_LINES:
        yield from _json_lines(path, columns)
    else:
        raise AuditError(
            f"{path.name} is of no kind that is read here",
            f"give .parquet, {', '.join(JSON_LINES)}, a folder of parquet files, or a build's run",
        )


def _parquet(path: Path, columns: AuditColumns) -> Iterator[dict[str, Any]]:
    try:
        with TableFile(path) as file:
            _check(path, columns, file.schema.names)
            yield from file.rows_of(columns.wanted)
    except TableError as error:
        raise AuditError(error.message, error.hint) from error


def _json_lines(path: Path, columns: AuditColumns) -> Iterator[dict[str, Any] | None]:
    """The objects of a file; None for a line that is none."""
    names: dict[str, None] = {}
    lines = 0
    try:
        for line in json_lines(path, most_bytes=MOST_JSON_LINES):
            if isinstance(line.value, dict):
                names.update(dict.fromkeys(line.value))
                lines += 1
                yield line.value
            else:
                yield None
    except (UnreadableFile, NotText) as error:
        raise AuditError(f"{path.name}: {error.message}", error.hint) from error
    if lines:
        _check(path, columns, list(names))


def _check(path: Path, columns: AuditColumns, names: Sequence[str]) -> None:
    missing = [name for name in columns.wanted if name not in names]
    if missing:
        raise AuditError(
            f"{path.name} has no column {', '.join(map(repr, missing))}",
            f"it has: {', '.join(sorted(names)[:30])}; name yours with --text-column, "
            "--label-column, --group-column or --act-column",
        )
