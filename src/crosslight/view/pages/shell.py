"""What the one-file pages share: who the run is, how large a page may be, and what is left out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment

from crosslight.text import probability
from crosslight.view.page import page_environment, percent

MOST_BYTES: Final = 5_000_000
"""Of a page, at any size of its run."""
PICTURE_BYTES: Final = 3_200_000
"""Of its pictures together, as data URIs; the rest is room for words."""
SCALES: Final = (1.0, 0.5, 0.25, 0.1, 0.04, 0.01, 0.0)


@dataclass(frozen=True, slots=True)
class About:
    """Of a run: its folder's name, its kind, and facts as (name, value)."""

    name: str
    kind: str
    facts: tuple[tuple[str, str], ...]


def about(folder: Path, run: Mapping[str, Any], *facts: tuple[str, str]) -> About:
    """What a header says of a run; the models of the run stand before `facts`."""
    found = run.get("models")
    models = [m for m in found if isinstance(m, dict)] if isinstance(found, list) else []
    named = [
        (str(m.get("role", "model")), str(m.get("spec") or m.get("name") or "")) for m in models
    ]
    told = tuple((name, value) for name, value in (*named, *facts) if value)
    return About(folder.resolve().name, str(run.get("kind", "")), told)


def several(abouts: Sequence[About]) -> About:
    """The header of runs beside each other."""
    return About(" and ".join(one.name for one in abouts), "comparison", ())


def fitted(make: Callable[[float], str]) -> str:
    """The largest page that `make` gives within the limit. `make` takes the share of the rows and
    pictures that a page shows at most."""
    page = ""
    for scale in SCALES:
        page = make(scale)
        if len(page.encode("utf-8")) <= MOST_BYTES:
            break
    return page


def at_most(limit: int, scale: float) -> int:
    """That share of a limit, and one at least."""
    return max(1, int(limit * scale))


def parts_environment() -> Environment:
    """Templates that use pieces of `parts.html.j2`; what those ask of a build's row is empty here
    and set by the build's own page."""
    made = page_environment()
    made.filters.update(probability=probability, width=percent, facts=list)
    made.tests.update(known_in=lambda name, row: False)
    made.globals.update(NUMBERS=(), NUMBER_TITLES={}, NUMBER_MEANINGS={}, KIND_TITLES={})
    return made
