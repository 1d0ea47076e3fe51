"""Verdicts that `crosslight judge` gave; the pictures lie in the image store."""

from pathlib import Path

from crosslight.view.rows.shape import Shape


def shape(folder: Path) -> Shape:
    """One row an image."""
    return Shape(
        kind="judge",
        title=folder.resolve().name,
        files=(folder / "verdicts.parquet",),
        id="id",
        text="reason",
        photo="photo",
        source="source",
        sensitive="verdict",
        calm=("safe",),
        category="verdict",
        same="photo",  # each judge gives its verdict an id of its own
        facets=("verdict", "violated", "undecided", "failed", "addresses_judge", "notes"),
        scores=("score",),
        unit=("score",),
        texts=("source", "reason", "photo", "addressed_by"),
    )
