"""The rows of a run for a trainer or a reader, as a stream, and why others are left out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from crosslight.export.formats.pictures import Raw
from crosslight.export.formats.source import Chosen, ExportError, Source
from crosslight.export.formats.tables import raw_rows
from crosslight.records import Dropped, Failed, content_hash, is_sensitive
from crosslight.runs import SPLITS, UNSEEN, Reviewed
from crosslight.store import TableError

PLACEHOLDERS = (
    *("<image>", "<video>", "<audio>", "<|image|>", "<|image_pad|>", "<|vision_start|>"),
    *("<image_soft_token>", "<start_of_image>", "<fake_token_around_image>", "[IMG]"),
)
"""What trainers replace by a picture: in a text of somebody it would stand for none."""
NO_PICTURE = "no_picture: the row holds no bytes of its photo"
_SHARED = ("id", "photo", "source", "sensitive", "split", "licence", "origin")
_WORDS = frozenset("text response risk element question chosen rejected".split())
"""Columns of a build and of pairs that a reviewer can edit in the viewer."""
_OPTIONAL = {
    **{"mirror_of": "mirror", "weight": "weight"},
    **{name: name for name in ("source_2", "licence_2", "origin_2")},
}
_HELD_OUT = (("test", 0.1), ("validation", 0.2))
"""Where the shares of `--split-by` end; the rest is train."""


@dataclass(frozen=True, slots=True)
class Credit:
    """Whose a picture is, as the run states it."""

    source: str
    licence: str
    origin: str


@dataclass(frozen=True, slots=True)
class TrainRow:
    """One row for a trainer: what is asked beside the pictures, the reply, perhaps a worse one."""

    id: str
    split: str
    kind: str
    prompt: str
    reply: str
    worse: str | None = None
    source: str = ""
    credits: tuple[Credit, ...] = ()
    """One a picture."""
    mirror: str = ""
    weight: float = 1.0
    pictures: tuple[bytes, ...] = field(default=(), repr=False)
    kept: int = 0
    """Of these: see `Raw`."""
    cells: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """All columns of the run but the pictures; empty where nobody asked for them."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that is not exported, and why: on purpose, or because something is wrong with it."""

    id: str
    source: str
    kind: str
    outcome: Dropped | Failed

    @property
    def reason(self) -> str:
        """In a word."""
        if isinstance(self.outcome, Dropped):
            return self.outcome.reason
        return self.outcome.error.partition(":")[0]


def read_rows(
    source: Source, chosen: Chosen, *, pictures: bool = True, whole: bool = False
) -> Iterator[TrainRow | LeftOut]:
    """Every row of the run in its order: as it is exported, or why it is not.

    Without `pictures` none is read or looked for; `whole`: for a reader of data, who gets all
    columns, also of rows that no trainer can learn from. Raises `ExportError`.
    """
    needed = {name: name for name in _SHARED} | dict(source.rows.told)
    more = None if whole else {*_OPTIONAL, chosen.split_by}
    try:
        for raw in raw_rows(source, needed, more, pictures=pictures):
            cells = raw.cells
            known = _text(cells.get(source.rows.known_by) or cells.get("id"))
            reviewed = source.reviews.get(known, UNSEEN)
            if chosen.only:
                edit = _corrected(cells, reviewed) if source.rows.trainable else {}
                cells |= edit | {"review_label": reviewed.label, "reviewers": reviewed.accepted}
            if chosen.split_by:
                cells["split"] = _split(cells, chosen.split_by)
            told = needed | {name: here for name, here in _OPTIONAL.items() if name in cells}
            row = {here: cells.get(name) for name, here in told.items()}
            if "sensitive" not in cells:  # nothing is marked: whoever names the run answers for it
                del row["sensitive"]
            reason = why_not(row, source, chosen, whole=whole)
            if not reason and chosen.only:
                reason = reviewed.why_not
            if reason:
                yield left_out(row, Dropped("export", reason))
            elif pictures and not (all(raw.shown) and len(raw.shown) == raw.pictures):
                yield left_out(row, Failed("export", NO_PICTURE))
            else:
                yield _row(row, raw, source, chosen, cells if whole else {})
    except TableError as error:
        raise ExportError(error.message, error.hint) from error


