"""Grades of people: one from 0 to 10 an image, or several of several people."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from crosslight.judge.labels import LabelError
from crosslight.judge.scales import WORST
from crosslight.store import UnreadableFile, read_named, write_text
from crosslight.text import NotText, Wrong, csv_text, decode, table_start, told

MAX_BYTES = 64 << 20
FORM = "a CSV with the columns image (source or sha256), grade (0 to 10) and optionally rater"
COLUMNS = ("image", "photo", "grade")
READ = frozenset((*COLUMNS, "rater"))
DECIMAL_COMMA = re.compile(r"(\d+),(\d+)")
"""As spreadsheets write it where cells are separated by semicolons."""


@dataclass(frozen=True, slots=True)
class GradeLabels:
    """image -> the grades that people gave it, one a rater."""

    values: Mapping[str, tuple[float, ...]]
    raters: int

    def of(self, photo: str, source: str) -> float | None:
        """The mean of the people's grades; None where nobody gave one."""
        for name in (photo, source):
            if name and name in self.values:
                return float(np.mean(self.values[name]))
        return None


def read_grades(path: Path) -> GradeLabels:
    """Rows with an empty grade are left out. Raises `LabelError` with every wrong row."""
    by_rater: dict[tuple[str, str], float] = {}
    wrong: list[Wrong] = []
    first, rows = _rows(path)
    for at, row in enumerate(rows, start=first):
        try:
            found = _grade(row)
            if found is None:
                continue
            image, rater, grade = found
            if by_rater.setdefault((image, rater), grade) != grade:
                raise ValueError(f"{image[:80]} has two grades of one rater")
        except ValueError as error:
            wrong.append(Wrong(at, str(error)))
    if wrong:
        raise LabelError(told(path.name, wrong), FORM)
    if not by_rater:
        raise LabelError(f"{path.name} holds no grade", FORM)
    values: dict[str, list[float]] = {}
    for (image, _), grade in by_rater.items():
        values.setdefault(image, []).append(grade)
    raters = {rater for _, rater in by_rater}
    return GradeLabels({image: tuple(found) for image, found in values.items()}, len(raters))


def write_grade_queue(
    path: Path, images: Iterable[tuple[str, str]], known: GradeLabels, size: int, seed: int
) -> int:
    """A CSV of images without a grade, drawn by chance, so that they stand for all; how many.

    (Doubtful ones first would show the grader worse than it is.)
    """
    open_ = sorted(pair for pair in images if known.of(*pair) is None)
    order = np.random.default_rng(seed).permutation(len(open_))[:size]
    rows = [
        {"image": open_[at][1] or open_[at][0], "photo": open_[at][0], "grade": ""} for at in order
    ]
    write_text(path, csv_text(COLUMNS, rows, line_end="\r\n"))
    return len(rows)


def _grade(row: Mapping[str, str]) -> tuple[str, str, float] | None:
    said = (row.get("grade") or "").strip()
    if not said:
        return None
    image = (row.get("photo") or row.get("image") or "").strip()
    if not image:
        raise ValueError("no image")
    try:
        grade = float(DECIMAL_COMMA.sub(r"\1.\2", said))
    except ValueError:
        raise ValueError(f"{said[:40]!r} is no grade") from None
    if not 0 <= grade <= WORST:
        raise ValueError(f"{said[:40]} is no grade from 0 to {WORST}")
    return image, (row.get("rater") or "").strip(), grade


def _rows(path: Path) -> tuple[int, Sequence[Mapping[str, str]]]:
    """The line of the first row, and the rows."""
    try:
        text = decode(read_named(path, MAX_BYTES))
        lines = io.StringIO(text, newline="")
        start = table_start(lines, READ.__contains__)
        reader = csv.DictReader(chain((start.header,), lines), delimiter=start.separator)
        names = [name.strip() for name in reader.fieldnames or ()]
        names = [low if (low := name.casefold()) in READ else name for name in names]
        if "grade" not in names or not {"image", "photo"} & set(names):
            raise LabelError(f"{path.name} has the columns {', '.join(names)[:200]}", FORM)
        if twice := [name for name in READ if names.count(name) > 1]:
            raise LabelError(f"{path.name} has two columns {', '.join(sorted(twice))}", FORM)
        reader.fieldnames = names
        return start.taken + 1, list(reader)
    except UnreadableFile as error:
        raise LabelError(error.message, error.hint) from error
    except NotText as error:
        raise LabelError(f"{path.name}, {error.message}", error.hint) from error
    except (OSError, csv.Error) as error:
        raise LabelError(f"{path}: {str(error)[:200]}", FORM) from error
