"""Labels of reviewers as the file that `crosslight judge report` reads, and their grades as that of
`crosslight judge agree`."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crosslight.runs import Act, ReviewKey, reviewed_things
from crosslight.text import csv_text

DRAWN: Final = ("drawn", "queue", "place", "of")
COLUMNS: Final = ("image", "photo", "rule", "label", *DRAWN, "reviewers")
GRADED: Final = ("image", "photo", "grade", "rater")
GRADES: Final = tuple(str(at) for at in range(11))
QUEUES: Final = "label_next*.csv"
MOST_QUEUE: Final = 64 * 2**20
"""Bytes of a queue file."""


@dataclass(frozen=True, slots=True)
class LabelFile:
    """`disputed`: how many labels are left out because reviewers differ: neither can be trusted."""

    text: str
    labels: int
    disputed: int


def label_file(
    standing: Mapping[ReviewKey, Act],
    names: Mapping[str, tuple[str, str]],
    drawn: Mapping[str, Mapping[str, str]],
) -> LabelFile:
    """`names`: row -> (source, photo); `drawn`: photo -> how a queue drew it. Rows of no queue were
    picked by hand, and the card counts them so."""
    things = {thing: one for thing, one in reviewed_things(standing).items() if thing[0] in names}
    rows = [
        {
            "image": names[row][0] or names[row][1],
            "photo": names[row][1],
            "rule": rule or "*",
            "label": one.label,
            **{column: drawn.get(names[row][1], {}).get(column, "") for column in DRAWN},
            "reviewers": " ".join(sorted(one.labels)),
        }
        for (row, rule), one in things.items()
        if one.label in ("safe", "unsafe")
    ]
    disputed = sum(one.labels_differ for one in things.values())
    return LabelFile(csv_text(COLUMNS, rows), len(rows), disputed)


def grade_file(
    standing: Mapping[ReviewKey, Act], names: Mapping[str, tuple[str, str]]
) -> LabelFile:
    """A line a reviewer and image: people who grade differently are raters, of whom all count."""
    rows = [
        {
            "image": names[row][0] or names[row][1],
            "photo": names[row][1],
            "grade": grade,
            "rater": by,
        }
        for (row, rule), one in reviewed_things(standing).items()
        if row in names and not rule
        for by, grade in sorted(one.labels.items())
        if grade in GRADES
    ]
    return LabelFile(csv_text(GRADED, rows), len(rows), 0)


def drawn_photos(folder: Path) -> dict[str, dict[str, str]]:
    """How the queues of a run (`judge report` writes them) drew each photo, in their order; a file
    that cannot be read draws nothing."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(folder.glob(QUEUES)):
        try:
            if path.is_symlink() or path.stat().st_size > MOST_QUEUE:
                continue
            for row in _rows(path):
                how = {column: row.get(column) or "" for column in DRAWN}
                if row.get("photo") and how["drawn"]:
                    # By chance before by doubt: what a sample drew stays in the sample.
                    known = found.get(row["photo"])
                    if known is None or known["drawn"] != "random":
                        found[row["photo"]] = how
        except (OSError, ValueError, csv.Error):
            continue
    return found


def _rows(path: Path) -> Iterable[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)
