"""Pictures out of tables that a run wrote, a row group in memory at a time."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from crosslight.store.parquet import TableFile

Where = Mapping[str, tuple[Path, int]]
"""The file and the row group in which a photo stands."""


def stored_pictures(where: Where, photos: Iterable[str]) -> Iterator[tuple[str, bytes, str]]:
    """The wanted photos, their bytes and their names; one that is not in the tables is left out."""
    groups: dict[tuple[Path, int], set[str]] = {}
    for photo in photos:
        if photo in where:
            groups.setdefault(where[photo], set()).add(photo)
    for (path, group), wanted in groups.items():
        with TableFile(path) as file:
            two = "images" in file.schema.names
            columns = ["photo", "photo_2", "images"] if two else ["photo", "image"]
            for row in file.rows_of(columns, groups=[group]):
                photos = [row["photo"], row["photo_2"]] if two else [row["photo"]]
                images = row["images"] or () if two else [row["image"]]
                for photo, image in zip(photos, images, strict=False):
                    if photo in wanted and image and image.get("bytes"):
                        wanted.remove(photo)
                        yield photo, image["bytes"], str(image.get("path") or photo)
