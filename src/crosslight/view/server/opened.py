"""A place that is looked at: its rows, their pictures, what was lost, and what reviewers said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crosslight.runs import RUN_FILE, Reviews, read_run
from crosslight.store import ImageStore
from crosslight.view.rows.open import lost_shape, shape_of
from crosslight.view.rows.pictures import Pictures
from crosslight.view.rows.search import Search
from crosslight.view.rows.table import Table


@dataclass
class Opened:
    """`name` stands in addresses; `run`: what its run.json says, empty for a foreign table."""

    name: str
    place: Path
    kind: str
    run: Mapping[str, Any]
    table: Table | None
    pictures: Pictures | None
    lost: dict[str, Table] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The folder's or file's name."""
        return self.place.resolve().name

    @property
    def reviews(self) -> Reviews:
        """Beside the run; of a single file beside the file."""
        return self._reviews

    def __post_init__(self) -> None:
        folder = self.place if self.place.is_dir() else self.place.parent
        self._reviews = Reviews(folder)


def open_places(
    places: Sequence[Path],
    images: ImageStore | None,
    cache: Path | None,
    mapping: Mapping[str, str] | None = None,
) -> dict[str, Opened]:
    """The places by the name that they have in addresses. Raises `RunError`, `TableError`."""
    found: dict[str, Opened] = {}
    for place in places:
        shape = shape_of(place, mapping)
        table = None if shape is None else Table(shape, Search(cache))
        is_run = place.is_dir() and (place / RUN_FILE).is_file()
        run = read_run(place) if is_run else {}
        name = _name(place, found)
        found[name] = Opened(
            name=name,
            place=place,
            kind=str(run.get("kind") or "table"),
            run=run,
            table=table,
            pictures=None if table is None else Pictures(table, images),
            lost=_lost(place) if is_run else {},
        )
    return found


def _lost(place: Path) -> dict[str, Table]:
    shapes = {how: lost_shape(place, how) for how in ("failed", "dropped")}
    return {how: Table(shape) for how, shape in shapes.items() if shape is not None}


def _name(place: Path, taken: Mapping[str, Opened]) -> str:
    """Letters, digits and dashes of the place's name; a number where two are alike."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in place.name)
    name = plain.strip("-.") or "run"
    made, count = name, 2
    while made in taken:
        made, count = f"{name}-{count}", count + 1
    return made
