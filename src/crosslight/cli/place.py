"""Where answers and photos rest between commands."""

from pathlib import Path


def answers_path(store: Path | None) -> Path:
    """The answer store: of this folder, or of the user's cache (CROSSLIGHT_HOME moves it)."""
    from crosslight.models import home

    return (store or home()) / "answers.sqlite"


def images_path(store: Path | None) -> Path:
    """The image store beside it."""
    from crosslight.models import home

    return (store or home()) / "images"
