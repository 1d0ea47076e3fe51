"""Rows of a run of `crosslight build`: texts with their photos, unsafe or safe."""

from functools import partial
from pathlib import Path

from crosslight.build import Run, read_run
from crosslight.runs import RunError
from crosslight.tune.judge.rows import (
    MOST_ROWS,
    DataError,
    ImageSource,
    JudgeData,
    JudgeRow,
    counted,
)

LABELS = {"unsafe": 1, "safe": 0}


def rows_of_run(folder: Path) -> JudgeData:
    """All splits, by photo. (With a row's control on another photo in its group too, chains over
    shared photos make one group of nearly all rows.)"""
    try:
        run = read_run(folder)
    except RunError as error:
        raise DataError(error.message, error.hint) from error
    if len(run.rows) > MOST_ROWS:
        raise DataError(f"{folder} has more than {MOST_ROWS:,} rows", "build with --limit")
    kept = [row for row in run.rows if row.label in LABELS and not row.photo_2]
    gone = ["two photos" for row in run.rows if row.photo_2 and row.label in LABELS]
    gone += [f"label {row.label[:40]!r}" for row in run.rows if row.label not in LABELS]
    rows = [
        JudgeRow(
            id=row.id,
            text=row.text,
            answer="",
            image=ImageSource(f"{folder.name}: {row.source}", partial(_picture, run, row.photo)),
            unsafe=LABELS[row.label],
            category=row.category,
            group=f"{folder.name}/{row.photo}",
            picture=row.photo,
            source=folder.name,
            sensitive=row.sensitive,
        )
        for row in kept
    ]
    licences = sorted({row.licence for row in kept if row.licence})
    return JudgeData(
        folder.name,
        tuple(rows),
        counted(gone),
        "; ".join(licences)[:300] or "unknown",
        notes=_notes(folder, bool(licences)),
    )


def _notes(folder: Path, known: bool) -> tuple[str, ...]:
    if known:
        return ()
    return (
        f"{folder.name}: the photos name no licence; whether a model may be tuned on them is "
        "for you to know",
    )


def _picture(run: Run, photo: str) -> bytes:
    for _, data in run.pictures([photo]):
        return data
    raise DataError(
        f"{run.folder.name}: the photo {photo[:12]} is in none of its tables", "build it again"
    )
