"""From datasets on disk to sets of the matrix: rows, clusters, looks of pictures, controls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from crosslight.rate.config import RateConfig
from crosslight.rate.sets import UNUSED, Ints, RatedSet, cut, row_key
from crosslight.records import BadSetting
from crosslight.store import DECODE_SIDE, BadImage, DecoderDown, decode_image, perceptual_hash
from crosslight.tune import JudgeData, JudgeRow, read_judge_rows

MOST_SETS = 40
Tell = Callable[[str, int, int], None]
"""Is told what is looked at, how much of it is done, of how much; may raise to end the run."""


@dataclass(frozen=True, slots=True, eq=False)
class ReadSet:
    """A set, and its rows as they were read."""

    data: RatedSet
    rows: tuple[JudgeRow, ...]


def read_datasets(
    specs: Sequence[str], pool: str | None, config: RateConfig, tell: Tell
) -> list[ReadSet]:
    """All datasets, cut. One with a single label takes the pool's rows of the other, if there is a
    pool. Raises `BadSetting` and `DataError`."""
    if len(specs) > MOST_SETS:
        raise BadSetting(f"{len(specs)} datasets", f"give at most {MOST_SETS}")
    controls = read_judge_rows(pool) if pool else None
    if controls is not None and controls.only == "unsafe":
        raise BadSetting(
            f"--control-pool {pool}: all its rows are unsafe", "name a set with safe rows"
        )
    looks: dict[str, str] = {}
    made: list[ReadSet] = []
    for at, spec in enumerate(specs):
        tell("read", at, len(specs))
        data = read_judge_rows(spec)
        name = _free(data.name, [one.data.name for one in made])
        made.append(_made(name, data, controls, config, looks, tell))
    return made


def _free(name: str, taken: Sequence[str]) -> str:
    number = 1 + sum(other == name or other.startswith(f"{name} (") for other in taken)
    return name if number == 1 else f"{name} ({number})"


def _made(
    name: str,
    data: JudgeData,
    pool: JudgeData | None,
    config: RateConfig,
    looks: dict[str, str],
    tell: Tell,
) -> ReadSet:
    added = _controls(data, pool)
    rows = (*data.rows, *added)
    groups = [*(row.group for row in data.rows), *(f"pool {row.group}" for row in added)]
    one = RatedSet(
        name=name,
        keys=tuple(_key(row) for row in rows),
        texts=tuple(row.text for row in rows),
        labels=np.array([row.unsafe for row in rows], dtype=np.int64),
        clusters=np.unique(groups, return_inverse=True)[1].astype(np.int64),
        pictures=tuple(row.picture for row in rows),
        looks=("",) * len(rows),
        controls=np.arange(len(rows)) >= len(data.rows),
        part=np.zeros(len(rows), dtype=np.int64),
        licence=data.licence,
        why_not=_why_not(data, pool, bool(added)),
        read=len(data.rows) + sum(data.left_out.values()),
        left_out=dict(data.left_out),
        notes=data.notes,
    )
    whole = cut(one, config.seed, config.rows, config.slice_rows)
    kept = np.flatnonzero(whole.part != UNUSED).astype(np.int64)
    used = tuple(rows[at] for at in kept.tolist())
    for at, row in enumerate(used):
        if row.image is not None and row.picture not in looks:
            tell(f"look at the pictures of {name}", at, len(used))
            looks[row.picture] = _look(row)
    return ReadSet(_only(whole, kept, looks), used)


def _controls(data: JudgeData, pool: JudgeData | None) -> tuple[JudgeRow, ...]:
    """The pool's rows of the label that the set lacks: the same for all sets that lack it."""
    if pool is None or not data.only:
        return ()
    wanted = 0 if data.only == "unsafe" else 1
    return tuple(row for row in pool.rows if row.unsafe == wanted)


def _why_not(data: JudgeData, pool: JudgeData | None, added: bool) -> str:
    if not data.train_allowed:
        return data.why_not or "its licence forbids training"
    if added and pool is not None and not pool.train_allowed:
        return f"the control pool {pool.name} must not be trained on: {pool.why_not}"
    return ""


def _key(row: JudgeRow) -> str:
    return row_key(row.id, row.text, row.answer, row.picture, str(row.unsafe), row.source)


def _look(row: JudgeRow) -> str:
    """The perceptual hash of a picture; empty where it cannot be decoded."""
    assert row.image is not None
    try:
        return perceptual_hash(decode_image(row.image.read(), DECODE_SIDE).image)
    except (BadImage, DecoderDown):
        return ""


def _only(one: RatedSet, kept: Ints, looks: dict[str, str]) -> RatedSet:
    """The rows that are used."""
    places = kept.tolist()
    return replace(
        one,
        keys=tuple(one.keys[at] for at in places),
        texts=tuple(one.texts[at] for at in places),
        labels=one.labels[kept],
        clusters=one.clusters[kept],
        pictures=tuple(one.pictures[at] for at in places),
        looks=tuple(looks.get(one.pictures[at], "") for at in places),
        controls=one.controls[kept],
        part=one.part[kept],
    )
