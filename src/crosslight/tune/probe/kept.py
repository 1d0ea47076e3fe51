"""States that were taken stay on the disk, some rows a file, so that a run goes on where it was."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from crosslight.store import UnreadableFile, read_named, replacing
from crosslight.tune.probe.probe import BROKEN, arrays_of
from crosslight.tune.probe.states import States

STATES = "states"
"""The folder in a run."""
AT_ONCE = 16
"""Rows of a file: what a kill can lose."""
MOST_BYTES = 256 << 20


Taken = States | str
"""States, or why a row has none."""


@dataclass(frozen=True, slots=True)
class KeptStates:
    """The folder `states` of a run. A file that does not fit its rows is made again."""

    folder: Path

    def part(self, at: int, ids: Sequence[str]) -> list[Taken] | None:
        """The states of these rows, or why a row has none; None where they are not here as a
        whole."""
        try:
            file = arrays_of(read_named(self._path(at), MOST_BYTES))
            told = json.loads(str(file["told"]))
            if told["ids"] != list(ids) or len(told["rows"]) != len(ids):
                return None
            states = zip(file["asked"], file["begun"], strict=True)
            return [
                str(one["why"]) if "why" in one else States(*next(states), str(one["answer"]))
                for one in told["rows"]
            ]
        except (UnreadableFile, StopIteration, *BROKEN):
            return None

    def keep(self, at: int, ids: Sequence[str], states: Sequence[Taken]) -> None:
        """Write them in one step."""
        self.folder.mkdir(exist_ok=True)
        known = [one for one in states if isinstance(one, States)]
        rows = [{"why": o} if isinstance(o, str) else {"answer": o.answer} for o in states]
        told = json.dumps({"ids": list(ids), "rows": rows})
        with replacing(self._path(at)) as file:
            np.savez(
                file,
                allow_pickle=False,
                told=np.array(told),
                asked=_stacked([one.asked for one in known]),
                begun=_stacked([one.begun for one in known]),
            )

    def _path(self, at: int) -> Path:
        return self.folder / f"{at:06d}.npz"


def _stacked(states: Sequence[np.ndarray]) -> np.ndarray:
    return np.stack(states) if states else np.zeros((0, 0), dtype=np.float32)


def parts(count: int) -> Iterator[slice]:
    """The rows of each file."""
    for start in range(0, count, AT_ONCE):
        yield slice(start, min(count, start + AT_ONCE))
