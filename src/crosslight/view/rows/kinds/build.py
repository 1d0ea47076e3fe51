"""A dataset that `crosslight build` made."""

from pathlib import Path

from crosslight.runs import split_files
from crosslight.view.rows.shape import Shape

UNIT = ("text_alone", "text_elsewhere", "photo_alone", "together", "visible", "follows")


def shape(folder: Path) -> Shape:
    """Its rows of all splits."""
    return Shape(
        kind="build",
        title=folder.resolve().name,
        files=tuple(f for files in split_files(folder).values() for f in files),
        id="id",
        text="text",
        image="image",
        photo="photo",
        source="source",
        sensitive="sensitive",
        category="category",
        facets=(
            *("label", "kind", "split", "category", "scenario", "speaker", "style", "asks"),
            *("pattern", "decided_by", "sensitive", "licence", "recipe"),
        ),
        scores=UNIT,
        unit=UNIT,
        texts=("text", "response", "risk", "element", "id", "source"),
        groups=("photo", "pattern", "parent"),
        together="photo",
    )
