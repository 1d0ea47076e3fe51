"""A place that is looked at: its rows, their pictures, what was lost, and what reviewers said."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crosslight.records import CrosslightError
from crosslight.runs import (
    RUN_FILE,
    LostReason,
    Reviews,
    lost_of,
    read_run,
    running,
    split_files,
)
from crosslight.store import ImageStore
from crosslight.view.reviews.states import ReviewStates
from crosslight.view.rows.files import stamp
from crosslight.view.rows.open import lost_shape, shape_of
from crosslight.view.rows.pictures import Pictures
from crosslight.view.rows.query import Query
from crosslight.view.rows.regroup import with_small_groups
from crosslight.view.rows.search import Search
from crosslight.view.rows.table import Table

LOOK_S = 1.0
"""Seconds between two looks whether files have changed."""


@dataclass
class Opened:
    """`name` stands in addresses; `run`: what its run.json says, empty for a foreign table;
    `answers`: the answer store that its models' calls lie in."""

    name: str
    place: Path
    kind: str
    run: Mapping[str, Any]
    table: Table | None
    pictures: Pictures | None
    lost: dict[str, Table] = field(default_factory=dict)
    answers: Path | None = None
    sources: tuple[Path, ...] = ()
    """The files of its rows as they lie there, also where they are read out of the cache."""

    @property
    def title(self) -> str:
        """The folder's or file's name."""
        return self.place.resolve().name

    @property
    def reviews(self) -> Reviews:
        """Beside the run; of a single file beside the file."""
        return self._reviews

    @property
    def going(self) -> bool:
        """Whether a process writes the run now."""
        return bool(self.run or not self.place.is_file()) and running(self.place) is not None

    def reasons(self, how: str) -> tuple[LostReason, ...]:
        """Why rows were `dropped` or `failed`, the most frequent reason first."""
        if how not in self._reasons:
            column = "reason" if how == "dropped" else "error"
            found = lost_of(self.lost[how].shape.files[0], column) if how in self.lost else ()
            self._reasons[how] = found
        return self._reasons[how]

    def __post_init__(self) -> None:
        self._reviews = Reviews(self.place)
        self.states = None if self.table is None else ReviewStates(self._reviews, self.table)
        self._reasons: dict[str, tuple[LostReason, ...]] = {}


class Places(Mapping[str, Opened]):
    """The places by the name that they have in addresses. One whose files have changed, as a run
    that has ended has, is opened again; until that is done the pages show what was there."""

    def __init__(self, openers: Mapping[str, Callable[[], Opened]]) -> None:
        self._openers = dict(openers)
        self._opened = {name: open_it() for name, open_it in self._openers.items()}
        self._stamps = {name: _stamps(one) for name, one in self._opened.items()}
        self._looked = dict.fromkeys(self._opened, time.monotonic())
        self._lock = threading.Lock()

    def __getitem__(self, name: str) -> Opened:
        found = self._opened[name]
        now = time.monotonic()
        if now - self._looked[name] > LOOK_S:
            self._looked[name] = now
            if self._stamps[name] != _stamps(found):
                threading.Thread(target=self.refresh, args=(name,), daemon=True).start()
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._opened)

    def __len__(self) -> int:
        return len(self._opened)

    def refresh(self, name: str) -> None:
        """Open a place again if it has changed."""
        with self._lock:
            stamps = _stamps(self._opened[name])
            if stamps == self._stamps[name]:
                return
            # Half written or gone: what was there stays until it can be read.
            with suppress(CrosslightError, OSError):
                fresh = self._openers[name]()
                self._opened[name], self._stamps[name] = fresh, _stamps(fresh)

    def warm(self) -> None:
        """Do in a thread what first pages would wait for."""
        threading.Thread(target=self._warm, daemon=True, name="warm").start()

    def _warm(self) -> None:
        for one in list(self._opened.values()):
            if one.table is not None:
                with suppress(CrosslightError, OSError):
                    group = one.table.shape.together
                    one.table.warm(Query(group=group))


def open_places(
    places: Sequence[Path],
    images: ImageStore | None,
    cache: Path | None,
    mapping: Mapping[str, str] | None = None,
    answers: Path | None = None,
    told: Callable[[str], None] = lambda line: None,
) -> Places:
    """The places to look at. `told` gets a line on what takes long. Raises `RunError`,
    `TableError`."""
    openers: dict[str, Callable[[], Opened]] = {}
    for place in places:
        name = _name(place, openers)

        def open_it(place: Path = place, name: str = name) -> Opened:
            return _opened(name, place, images, cache, mapping, answers, told)

        openers[name] = open_it
    return Places(openers)


def _opened(
    name: str,
    place: Path,
    images: ImageStore | None,
    cache: Path | None,
    mapping: Mapping[str, str] | None,
    answers: Path | None,
    told: Callable[[str], None],
) -> Opened:
    is_run = place.is_dir() and (place / RUN_FILE).is_file()
    run = read_run(place) if is_run else {}
    shape = shape_of(place, mapping)
    sources = () if shape is None else shape.files
    if shape is not None:
        shape = with_small_groups(shape, cache, told)
    table = None if shape is None else Table(shape, Search(cache), cache)
    return Opened(
        name=name,
        place=place,
        kind=str(run.get("kind") or "table"),
        run=run,
        table=table,
        pictures=None if table is None else Pictures(table, images),
        lost=_lost(place) if is_run else {},
        answers=answers,
        sources=sources,
    )


def _stamps(one: Opened) -> tuple[object, ...]:
    """What changes when a run writes its folder."""
    files = [one.place / RUN_FILE, *(t.shape.files[0] for t in one.lost.values())]
    if one.place.is_file():
        files = [one.place]
    elif one.run:
        files += [file for found in split_files(one.place).values() for file in found]
        files += [one.place / name for name in ("verdicts.parquet", "items.parquet")]
    elif one.table is not None:
        files += one.sources
    found: list[object] = []
    for file in files:
        try:
            found.append((str(file), stamp(file)))
        except OSError:
            found.append((str(file), None))
    return tuple(found)


def _lost(place: Path) -> dict[str, Table]:
    shapes = {how: lost_shape(place, how) for how in ("failed", "dropped")}
    return {how: Table(shape) for how, shape in shapes.items() if shape is not None}


def _name(place: Path, taken: Mapping[str, object]) -> str:
    """Letters, digits and dashes of the place's name; a number where two are alike."""
    plain = "".join(
        c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in place.resolve().name
    )
    name = plain.strip("-.") or "run"
    made, count = name, 2
    while made in taken:
        made, count = f"{name}-{count}", count + 1
    return made
