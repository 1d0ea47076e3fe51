"""What can be looked at in a place: a run of ours by its kind, or parquet of anybody."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from crosslight.runs import RUN_FILE, NotARunFolder, RunError, read_run
from crosslight.store import LINKED, stays_in
from crosslight.view.rows.kinds import assess, bench, build, foreign, judge, lost, prefer
from crosslight.view.rows.shape import Shape

KINDS: Final[Mapping[str, Callable[[Path], Shape]]] = {
    "build": build.shape,
    "prefer": prefer.shape,
    "judge": judge.shape,
    "assess": assess.shape,
    "bench": bench.shape,
}
"""Runs that have rows; the others have a report."""


def shape_of(place: Path, mapping: Mapping[str, str] | None = None) -> Shape | None:
    """How the rows of a place are to be read; None for a run that has none.

    Raises `RunError` where there is nothing to look at, `TableError` for a damaged file.
    """
    if place.is_file():
        return foreign.shape([place], mapping)
    if not place.is_dir():
        raise RunError(f"{place}: there is no such folder or file")
    if (place / RUN_FILE).is_file() and not mapping:
        kind = str(read_run(place).get("kind", ""))
        found = KINDS[kind](place) if kind in KINDS else None
        # A run that has just begun has no tables yet.
        there = found is not None and found.files and all(f.is_file() for f in found.files)
        return found if there else None
    files = sorted(place.rglob("*.parquet"))
    for file in files:
        if not stays_in(place, file):
            raise RunError(f"{file} is a link out of the folder", LINKED)
    if not files:
        raise NotARunFolder(
            f"{place} holds no run and no parquet", "name a run's folder or a parquet file"
        )
    return foreign.shape(files, mapping)


def lost_shape(place: Path, how: str) -> Shape | None:
    """The rows that a run lost (`dropped` or `failed`); None where there is no such table."""
    shape = lost.shape(place, how)
    return shape if shape.files[0].is_file() else None
