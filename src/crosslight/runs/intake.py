"""The pictures that a run begins with: the input, screened, and why the rest of it is left out."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from crosslight.flow import RunStop, in_thread
from crosslight.photos import (
    Found,
    ScreenConfig,
    Screened,
    SourceOptions,
    open_source,
    sampled,
    screen_photos,
)
from crosslight.records import Done, Photo
from crosslight.runs.lost import NOT_REACHED, Lost
from crosslight.runs.run import Hall
from crosslight.store import ImageStore

MOST_SHOWN = 8
"""Columns that are named: shards of a folder may have one each."""
LISTING_S = 1.0
"""Seconds for counting what is left of an input once the run is to stop."""
Progress = Callable[[int], None]
"""Is told how many inputs have been looked at."""


def unheard(inputs: int) -> None:
    """Tells nobody."""


@dataclass(frozen=True, slots=True)
class Intake:
    """Where the pictures come from. `limit`: a sample of so many entries, chosen by the seed."""

    source: Path
    screen: ScreenConfig = field(default_factory=ScreenConfig)
    column: str = ""
    """Which column of a table names the images; empty: the usual names."""
    allow_outside: bool = False
    limit: int | None = None
    seed: int = 0

    def entries(
        self, exclude: Sequence[Path] = (), *, stopped: Callable[[], bool] = lambda: False
    ) -> Iterator[Found]:
        """What the source holds, unread, without what is the run's own.

        Raises `InputError` at once.
        """
        options = SourceOptions(
            column=self.column, allow_outside=self.allow_outside, exclude=tuple(exclude)
        )
        return sampled(open_source(self.source, options), self.limit, self.seed, stopped)


@dataclass(frozen=True, slots=True)
class Looked:
    """Every input once, in order: a photo, or why it is none; and the names of those that a stop
    left unread. `whole`: the input was read, or at least listed, to its end. `extra`: by name the
    plain cells of its row, for an entry that has some: also of one that is a copy of another."""

    entries: tuple[Screened, ...]
    unread: tuple[str, ...] = ()
    whole: bool = True
    extra: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)

    @property
    def photos(self) -> list[tuple[str, Photo]]:
        """(name in the input, photo) of what can be shown."""
        return [
            (one.source, one.outcome.value) for one in self.entries if isinstance(one.outcome, Done)
        ]

    @property
    def lost(self) -> list[Lost]:
        """The others."""
        ends = [(one.outcome, one.source) for one in self.entries]
        lost = [Lost(end, name) for end, name in ends if not isinstance(end, Done)]
        return [*lost, *(Lost(NOT_REACHED, name) for name in self.unread)]


class _Listed:
    """An input that remembers the names which were drawn from it."""

    def __init__(self, found: Iterator[Found]) -> None:
        self._found = found
        self.names: list[str] = []
        self.columns: dict[str, None] = {}
        """The columns of tables that the images come from."""
        self.extra: dict[str, tuple[tuple[str, str], ...]] = {}

    def __iter__(self) -> Iterator[Found]:
        for one in self._found:
            self.names.append(one.source)
            if one.column:
                self.columns[one.column] = None
            if one.extra:
                self.extra[one.source] = one.extra
            yield one

    def rest(self, seconds: float) -> bool:
        """Draw the names that are left, without reading; whether that was all of them in time."""
        deadline = time.monotonic() + seconds
        try:
            for one in self._found:
                self.names.append(one.source)
                if time.monotonic() > deadline:
                    return False
        except Exception:  # still drawn from by the screening that was cut short, or unreadable
            return False
        return True


async def look_alone(
    intake: Intake, images: ImageStore, exclude: Sequence[Path], *, most: int
) -> Looked:
    """Screen a sample of so many entries without a run: for dry runs. `whole`: it is all of them.

    An entry that lies at an address is left out: nothing is fetched.
    """
    limit = most if intake.limit is None else min(most, intake.limit)
    entries = await in_thread(lambda: list(replace(intake, limit=limit).entries(exclude)))
    near = [one for one in entries if not one.url]
    looked = await screen_photos(near, images, intake.screen)
    whole = len(near) == len(entries) and (len(entries) < most or limit == intake.limit)
    extra = {one.source: one.extra for one in near if one.extra}
    return Looked(tuple(looked), whole=whole, extra=extra)


async def look(hall: Hall, intake: Intake, progress: Progress = unheard) -> Looked:
    """Screen the input into the run's image store. A stop ends it early: the caller checks."""
    if intake.limit is not None:
        hall.notes.append(f"a sample of at most {intake.limit:,} inputs, chosen by the seed")
    gate = hall.session.gate
    looked = list[Screened]()
    listed, opened = _Listed(iter(())), False
    # Where the run was stopped before its input was opened, that is listed only, for the account.
    until = time.monotonic() + LISTING_S if gate.closed else 0.0
    try:
        entries = partial(
            intake.entries,
            hall.setup.own_places,
            stopped=lambda: gate.closed and time.monotonic() > until,
        )
        opening = in_thread(entries)
        if gate.closed:
            try:
                listed = _Listed(await asyncio.wait_for(opening, LISTING_S))
            except TimeoutError:
                raise RunStop("the input could not be listed in time") from None
        else:
            listed = _Listed(await hall.aside(opening))
        opened = True
        hall.check()
        screening = screen_photos(
            listed, hall.images, intake.screen, progress=progress, stopped=lambda: gate.closed
        )
        looked = await hall.aside(screening)
    except RunStop:
        pass  # the caller checks; what was looked at so far is asked about by nobody
    if listed.columns:
        shown = ", ".join(list(listed.columns)[:MOST_SHOWN])
        hall.notes.append(f"images from column {shown}")
    if not gate.closed:
        return Looked(tuple(looked), extra=listed.extra)
    whole = opened and await in_thread(listed.rest, LISTING_S)
    whole = whole and not (until and time.monotonic() > until)  # a sample may have been cut
    if not whole:
        hall.notes.append(
            f"the input was not read to its end: of {len(listed.names):,} inputs and more"
        )
    return Looked(tuple(looked), tuple(listed.names[len(looked) :]), whole, listed.extra)
