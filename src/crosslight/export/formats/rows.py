"""The rows of a run for a trainer or a reader, as a stream, and why others are left out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from crosslight.export.formats.reviewed import UNSEEN, Verdict, read_verdicts
from crosslight.records import CrosslightError, Dropped, Failed, content_hash, is_sensitive
from crosslight.runs import SPLITS, read_run, split_files
from crosslight.store import TableError, TableFile

PLACEHOLDERS = (
    *("<image>", "<video>", "<audio>", "<|image|>", "<|image_pad|>", "<|vision_start|>"),
    *("<image_soft_token>", "<start_of_image>", "<fake_token_around_image>", "[IMG]"),
)
"""What trainers replace by a picture: in a text of somebody it would stand for none."""
NO_PICTURE = "no_picture: the row holds no bytes of its photo"
_SHARED = ("id", "photo", "source", "sensitive", "split", "licence", "origin")
_READ: dict[str, dict[str, str]] = {
    "prefer": {"question": "prompt", "chosen": "reply", "rejected": "worse", "side": "kind"},
    "build": {"text": "prompt", "response": "reply", "kind": "kind"},
}
"""The columns that matter of a kind of run, and what each is here."""
_OPTIONAL = {
    **{"mirror_of": "mirror", "weight": "weight"},
    **{name: name for name in ("source_2", "licence_2", "origin_2")},
}
_PICTURES = ("image", "images")
REVIEW = {"review_label": pa.string(), "reviewers": pa.int64()}
"""Columns that are added to accepted rows: what reviewers call it, and how many accepted it."""
_HELD_OUT = (("test", 0.1), ("validation", 0.2))
"""Where the shares of `--split-by` end; the rest is train."""


class ExportError(CrosslightError):
    """The run cannot be exported as it was asked for."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which rows are wanted: of these splits and kinds (empty: all), and whether the sensitive."""

    splits: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    sensitive: bool = False
    pairs: bool = True
    """Whether the worse reply goes along where there is one; else the better one alone."""
    target: str = "response"
    """Of a build what is taught to say: the response, or chains of reasons (`tune.Target`)."""
    only: str = ""
    """`accepted`: only rows that reviewers accept, with their edits; empty: all."""
    split_by: str = ""
    """The column of which no two splits share a value; empty: the run's own splits."""


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


@dataclass(frozen=True, slots=True)
class Source:
    """The folder of a run of `prefer` or `build`."""

    folder: Path
    kind: str
    run: Mapping[str, Any]
    files: tuple[Path, ...]
    verdicts: Mapping[str, Verdict] = field(default_factory=dict, repr=False)
    """What reviewers said, by row."""

    @property
    def pairs(self) -> bool:
        """Whether its rows have a worse reply."""
        return self.kind == "prefer"


def open_source(folder: Path) -> Source:
    """The run in a folder. Raises `ExportError`."""
    if not folder.is_dir():
        raise ExportError(f"{folder} is no folder", "give the folder of a run of prefer or build")
    run = read_run(folder)
    kind = str(run.get("kind", ""))
    if kind not in _READ:
        found = f"a {kind} run" if kind else "no run"
        raise ExportError(
            f"{folder} holds {found}", "give the folder of a run of prefer (pairs) or build (rows)"
        )
    files = tuple(path for files in split_files(folder).values() for path in files)
    if not files:
        raise ExportError(f"{folder} has no dataset yet", "run it to its end, then export it")
    return Source(folder, kind, run, files, read_verdicts(folder))


def columns_of(source: Source, chosen: Chosen) -> dict[str, pa.DataType]:
    """The run's columns in their order, and those of reviews. Raises `ExportError`."""
    found: dict[str, pa.DataType] = {}
    for path in source.files:
        try:
            with TableFile(path) as file:
                for one in file.schema:
                    found.setdefault(one.name, one.type)
        except TableError as error:
            raise ExportError(error.message, error.hint) from error
    return found | (REVIEW if chosen.only else {})


