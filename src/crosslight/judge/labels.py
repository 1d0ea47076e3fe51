"""Labels of people: which images break which rule."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosslight.records import CrosslightError
from crosslight.store import UnreadableFile, read_named

MAX_LABEL_BYTES = 256 << 20

OVERALL = "*"
MAX_ROWS = 1_000_000
NAMES = ("image", "photo", "source")
_UNSAFE = frozenset(("unsafe", "1", "true", "yes", "violated"))
_SAFE = frozenset(("safe", "0", "false", "no", "clear"))

FORM = "columns image, label and optionally rule; label is unsafe or safe; image is a source"
CONTRADICTS = "keep one of the two rows"


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
    for at, row in enumerate(_rows(path), start=1):
        if at > MAX_ROWS:
            raise LabelError(f"{path.name} has more than {MAX_ROWS:,} rows")
        if not isinstance(row, Mapping):
            raise LabelError(f"{path.name}, row {at}: no object")
        if at == 1 and not ("label" in row and set(NAMES) & set(row)):
            raise LabelError(
                f"{path.name} has the columns {', '.join(map(str, row))[:200]}; "
                "image and label are needed"
            )
        names = {str(row.get(c) or "").strip() for c in NAMES} - {""}
        rule = str(row.get("rule") or OVERALL).strip()
        label = "" if row.get("label") is None else str(row["label"]).strip().lower()
        if not label:  # a line of the labelling queue that nobody has filled in yet
            continue
        if not names or label not in _UNSAFE | _SAFE:
            raise LabelError(f"{path.name}, row {at}: no image, or {label[:40]!r} is no label")
        images.add(tuple(sorted(names)))
        for name in names:
            if values.setdefault((name, rule), label in _UNSAFE) != (label in _UNSAFE):
                what = f"{name[:80]} is unsafe and safe" + (f" for {rule}" * (rule != OVERALL))
                raise LabelError(f"{path.name}, row {at}: {what}", CONTRADICTS)
    if not values:
        raise LabelError(f"{path.name} holds no label")
    return Labels({**_whole(values), **values}, frozenset(images))


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


def _rows(path: Path) -> Iterable[Mapping[str, Any]]:
    try:
        data = read_named(path, MAX_LABEL_BYTES)
        if path.suffix == ".parquet":
            import pyarrow as pa
            import pyarrow.parquet as pq

            return list(pq.read_table(pa.BufferReader(data)).to_pylist())
        text = data.decode("utf-8-sig")
        if path.suffix == ".json" and text.lstrip().startswith("["):
            return list(json.loads(text))
        if path.suffix in (".jsonl", ".json"):
            return [json.loads(line) for line in text.split("\n") if line.strip()]
        # Not by lines: a quoted field may hold one.
        return list(csv.DictReader(io.StringIO(text, newline="")))
    except UnreadableFile as error:
        raise LabelError(error.message, error.hint) from error
    except (OSError, ValueError, csv.Error) as error:
        raise LabelError(f"{path}: {str(error)[:200]}") from error
