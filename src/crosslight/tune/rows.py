"""Rows that a model is trained on, out of whatever table they come from.

Three kinds are read: pairs of `prefer`, rows of `build` (text and guidance response), and tables in
TRL's columns. All become messages with their pictures placed, so that nothing of a row depends on
which template a model has.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from crosslight.records import (
    BadSetting,
    Dropped,
    Failed,
    canonical,
    content_hash,
    is_sensitive,
    stable_id,
)
from crosslight.runs import Lost
from crosslight.tune.chains.rows import ChainSource, read_chains
from crosslight.tune.job import Method, Target, TuneJob
from crosslight.tune.pictures import BadPicture, Pictures, cells_of, picture_columns
from crosslight.tune.sensitive import MARKED
from crosslight.tune.tables import RawRow, Source, open_data

Turn = dict[str, Any]
"""`{"role": ..., "content": [{"type": "text", "text": ...} or {"type": "image"}]}`."""
IMAGE = {"type": "image"}


@dataclass(frozen=True, slots=True)
class TuneRow:
    """A row: what is asked (`prompt`), and the answer, or the better and the worse of two.

    `pictures` are hashes, one for each image part of `prompt`, in order. `unit` is what is held out
    together: the cluster of a pair, else the photo. `rejected` is empty for SFT.
    """

    id: str
    place: str
    prompt: tuple[Turn, ...]
    answer: str
    pictures: tuple[str, ...]
    rejected: str = ""
    split: str = ""
    unit: str = ""
    mirror_of: str = ""
    sensitive: bool = False
    weight: float | None = 1.0
    """None where a table has weights and this one is unknown."""

    @property
    def texts(self) -> str:
        """All text of the row."""
        asked = (p["text"] for t in self.prompt for p in t["content"] if p["type"] == "text")
        return "\n".join([*asked, self.answer, self.rejected])


@dataclass(frozen=True)
class TuneData:
    """All rows, by split, and what was left out with its reason. `others`: rows of splits that are
    neither trained on nor measured (test), and rows beyond a limit."""

    train: tuple[TuneRow, ...]
    held_out: tuple[TuneRow, ...]
    lost: tuple[Lost, ...]
    hashes: dict[str, str]
    inputs: int


class _NoRow(Exception):
    """Why a row is left out."""


def read_rows(
    job: TuneJob, pictures: Pictures, check: Callable[[], None] = lambda: None
) -> TuneData:
    """All rows that the job trains on and holds out. `check` raises where the run is to stop.

    Raises `BadSetting` where the table as a whole does not fit, with file and row.
    """
    source = _source(job, pictures, check)
    found: list[TuneRow] = []
    lost: list[Lost] = [*source.lost]
    inputs = len(lost)
    for raw in source.rows:
        check()
        inputs += 1
        try:
            found.append(_row(raw, job, pictures))
        except _NoRow as why:
            lost.append(Lost(Dropped("read", str(why)), raw.place))
        except BadPicture as error:
            lost.append(Lost(Failed("read", f"{error.message}"), raw.place))
    if not found:
        raise BadSetting(f"{job.data} has no row to train on: {reasons(lost) or 'it is empty'}")
    train, held = _parts(found, job)
    if not train:
        raise BadSetting(f"no row of {job.data} is left for training", "--held-out 0")
    beside = {row.id for row in (*train, *held)}
    lost += [
        Lost(
            Dropped("split", "not trained on", row.split or "beyond --limit"), row.place, row=row.id
        )
        for row in found
        if row.id not in beside
    ]
    return TuneData(train, held, tuple(lost), dict(source.hashes), inputs)


def _source(job: TuneJob, pictures: Pictures, check: Callable[[], None]) -> Source | ChainSource:
    """The data as it lies, or the chains that are made of it."""
    if job.target is Target.RESPONSE:
        return open_data(job.data)
    if job.method is not Method.SFT:
        raise BadSetting(f"--target {job.target} is for `tune sft`", "leave it out")
    return read_chains(job.data, job.target, pictures, check)


def reasons(lost: Sequence[Lost]) -> str:
    """The most frequent reasons, each with the first place that it was met at."""
    first: dict[str, str] = {}
    count: Counter[str] = Counter()
    for one in lost:
        why = one.outcome.reason if isinstance(one.outcome, Dropped) else one.outcome.error
        first.setdefault(why, one.input)
        count[why] += 1
    return "; ".join(f"{n:,} x {why} ({first[why]})" for why, n in count.most_common(3))


def _row(raw: RawRow, job: TuneJob, pictures: Pictures) -> TuneRow:
    cells = raw.cells
    if not job.sensitive and is_sensitive(cells):
        raise _NoRow(MARKED)
    weight = _weight(cells)
    if job.min_weight and (weight is None or weight < job.min_weight):
        told = "unknown" if weight is None else f"{weight:g}"
        raise _NoRow(f"its weight is {told}, below --min-weight")
    column = _picture_column(raw, job)
    shas = tuple(pictures.keep(c, raw.root) for c in cells_of(cells.get(column)))
    prompt, answer, rejected = _texts(raw, job.method)
    if not answer.strip() or (job.method.pairs and not rejected.strip()):
        raise _NoRow("an answer is empty")
    if answer == rejected:
        raise _NoRow("both answers are the same")
    name = stable_id("tune", prompt=str(prompt), answer=answer, rejected=rejected, of=list(shas))
    return TuneRow(
        id=str(cells.get("id") or name),
        place=raw.place,
        prompt=_placed(prompt, len(shas), raw),
        answer=answer,
        pictures=shas,
        rejected=rejected,
        split=str(cells.get("split") or raw.split),
        unit=str(cells.get("cluster") or (shas[0] if shas else name)),
        mirror_of=str(cells.get("mirror_of") or ""),
        sensitive=is_sensitive(cells),
        weight=weight,
    )


def _weight(cells: dict[str, Any]) -> float | None:
    value = cells.get("weight", 1.0)
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if known and math.isfinite(value) else None


def weights_note(rows: Sequence[TuneRow]) -> list[str]:
    """Says so where rows have weights, which no loss here reads."""
    light = sum(row.weight != 1 for row in rows)
    if not light:
        return []
    return [
        f"{light:,} of {len(rows):,} rows have a weight that is not 1, and count like the others: "
        "TRL's losses have no place for weights (--min-weight leaves lighter rows out)"
    ]


def _picture_column(raw: RawRow, job: TuneJob) -> str:
    """Its name. Raises `BadSetting` for pictures under a name that trainers do not look at."""
    named = [job.image_column] if job.image_column else ["images", "image"]
    for name in named:
        if name in raw.cells:
            return name
    others = picture_columns(raw.cells, named)
    if job.image_column or others:
        missing = f"no column {' or '.join(named)}"
        hint = f"--image-column {others[0]}" if others else f"columns: {', '.join(raw.cells)}"
        why = f", but pictures in {others[0]!r}" if others else ""
        raise BadSetting(f"{raw.place}: {missing}{why}", hint)
    return named[0]


def _texts(raw: RawRow, method: Method) -> tuple[list[Turn], str, str]:
    """The turns before the answer, the answer, and the worse one. Raises `BadSetting`, `_NoRow`."""
    cells = raw.cells
    if "chosen" in cells and "rejected" in cells:
        asked = cells["prompt"] if "prompt" in cells else cells.get("question")
        worse = _last(cells["rejected"], raw) if method.pairs else ""
        return _turns(asked, raw), _last(cells["chosen"], raw), worse
    if method.pairs:
        raise BadSetting(
            f"{raw.place}: {method} needs the columns chosen and rejected",
            "make pairs with `crosslight prefer`, or train with `tune sft`",
        )
    if "messages" in cells:
        turns = _turns(cells["messages"], raw)
        if len(turns) < 2 or turns[-1]["role"] != "assistant":
            raise _NoRow("the messages do not end with an answer")
        return turns[:-1], _text(turns[-1]), ""
    if "prompt" in cells and "completion" in cells:
        return _turns(cells["prompt"], raw), _last(cells["completion"], raw), ""
    if "text" in cells and "response" in cells:
        return _turns(cells["text"], raw), str(cells["response"] or ""), ""
    raise BadSetting(
        f"{raw.place}: no columns that can be trained on ({', '.join(cells)})",
        "TRL's: messages; prompt and completion; prompt, chosen and rejected",
    )


def _turns(value: Any, raw: RawRow) -> list[Turn]:
    """Messages of a cell, their contents as lists of parts."""
    if isinstance(value, str):
        value = [{"role": "user", "content": value}]
    if not isinstance(value, list) or not value:
        raise _NoRow("no question")
    found = []
    for turn in value:
        if not isinstance(turn, dict) or turn.get("role") not in ("system", "user", "assistant"):
            raise BadSetting(
                f"{raw.place}: a message has no role that is known", "see docs/tune.md"
            )
        content = turn.get("content")
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        found.append({"role": turn["role"], "content": [*map(_part, parts or [])]})
    return found


def _part(part: Any) -> dict[str, str]:
    if isinstance(part, dict) and part.get("type") == "image":
        return dict(IMAGE)
    if isinstance(part, dict) and isinstance(part.get("text"), str):
        return {"type": "text", "text": part["text"]}
    raise _NoRow("a message holds what is neither text nor picture")


def _last(value: Any, raw: RawRow) -> str:
    """The text of an answer, which may be written as messages."""
    return str(value or "") if isinstance(value, str | None) else _text(_turns(value, raw)[-1])


def _text(turn: Turn) -> str:
    return "".join(part.get("text", "") for part in turn["content"])


def _placed(turns: Sequence[Turn], pictures: int, raw: RawRow) -> tuple[Turn, ...]:
    """With a part for each picture: where the row says it, else before the first user's text."""
    said = sum(part["type"] == "image" for turn in turns for part in turn["content"])
    if said and said != pictures:
        raise _NoRow(f"the messages have a place for {said} pictures, the row has {pictures}")
    if not said and pictures:
        first = next((turn for turn in turns if turn["role"] == "user"), None)
        if first is None:
            raise _NoRow("no user's turn that a picture could stand in")
        first["content"] = [*(dict(IMAGE) for _ in range(pictures)), *first["content"]]
    return tuple(turns)


