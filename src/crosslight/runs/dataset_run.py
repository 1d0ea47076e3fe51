"""A run that left a dataset: its rows lie in tables by split, its pictures beside them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from crosslight.runs.lost import DROPPED_FILE, FAILED_FILE, LostReason, lost_of
from crosslight.runs.manifest import Manifest
from crosslight.store import stored_pictures

SPLITS = ("train", "validation", "test", "unsplit")
"""The last is of rows whose sentence another split has: neither trained on nor measured with."""


def split_files(folder: Path) -> dict[str, tuple[Path, ...]]:
    """The tables of each split that is there, in order of their names."""
    found = {s: tuple(sorted((folder / "dataset").glob(f"{s}-*.parquet"))) for s in SPLITS}
    return {split: files for split, files in found.items() if files}


@dataclass(frozen=True, kw_only=True)
class DatasetRun:
    """What a card, a page or a trainer needs beside the rows.

    `where`: file and row group of a photo.
    """

    folder: Path
    manifest: Manifest
    where: dict[str, tuple[Path, int]] = field(repr=False)

    def pictures(self, photos: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """The wanted photos and their bytes, one row group in memory at a time.

        A photo that is not in the tables is left out.
        """
        for photo, data, _ in stored_pictures(self.where, photos):
            yield photo, data

    @cached_property
    def dropped(self) -> tuple[LostReason, ...]:
        """What was left out on purpose, most frequent first."""
        return lost_of(self.folder / DROPPED_FILE, "reason")

    @cached_property
    def failed(self) -> tuple[LostReason, ...]:
        """What went wrong, most frequent first."""
        return lost_of(self.folder / FAILED_FILE, "error")
