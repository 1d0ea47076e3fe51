"""Answers of a model to the items of a benchmark."""

from pathlib import Path

from crosslight.view.rows.shape import Shape


def shape(folder: Path) -> Shape:
    """One row an item (and epoch)."""
    return Shape(
        kind="bench",
        title=folder.resolve().name,
        files=(folder / "items.parquet",),
        id="item",
        text="text",
        covered=True,
        category="category",
        facets=(
            *("status", "verdict", "right", "subset", "side", "expected", "category", "reason"),
            *("protocol", "does_it", "names_risk", "method", "epoch"),
        ),
        scores=("value", "outside_mass", "unknown_mass"),
        unit=("value", "outside_mass", "unknown_mass"),
        texts=("item", "text", "prompt", "answer", "detail"),
        groups=("pair", "item"),
    )