def _parts(rows: list[TuneRow], job: TuneJob) -> tuple[tuple[TuneRow, ...], tuple[TuneRow, ...]]:
    """Trained on and held out: by the data's own split, else a share of the units by their hash."""
    if any(row.split for row in rows):
        train = [row for row in rows if row.split in ("train", "")]
        held = [row for row in rows if row.split == "validation"]
    else:
        train, held = [], []
        for row in rows:
            (held if _share(row.unit, job.seed) < job.held_out else train).append(row)
    if job.limit is not None:
        train = sorted(train, key=lambda row: _share(row.unit + _couple(row), job.seed))
        train = train[: job.limit]
    return tuple(train), tuple(held)


def _couple(row: TuneRow) -> str:
    """The same for a pair and its mirror: a pair that stands alone is told by its words."""
    return min(row.id, row.mirror_of or row.id)


def _share(name: str, seed: int) -> float:
    return int(content_hash(f"{seed} {name}".encode())[:12], 16) / 16**12


def rows_hash(rows: Sequence[TuneRow]) -> str:
    """Of all that is trained on, pictures included: a table's own hash does not cover those that
    lie beside it."""
    told = [[row.id, list(row.prompt), row.answer, row.rejected, *row.pictures] for row in rows]
    return content_hash(canonical(told))
