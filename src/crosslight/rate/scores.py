"""Scores of trained judges, each kept on disk once it is there: a stopped run goes on."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from crosslight.rate.judges import Floats, Judge
from crosslight.rate.plan import Sample
from crosslight.rate.sets import SLICE, TEST, Ints, RatedSet
from crosslight.store import replacing

FOLDER = "cells"
MAX_BYTES = 64 << 20


def go_on() -> None:
    """Nothing stops it."""


class Scores:
    """What each judge says about the slice and test rows of each set.

    The key of a file is a hash of the judge, of what the training rows and the asked rows are, and
    of the seed; a file that does not read as it should is made anew. `check` is asked before each
    training, and raises to end the run.
    """

    def __init__(
        self, sets: Sequence[RatedSet], folder: Path | None, check: Callable[[], None] = go_on
    ) -> None:
        self.asked: list[Ints] = [one.places(SLICE, TEST) for one in sets]
        self.trained = 0
        self._sets = sets
        self._folder = folder
        self._check = check
        self._known: dict[str, list[Floats]] = {}
        self._asked_keys = [
            _hash(*(one.keys[row] for row in rows))
            for one, rows in zip(sets, self.asked, strict=True)
        ]

    def of(self, judge: Judge, sample: Sample, tests: Sequence[int], seed: int) -> list[Floats]:
        """For each of these sets the scores of its slice and test rows, in `asked`'s order."""
        key = self._key(judge, sample, tests, seed)
        found = self._known.get(key) or self._read(key, tests)
        if found is None:
            self._check()
            found = judge.scores(sample, [(at, self.asked[at]) for at in tests], seed)
            self.trained += 1
            self._write(key, found)
        self._known[key] = found
        return found

    def _key(self, judge: Judge, sample: Sample, tests: Sequence[int], seed: int) -> str:
        rows = zip(sample.sets.tolist(), sample.rows.tolist(), strict=True)
        learnt = [f"{self._sets[at].keys[row]}{self._sets[at].labels[row]}" for at, row in rows]
        asked = [self._asked_keys[at] for at in tests]
        return _hash(judge.name, str(seed), *learnt, "|", *asked)

    def _read(self, key: str, tests: Sequence[int]) -> list[Floats] | None:
        if self._folder is None:
            return None
        sizes = [len(self.asked[at]) for at in tests]
        path = self._folder / f"{key}.npy"
        try:
            if path.is_symlink() or path.stat().st_size > MAX_BYTES:
                return None
            whole = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        if whole.dtype != np.float64 or whole.shape != (sum(sizes),) or not _finite(whole):
            return None
        return np.split(whole, np.cumsum(sizes)[:-1])

    def _write(self, key: str, found: Sequence[Floats]) -> None:
        if self._folder is None:
            return
        self._folder.mkdir(exist_ok=True)
        with replacing(self._folder / f"{key}.npy") as file:
            np.save(file, np.concatenate(found).astype(np.float64), allow_pickle=False)


def _finite(values: Floats) -> bool:
    return bool(np.isfinite(values).all())


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
