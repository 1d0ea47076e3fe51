"""Preference pairs that `crosslight prefer` made."""

from pathlib import Path

from crosslight.runs import split_files
from crosslight.view.rows.shape import Shape


def shape(folder: Path) -> Shape:
    """Its pairs of all splits."""
    return Shape(
        kind="prefer",
        title=folder.resolve().name,
        files=tuple(f for files in split_files(folder).values() for f in files),
        id="id",
        text="question",
        image="image",
        photo="photo",
        source="source",
        sensitive="sensitive",
        category="category",
        facets=(
            *("side", "basis", "split", "form", "category", "chosen_kind", "rejected_kind"),
            *("chosen_by", "rejected_by", "lever", "domain", "pattern", "decided_by"),
            *("sensitive", "licence", "recipe"),
        ),
        scores=("gap", "margin_harmless", "margin_helpful", "weight", "chosen_words"),
        texts=("question", "chosen", "rejected", "id", "source"),
        groups=("photo", "pattern", "mirror_of"),
    )
