"""A place that is looked at: its rows, their pictures, what was lost, and what reviewers said."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crosslight.records import CrosslightError
from crosslight.runs import (
    DROPPED_FILE,
    FAILED_FILE,
    RUN_FILE,
    LostReason,
    Reviews,
    RunError,
    lost_of,
    read_run,
    running,
    silent,
    split_files,
)
from crosslight.store import ImageStore, TableError, read_json
from crosslight.view.reviews.states import ReviewStates
from crosslight.view.rows.files import stamp
from crosslight.view.rows.open import lost_shape, shape_of
from crosslight.view.rows.opening import open_beginning, open_table
from crosslight.view.rows.pictures import Pictures
from crosslight.view.rows.query import Query
from crosslight.view.rows.table import Table

TABLES = ("verdicts.parquet", "items.parquet", "assessed.parquet")
"""Rows of runs that have no dataset."""
LOOK_S = 1.0
"""Seconds between two looks whether files have changed."""


@dataclass
class Opened:
    """`name` stands in addresses; `run`: what its run.json says, empty for a foreign table;
    `answers`: the answer store that its models' calls lie in; `partial`: whether the table is only
    the beginning of a large one, the rest of which is being read; `faults`: what cannot be shown
    of it, and what helps."""

    name: str
    place: Path
    kind: str
    run: Mapping[str, Any]
    table: Table | None
    pictures: Pictures | None = None
    lost: dict[str, Table] = field(default_factory=dict)
    answers: Path | None = None
    sources: tuple[Path, ...] = ()
    """The files of its rows as they lie there, also where they are read out of the cache."""
    mark: str = ""
    """Of these files as they are: by it an address of a row's number is known to be of another
    table, or of this one before it changed."""
    stamps: tuple[object, ...] = ()
    """Of all its files, as they were before anything was read: what changes meanwhile is seen."""
    partial: bool = False
    faults: tuple[str, ...] = ()

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

    @property
    def silent(self) -> Mapping[str, Any] | None:
        """Who wrote the run on another machine, where it has not been heard of for long."""
        return silent(self.place) if self.run else None

    @property
    def has_changed(self) -> bool:
        """Whether its files are others than before it was opened."""
        return self.stamps != _stamps(self.place, bool(self.run), self.sources)

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


Opener = Callable[[bool], Opened]
"""Opens a place; True: of a large table the beginning is enough."""


class Places(Mapping[str, Opened]):
    """The places by the name that they have in addresses. Of a large table that was never opened
    the beginning is shown until all is read. A place whose files have changed, as those of a run
    that has ended have, is opened again; until that is done the pages show what was there.

    One of several that cannot be opened is in `left`, with the error. Raises that of the first
    where none can.
    """

    def __init__(self, openers: Mapping[str, Opener]) -> None:
        self._openers = dict(openers)
        self._opened: dict[str, Opened] = {}
        self.left: dict[str, CrosslightError | OSError] = {}
        for name, opener in self._openers.items():
            try:
                self._opened[name] = opener(True)
            except (CrosslightError, OSError) as error:
                self.left[name] = error
        if self.left and not self._opened:
            raise next(iter(self.left.values()))
        self._looked = dict.fromkeys(self._opened, time.monotonic())
        self._broken: dict[str, CrosslightError] = {}
        self._read_on: set[str] = set()
        self._locks = {name: threading.Lock() for name in self._opened}

    def __getitem__(self, name: str) -> Opened:
        found = self._opened[name]
        now = time.monotonic()
        if now - self._looked[name] > LOOK_S:
            self._looked[name] = now
            if found.has_changed:
                threading.Thread(target=self.refresh, args=(name,), daemon=True).start()
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._opened)

    def __len__(self) -> int:
        return len(self._opened)

    def whole(self, name: str) -> Opened:
        """A place with all its rows: of a large one this waits until they are read. Raises
        `TableError` where they cannot be."""
        if not self._opened[name].partial:
            return self._opened[name]
        with self._locks[name]:
            if name in self._broken:
                raise self._broken[name]
            if self._opened[name].partial:
                try:
                    self._put(name, self._openers[name](False))
                except Exception as error:
                    # Whatever it is: who waits is to be told, and not to wait for ever.
                    self._broken[name] = _of_table(name, error)
                    raise self._broken[name] from error
            return self._opened[name]

    def read_on(self, name: str) -> None:
        """See to it that the rest of a table is being read, and wait for nothing."""

        def read() -> None:
            try:
                with suppress(CrosslightError):  # `broken` tells
                    self.whole(name)
            finally:
                self._read_on.discard(name)

        if name not in self._read_on:
            self._read_on.add(name)
            threading.Thread(target=read, daemon=True).start()

    def broken(self, name: str) -> str:
        """Why the rest of a table cannot be read; "" while nothing is known to be wrong."""
        return said(self._broken[name]) if name in self._broken else ""

    def refresh(self, name: str) -> None:
        """Open a place again if it has changed."""
        with self._locks[name]:
            if not self._opened[name].has_changed:
                return
            # Half written or gone: what was there stays until it can be read.
            with suppress(CrosslightError, OSError):
                self._put(name, self._openers[name](False))

    def _put(self, name: str, fresh: Opened) -> None:
        self._opened[name] = fresh
        self._broken.pop(name, None)

    def warm(self) -> None:
        """Do what first pages would wait for."""
        for name in list(self._opened):
            with suppress(CrosslightError, OSError):
                one = self.whole(name)
                if one.table is not None:
                    one.table.warm(Query(group=one.table.shape.together))


def left_of(runs: Mapping[str, Opened]) -> dict[str, str]:
    """Places that were asked for and cannot be shown, and why."""
    return {n: said(e) for n, e in runs.left.items()} if isinstance(runs, Places) else {}


def open_places(
    places: Sequence[Path],
    images: ImageStore | None,
    cache: Path | None,
    mapping: Mapping[str, str] | None = None,
    answers: Path | None = None,
    told: Callable[[str], None] = lambda line: None,
    data: Path | None = None,
) -> Places:
    """The places to look at. `told` gets a line on what takes long, and on what cannot be shown;
    `data`: a folder with pictures that tables only name. Raises `RunError`, `TableError`, OSError
    where there is nothing else."""
    openers: dict[str, Opener] = {}
    for place in places:
        name = _name(place, openers)

        def open_it(beginning: bool, place: Path = place, name: str = name) -> Opened:
            found = _opened(name, place, cache, mapping, answers, told, beginning)
            if found.table is not None:
                found.pictures = Pictures(found.table, images, data)
            return found

        openers[name] = open_it
    found = Places(openers)
    for place, name in zip(places, openers, strict=True):
        if name in found.left:
            told(f"{place} is left out: {said(found.left[name])}")
        for fault in found[name].faults if name in found else ():
            told(f"{place}: {fault}")
    return found


def said(error: CrosslightError | OSError) -> str:
    """What is wrong, and what helps, in a line."""
    hint = getattr(error, "hint", "")
    return f"{error} ({hint})" if hint else str(error)


def _opened(
    name: str,
    place: Path,
    cache: Path | None,
    mapping: Mapping[str, str] | None,
    answers: Path | None,
    told: Callable[[str], None],
    beginning: bool,
) -> Opened:
    is_run = place.is_dir() and (place / RUN_FILE).is_file()
    of_run = _stamps(place, True, ()) if is_run else ()
    run = read_run(place) if is_run else {}
    if is_run and not run and not mapping:
        read_json(place / RUN_FILE)  # raises what is wrong with it
        raise RunError(f"{place / RUN_FILE} tells nothing of a run", "get or make it again")
    shape = shape_of(place, mapping)
    sources = () if shape is None else shape.files
    mark, stamps = _mark(sources), of_run if run else _stamps(place, False, sources)
    table, partial = None, False
    if shape is not None and beginning:
        table, partial = open_beginning(shape, cache, told)
    elif shape is not None:
        table = open_table(shape, cache, told)
    lost, faults = _lost(place, cache, partial) if is_run else ({}, ())
    return Opened(
        name=name,
        place=place,
        kind=str(run.get("kind") or "table"),
        run=run,
        table=table,
        lost=lost,
        answers=answers,
        sources=sources,
        mark=mark,
        stamps=stamps,
        partial=partial,
        faults=faults,
    )


def _mark(files: Sequence[Path]) -> str:
    about = [(str(path.resolve()), stamp(path)) for path in files]
    return hashlib.sha256(repr(about).encode("utf-8", "surrogateescape")).hexdigest()[:12]


def _of_table(name: str, error: Exception) -> CrosslightError:
    """Why a table cannot be read."""
    if isinstance(error, CrosslightError):
        return error
    if isinstance(error, OSError):
        return TableError(str(error), "get or make the table again")
    why = f"{name} cannot be read to its end: {type(error).__name__}"
    return TableError(why, "get or make the table again; if it is whole, this is a defect of ours")


def _stamps(place: Path, is_run: bool, sources: Sequence[Path]) -> tuple[object, ...]:
    """What changes when a run writes its folder."""
    files = [place / RUN_FILE, *(place / name for name in (FAILED_FILE, DROPPED_FILE))]
    if place.is_file():
        files = [place]
    elif is_run:
        files += [file for found in split_files(place).values() for file in found]
        files += [place / name for name in TABLES]
    else:
        files += sources
    found: list[object] = []
    for file in files:
        try:
            found.append((str(file), stamp(file)))
        except OSError:
            found.append((str(file), None))
    return tuple(found)


def _lost(
    place: Path, cache: Path | None, beginning: bool
) -> tuple[dict[str, Table], tuple[str, ...]]:
    """The tables of lost rows, and what is wrong with those that cannot be read. With a
    `beginning` large ones are left for later."""
    tables: dict[str, Table] = {}
    faults = []
    for how in ("failed", "dropped"):
        try:
            shape = lost_shape(place, how)
            if shape is None:
                continue
            table, partial = open_beginning(shape, cache) if beginning else (None, False)
            if not partial:
                tables[how] = table or open_table(shape, cache)
        except (CrosslightError, OSError) as error:
            faults.append(f"the {how} rows cannot be shown: {said(error)}")
    return tables, tuple(faults)


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
