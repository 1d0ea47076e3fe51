"""The rows of several datasets as one training set, and what stands in the way of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from crosslight.records import BadSetting, stable_id
from crosslight.tune.judge.read import read_judge_rows
from crosslight.tune.judge.rows import (
    JudgeData,
    JudgeRow,
    joined_groups,
    requests_alone,
    without_sensitive,
)


@dataclass(frozen=True, slots=True)
class Gathered:
    """All rows that are trained on. `inputs` is how many there were before any was left out."""

    sets: tuple[JudgeData, ...]
    rows: tuple[JudgeRow, ...]
    left_out: tuple[tuple[str, str, int], ...]
    """Name of the set (or `all`), reason, number of rows."""
    notes: tuple[str, ...]

    @property
    def inputs(self) -> int:
        """Rows and items of all datasets."""
        return len(self.rows) + sum(count for *_, count in self.left_out)


def gather(
    specs: Sequence[str],
    most: int,
    seed: int,
    check: Callable[[], None],
    *,
    sensitive: bool = False,
    answers: bool = True,
) -> Gathered:
    """Read all of them. `sensitive`: rows that are marked so are trained on too. `answers` False:
    no row whose label is of an answer.

    Raises `DataError`, `BadSetting` where training is not allowed: a set whose authors forbid it.
    """
    sets = []
    for spec in specs:
        check()
        data = read_judge_rows(spec)
        data = data if sensitive else without_sensitive(data)
        sets.append(data if answers else requests_alone(data))
    for data in sets:
        if not data.train_allowed:
            raise BadSetting(
                f"{data.name} is not for training: {data.why_not}",
                "leave it out here; crosslight rate tests judges on it",
            )
    names = [data.name for data in sets]
    if len(set(names)) != len(names):
        raise BadSetting(
            f"two datasets are called {next(n for n in names if names.count(n) > 1)!r}",
            "name each once; a table is called by its file",
        )
    left_out = [(d.name, why, count) for d in sets for why, count in d.left_out.items()]
    rows, twice = _once([row for data in sets for row in data.rows])
    rows = _grouped(rows)
    rows, cut = _sample(rows, most, seed)
    left_out += [("all", "the same row again", twice), ("all", f"beyond {most:,} rows", cut)]
    left_out = [one for one in left_out if one[2]]
    return Gathered(tuple(sets), tuple(rows), tuple(left_out), _notes(sets))


def _once(rows: list[JudgeRow]) -> tuple[list[JudgeRow], int]:
    """Rows of the same text, answer and picture once, in the group of the first; where two of them
    have another label all of them go: nobody knows which is right."""
    found: dict[tuple[str, str, str, bool], JudgeRow] = {}
    torn: set[tuple[str, str, str, bool]] = set()
    for row in rows:
        lacks = row.lacks_picture
        # Pictures that are not here may differ: such rows are the same only by name.
        picture = row.picture or (row.group if lacks else "")
        key = (row.text, row.answer, picture, lacks)
        if found.setdefault(key, row).unsafe != row.unsafe:
            torn.add(key)
    kept = [row for key, row in found.items() if key not in torn]
    return kept, len(rows) - len(kept)


def _grouped(rows: list[JudgeRow]) -> list[JudgeRow]:
    """In the groups of their sets, joined where two share what a judge could know again: a picture
    that stands in two sets, or a request (with its picture) that several answers were given to."""
    of: dict[str, set[str]] = {}
    for row in rows:
        of.setdefault(row.picture, set()).add(row.source)
    keys = []
    for row in rows:
        own = [f"group {row.group}"]
        if row.picture and len(of[row.picture]) > 1:
            own.append(f"picture {row.picture}")
        if row.answer.strip() and row.text.strip() and not row.lacks_picture:
            own.append(f"asked {row.picture} {row.text}")
        keys.append(own)
    return [
        replace(row, group=group.partition(" ")[2])
        for row, group in zip(rows, joined_groups(keys), strict=True)
    ]


def _sample(rows: list[JudgeRow], most: int, seed: int) -> tuple[list[JudgeRow], int]:
    """Whole groups, by the seed, until there are `most` rows."""
    if len(rows) <= most:
        return rows, 0
    ranked = sorted({row.group for row in rows}, key=lambda g: stable_id("group", g=g, seed=seed))
    sizes: dict[str, int] = {}
    for row in rows:
        sizes[row.group] = sizes.get(row.group, 0) + 1
    kept: set[str] = set()
    count = 0
    for group in ranked:
        if count + sizes[group] <= most:
            kept.add(group)
            count += sizes[group]
    chosen = [row for row in rows if row.group in kept]
    return chosen, len(rows) - len(chosen)


def _notes(sets: Sequence[JudgeData]) -> tuple[str, ...]:
    notes = [note for data in sets for note in data.notes]
    single = [f"{data.name} ({data.only})" for data in sets if data.only]
    if single and len(sets) > 1:
        notes.append(
            f"sets of one class only: {', '.join(single)}; a judge tells them from the others by "
            "their style, which looks like judgement inside and is none outside"
        )
    return tuple(notes)
