"""Grades that `crosslight judge assess` gave; the pictures lie in the image store."""

from pathlib import Path

from crosslight.view.rows.shape import Shape


def shape(folder: Path) -> Shape:
    """One row an image."""
    return Shape(
        kind="assess",
        title=folder.resolve().name,
        files=(folder / "assessed.parquet",),
        id="photo",
        text="description",
        photo="photo",
        source="source",
        covered=True,
        number="grade",
        facets=("status", "method", "look", "notes", "licence"),
        scores=("grade", "spread", "evenness", "outside"),
        unit=("evenness", "outside"),
        texts=("source", "description", "reason", "photo", "addressed_by"),
    )