def _corrected(cells: Mapping[str, Any], verdict: Reviewed) -> dict[str, Any]:
    """What reviewers change: words, and not what a row is known, cut and credited by, whatever the
    file of reviews says."""
    return {
        name: text
        for name, text in verdict.edit.items()
        if name in _WORDS and isinstance(cells.get(name), str)
    }


def _split(cells: Mapping[str, Any], by: str) -> str:
    """By a hash of the value, so that more rows move none; of an empty one by the photo."""
    value = cells.get(by)
    told = f"{by} {value}" if value not in (None, "") else f"photo {cells.get('photo')}"
    at = int(content_hash(f"export split {told}".encode())[:12], 16) / 16**12
    return next((name for name, end in _HELD_OUT if at < end), SPLITS[0])


def _row(
    row: Mapping[str, Any], raw: Raw, source: Source, chosen: Chosen, cells: Mapping[str, Any]
) -> TrainRow:
    weight = row.get("weight")
    ends = ("", *(f"_{at}" for at in range(2, raw.pictures + 1)))[: raw.pictures]
    credits = [
        Credit(*(_text(row.get(name + end)) for name in ("source", "licence", "origin")))
        for end in ends
    ]
    return TrainRow(
        id=_text(row["id"]),
        split=_text(row["split"]),
        kind=_text(row["kind"]),
        prompt=_text(row.get("prompt")),
        reply=_text(row.get("reply")),
        worse=_text(row["worse"]) if source.pairs and chosen.pairs else None,
        source=_text(row.get("source")),
        credits=tuple(credits),
        mirror=_text(row.get("mirror")),
        weight=float(weight) if isinstance(weight, int | float) else 1.0,
        pictures=tuple(one for one in raw.shown if one),
        kept=raw.kept,
        cells=cells,
    )


def why_not(
    cells: Mapping[str, Any], source: Source, chosen: Chosen, *, whole: bool = False
) -> str:
    """Why a row is left out on purpose; empty for one that is wanted. A reader of the `whole` row
    wants also what a trainer cannot learn from: there a text stands for itself."""
    texts = [_text(cells.get("prompt")), _text(cells.get("reply"))]
    if source.pairs:
        texts.append(_text(cells["worse"]))
    split, kind = _text(cells["split"]), _text(cells["kind"])
    reasons = (
        ("other_split", bool(chosen.splits) and split not in chosen.splits),
        ("unknown_split", split not in SPLITS),
        ("other_kind", bool(chosen.kinds) and kind not in chosen.kinds),
        ("sensitive", not chosen.sensitive and is_sensitive(cells)),
        ("no_text", not whole and not all(text.strip() for text in texts)),
        ("same_reply", not whole and source.pairs and texts[1].split() == texts[2].split()),
        (
            "holds_placeholder",
            not whole and any(mark in text for text in texts for mark in PLACEHOLDERS),
        ),
    )
    return next((reason for reason, holds in reasons if holds), "")


def left_out(cells: Mapping[str, Any], outcome: Dropped | Failed) -> LeftOut:
    """The row, with its outcome."""
    return LeftOut(_text(cells["id"]), _text(cells["source"]), _text(cells["kind"]), outcome)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a format is told of all rows together, before the first of them."""

    source: Source
    pairs: bool
    """Whether a worse reply stands beside the better one."""
    columns: Mapping[str, pa.DataType] = field(default_factory=dict)
    """For a format of whole rows."""
    pictures: int = 1
    """The most that a row shows."""

    @property
    def two(self) -> bool:
        """Whether a row shows several pictures."""
        return "images" in self.columns

    def cells(self, row: TrainRow, names: Sequence[str]) -> dict[str, Any]:
        """A whole row with its pictures in their column."""
        both = zip(row.pictures, names, strict=True)
        shown = [{"bytes": data, "path": name} for data, name in both]
        if self.two:
            return {**row.cells, "images": shown}
        one = {"image": shown[0] if shown else None} if "image" in self.columns else {}
        return {**row.cells, **one}


def lone_mirrors(mirrors: Mapping[str, str]) -> int:
    """Of pairs by id, with the id of each one's mirror: those whose mirror is not among them."""
    return sum(bool(mirror) and mirror not in mirrors for mirror in mirrors.values())
