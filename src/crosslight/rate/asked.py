"""What an open model says of rows, by its first word; each is kept on disk before the next.

Three ends: a probability of unsafe; none, since the model's words lay elsewhere; none, since it
could not be asked. The last two are NaN, and never count as safe or unsafe.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crosslight.models import Message, Model, ModelError
from crosslight.rate.judges import Floats
from crosslight.rate.read import ReadSet
from crosslight.rate.recipe import LEAST_MASS
from crosslight.rate.sets import Ints
from crosslight.records import ImageView
from crosslight.store import BadImage, DecoderDown, ImageStore
from crosslight.tune import JudgeRow

SAFE, UNSAFE = "safe", "unsafe"
NO_SCORE = ("no_option", "rejected")
"""Kinds of errors that are the row's own: its words lay elsewhere, or it is too long."""
MOST_LINE = 10_000
Open = Callable[[], Awaitable[Model]]
Ask = Callable[[JudgeRow, ImageView | None], list[Message]]
Told = Callable[[int, int], None]
"""Is told how many rows are done, of how many; raises to end the run."""


class Said(BaseModel):
    """A line of a log. `row`: its key; `unsafe`: of the two words' probability together; `mass`:
    how much that is. `why`: why there is no score."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    row: str = Field(max_length=64)
    unsafe: float | None = Field(default=None, ge=0, le=1)
    mass: float = Field(default=0.0, ge=0, le=1)
    why: str = Field(default="", max_length=400)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that are asked about, and how they are shown."""

    sets: Sequence[ReadSet]
    images: ImageStore
    side: int

    def scores(
        self, log: Path, opens: Open, ask: Ask, asked: Sequence[tuple[int, Ints]], told: Told
    ) -> list[Floats]:
        """For each (place of a set, rows of it) the scores. What stands in `log` is not asked
        again, and where all does, no model is opened. Raises `ModelError` that is no row's own."""
        known = read_log(log)
        wanted: dict[str, JudgeRow] = {}
        for at, rows in asked:
            for row in rows.tolist():
                wanted[self.sets[at].data.keys[row]] = self.sets[at].rows[row]
        missing = {key: row for key, row in wanted.items() if key not in known}
        if missing:
            with _appending(log) as file:
                asyncio.run(self._ask(file, opens, ask, missing, known, told))
        return [
            np.array([_score(known[self.sets[at].data.keys[row]]) for row in rows.tolist()])
            for at, rows in asked
        ]

    async def _ask(
        self,
        file: IO[bytes],
        opens: Open,
        ask: Ask,
        missing: dict[str, JudgeRow],
        known: dict[str, Said],
        told: Told,
    ) -> None:
        model = await opens()
        try:
            # One after the other: rows that share a pass differ by rounding from such that do not,
            # and a run that goes on would end with other figures.
            for done, (key, row) in enumerate(missing.items()):
                told(done, len(missing))
                known[key] = said = await self._said(model, ask, key, row)
                file.write(json.dumps(said.model_dump()).encode() + b"\n")
                file.flush()
        finally:
            await model.aclose()

    async def _said(self, model: Model, ask: Ask, key: str, row: JudgeRow) -> Said:
        try:
            view = self._view(row)
        except (BadImage, DecoderDown, OSError) as error:
            return Said(row=key, why=f"picture cannot be read: {error}"[:400])
        try:
            choice = await model.choose(ask(row, view), (SAFE, UNSAFE))
        except ModelError as error:
            if error.kind not in NO_SCORE:
                raise
            return Said(row=key, why=f"{error.kind}: {error.message}"[:400])
        mass = max(0.0, min(1.0, 1.0 - choice.outside_mass - choice.unknown_mass))
        return Said(row=key, unsafe=choice.probabilities[UNSAFE], mass=mass)

    def _view(self, row: JudgeRow) -> ImageView | None:
        if row.image is None:
            return None
        return self.images.view(self.images.put(row.image.read()), self.side)


def _score(said: Said) -> float:
    """The probability of unsafe; NaN where too little lay on both words to say."""
    known = said.unsafe is not None and said.mass >= LEAST_MASS
    return float(said.unsafe) if known and said.unsafe is not None else float("nan")


def read_log(log: Path) -> dict[str, Said]:
    """What was said before. A line that was cut by a kill, or is none of ours, is left out."""
    found: dict[str, Said] = {}
    try:
        with log.open("rb") as file:
            while line := file.readline(MOST_LINE):
                try:
                    said = Said.model_validate_json(line)
                except ValidationError:
                    continue
                found[said.row] = said
    except FileNotFoundError:
        pass
    return found


@contextmanager
def _appending(log: Path) -> Iterator[IO[bytes]]:
    """The log, to write behind what is there: a line that a kill cut is ended first."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")
        yield file
        file.flush()
        os.fsync(file.fileno())
