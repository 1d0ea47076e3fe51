"""What the columns of a table are to somebody who looks at its rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from crosslight.records import is_sensitive


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A table by the parts that its columns play; an empty name is a part that nobody plays.

    `files`: parquet, read in this order; a row's number counts through all of them. `image`: a
    column of {bytes, path}; `photo`: the hash of the picture, by which rows are grouped and by
    which a picture is found in the image store where the table carries none. `facets`: columns of
    few values; `scores`: numbers; `texts`: what a search looks through; `groups`: columns whose
    equal values belong together.
    """

    kind: str
    title: str
    files: tuple[Path, ...]
    id: str = ""
    text: str = ""
    image: str = ""
    photo: str = ""
    source: str = ""
    sensitive: str = ""
    calm: tuple[str, ...] = ()
    """Where the mark of care is a verdict: those at which a picture may stand open."""
    covered: bool = False
    """Whether every picture has a cover: of tables that say nothing of what their pictures show."""
    category: str = ""
    number: str = ""
    """A score that stands on the card of a row."""
    same: str = ""
    """The column that makes rows of two runs the same, where an id says who made the row too."""
    facets: tuple[str, ...] = ()
    scores: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    together: str = ""
    """The column by which a grid is grouped unless its reader says otherwise."""
    unit: tuple[str, ...] = ()
    """Those of the scores that lie in [0, 1] and can be drawn on one axis."""

    def covers(self, row: Mapping[str, Any]) -> bool:
        """Whether a row's picture is not shown before somebody asks for it."""
        if self.covered or not self.sensitive:
            return self.covered
        mark = row.get(self.sensitive)
        return mark not in self.calm if self.calm else is_sensitive({"sensitive": mark})

    def only(self, names: frozenset[str]) -> "Shape":
        """The same without columns that the table does not have."""
        many = ("facets", "scores", "texts", "groups", "unit")
        single = (
            "id",
            "text",
            "image",
            "photo",
            "source",
            "sensitive",
            "category",
            "number",
            "same",
            "together",
        )
        changed: dict[str, Any] = {
            part: tuple(c for c in getattr(self, part) if c in names) for part in many
        }
        changed |= {p: getattr(self, p) if getattr(self, p) in names else "" for p in single}
        return replace(self, **changed)
