"""What a run left out on purpose, or could not do."""

from pathlib import Path

from crosslight.runs import DROPPED_FILE, FAILED_FILE
from crosslight.view.rows.shape import Shape

FILES = {"dropped": DROPPED_FILE, "failed": FAILED_FILE}


def shape(folder: Path, how: str) -> Shape:
    """`how`: dropped or failed."""
    said = "reason" if how == "dropped" else "error"
    return Shape(
        kind=how,
        title=folder.resolve().name,
        files=(folder / FILES[how],),
        text="text" if how == "dropped" else "error",
        photo="photo",
        source="input",
        category="step",
        facets=("step", said, "subset", "retryable"),
        texts=("input", "row", said, *(("detail", "text") if how == "dropped" else ("hint",))),
        groups=("photo", said),
    )
