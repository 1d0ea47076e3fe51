"""The pictures that a run begins with: the input, screened, and why the rest of it is left out."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

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
from crosslight.runs.lost import Lost
from crosslight.runs.run import Hall

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

    def entries(self, exclude: Sequence[Path] = ()) -> Iterator[Found]:
        """What the source holds, unread, without what lies in the folders of the run itself.

        Raises `InputError`.
        """
        options = SourceOptions(
            column=self.column, allow_outside=self.allow_outside, exclude=tuple(exclude)
        )
        return sampled(open_source(self.source, options), self.limit, self.seed)


@dataclass(frozen=True, slots=True)
class Looked:
    """Every input once, in order: a photo, or why it is none."""

    entries: tuple[Screened, ...]

    @property
    def photos(self) -> list[tuple[str, Photo]]:
        """(name in the input, photo) of what can be shown."""
        return [
            (one.source, one.outcome.value) for one in self.entries if isinstance(one.outcome, Done)
        ]

    @property
    def lost(self) -> list[Lost]:
        """The others."""
        return [
            Lost(one.outcome, one.source)
            for one in self.entries
            if not isinstance(one.outcome, Done)
        ]


async def look(hall: Hall, intake: Intake, progress: Progress = unheard) -> Looked:
    """Screen the input into the run's image store. A stop ends it early: the caller checks."""
    setup = hall.setup
    if intake.limit is not None:
        hall.notes.append(f"a sample of at most {intake.limit:,} inputs, chosen by the seed")
    found = await asyncio.to_thread(intake.entries, (setup.out, setup.images))
    looked = screen_photos(
        found,
        hall.images,
        intake.screen,
        progress=progress,
        stopped=lambda: hall.session.gate.closed,
    )
    return Looked(tuple(await hall.aside(looked)))