def read_rows(
    source: Source, chosen: Chosen, *, pictures: bool = True, whole: bool = False
) -> Iterator[TrainRow | LeftOut]:
    """Every row of the run in its order: as it is exported, or why it is not.

    Without `pictures` none is read or looked for; `whole`: for a reader of data, who gets all
    columns, also of rows that no trainer can learn from. Raises `ExportError`.
    """
    names = {name: name for name in _SHARED} | _READ[source.kind]
    for path in source.files:
        try:
            with TableFile(path) as file:
                there = set(file.schema.names)
                if lacks := set(names) - there:
                    raise ExportError(
                        f"{path.name} lacks the columns {', '.join(sorted(lacks))}",
                        "make the run again with this version",
                    )
                told = names | {n: k for n, k in _OPTIONAL.items() if n in there}
                wanted = there - set(_PICTURES) if whole else {*told, chosen.split_by} & there
                column = "images" if "images" in there else "image"
                for cells in file.rows_of([*sorted(wanted), *([column] if pictures else [])]):
                    shown = cells.pop(column, None)
                    verdict = source.verdicts.get(_text(cells["id"]), UNSEEN)
                    if chosen.only:
                        cells.update(_corrected(cells, verdict))
                    if chosen.split_by:
                        cells["split"] = _split(cells, chosen.split_by)
                    row = {here: cells.get(name) for name, here in told.items()}
                    if (reason := why_not(row, source, chosen, whole=whole)) or (
                        reason := verdict.why_not if chosen.only else ""
                    ):
                        yield left_out(row, Dropped("export", reason))
                        continue
                    shown = shown if isinstance(shown, list) else [shown]
                    yield _row(row, shown, source, chosen, pictures, cells if whole else {})
        except TableError as error:
            raise ExportError(error.message, error.hint) from error


def _corrected(cells: Mapping[str, Any], verdict: Verdict) -> dict[str, Any]:
    """What reviewers change and add: texts only, and not what a row is known and cut by."""
    edit = {
        name: text
        for name, text in verdict.edit.items()
        if name not in _SHARED and isinstance(cells.get(name), str)
    }
    return edit | {"review_label": verdict.label, "reviewers": verdict.accepted}


def _split(cells: Mapping[str, Any], by: str) -> str:
    """By a hash of the value, so that more rows move none; of an empty one by the photo."""
    value = cells.get(by)
    told = f"{by} {value}" if value not in (None, "") else f"photo {cells.get('photo')}"
    at = int(content_hash(f"export split {told}".encode())[:12], 16) / 16**12
    return next((name for name, end in _HELD_OUT if at < end), SPLITS[0])


def _row(
    row: Mapping[str, Any],
    shown: list[Any],
    source: Source,
    chosen: Chosen,
    pictures: bool,
    cells: Mapping[str, Any],
) -> TrainRow | LeftOut:
    data = [one.get("bytes") if isinstance(one, Mapping) else None for one in shown]
    if pictures and not (data and all(data)):
        return left_out(row, Failed("export", NO_PICTURE))
    weight = row.get("weight")
    credits = [
        Credit(*(_text(row.get(name + end)) for name in ("source", "licence", "origin")))
        for end in ("", *(f"_{at}" for at in range(2, len(data) + 1)))
    ]
    return TrainRow(
        id=_text(row["id"]),
        split=_text(row["split"]),
        kind=_text(row["kind"]),
        prompt=_text(row["prompt"]),
        reply=_text(row["reply"]),
        worse=_text(row["worse"]) if source.pairs and chosen.pairs else None,
        source=credits[0].source,
        credits=tuple(credits),
        mirror=_text(row.get("mirror")),
        weight=float(weight) if isinstance(weight, int | float) else 1.0,
        pictures=tuple(one for one in data if one),
        cells=cells,
    )


def why_not(
    cells: Mapping[str, Any], source: Source, chosen: Chosen, *, whole: bool = False
) -> str:
    """Why a row is left out on purpose; empty for one that is wanted. A reader of the `whole` row
    wants also what a trainer cannot learn from: there a text stands for itself."""
    texts = [_text(cells["prompt"]), _text(cells["reply"])]
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

    @property
    def two(self) -> bool:
        """Whether a row shows several pictures."""
        return "images" in self.columns

    def cells(self, row: TrainRow, names: Sequence[str]) -> dict[str, Any]:
        """A whole row with its pictures in their column."""
        both = zip(row.pictures, names, strict=True)
        shown = [{"bytes": data, "path": name} for data, name in both]
        return {**row.cells, **({"images": shown} if self.two else {"image": shown[0]})}


def lone_mirrors(mirrors: Mapping[str, str]) -> int:
    """Of pairs by id, with the id of each one's mirror: those whose mirror is not among them."""
    return sum(bool(mirror) and mirror not in mirrors for mirror in mirrors.values())
