"""The rows of a run that a trainer can learn from, as a stream, and why others are left out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crosslight.records import CrosslightError, Dropped, Failed, is_sensitive
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
_OPTIONAL = {"mirror_of": "mirror", "weight": "weight"}


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
    return Source(folder, kind, run, files)


def read_rows(
    source: Source, chosen: Chosen, *, pictures: bool = True
) -> Iterator[TrainRow | LeftOut]:
    """Every row of the run in its order: as it is exported, or why it is not.

    Without `pictures` none is read or looked for. Raises `ExportError`.
    """
    names = {name: name for name in _SHARED} | _READ[source.kind]
    for path in source.files:
        try:
            with TableFile(path) as file:
                lacks = set(names) - set(file.schema.names)
                if lacks:
                    raise ExportError(
                        f"{path.name} lacks the columns {', '.join(sorted(lacks))}",
                        "make the run again with this version",
                    )
                there = names | {n: k for n, k in _OPTIONAL.items() if n in file.schema.names}
                column = "images" if "images" in file.schema.names else "image"
                for cells in file.rows_of([*there, *([column] if pictures else [])]):
                    named = {here: cells.get(name) for name, here in there.items()}
                    shown = cells.get(column)
                    shown = shown if isinstance(shown, list) else [shown]
                    yield _row(named, shown, source, chosen, pictures)
        except TableError as error:
            raise ExportError(error.message, error.hint) from error


def _row(
    cells: Mapping[str, Any], shown: list[Any], source: Source, chosen: Chosen, pictures: bool
) -> TrainRow | LeftOut:
    reason = why_not(cells, source, chosen)
    if reason:
        return left_out(cells, Dropped("export", reason))
    data = [one.get("bytes") if isinstance(one, Mapping) else None for one in shown]
    if pictures and not (data and all(data)):
        return left_out(cells, Failed("export", NO_PICTURE))
    weight = cells.get("weight")
    credit = Credit(*(_text(cells[name]) for name in ("source", "licence", "origin")))
    return TrainRow(
        id=_text(cells["id"]),
        split=_text(cells["split"]),
        kind=_text(cells["kind"]),
        prompt=_text(cells["prompt"]),
        reply=_text(cells["reply"]),
        worse=_text(cells["worse"]) if source.pairs and chosen.pairs else None,
        source=credit.source,
        credits=(credit,),
        mirror=_text(cells.get("mirror")),
        weight=float(weight) if isinstance(weight, int | float) else 1.0,
        pictures=tuple(one for one in data if one),
    )


def why_not(cells: Mapping[str, Any], source: Source, chosen: Chosen) -> str:
    """Why a row is left out on purpose; empty for one that is wanted."""
    texts = [_text(cells["prompt"]), _text(cells["reply"])]
    if source.pairs:
        texts.append(_text(cells["worse"]))
    split, kind = _text(cells["split"]), _text(cells["kind"])
    reasons = (
        ("other_split", bool(chosen.splits) and split not in chosen.splits),
        ("unknown_split", split not in SPLITS),
        ("other_kind", bool(chosen.kinds) and kind not in chosen.kinds),
        ("sensitive", not chosen.sensitive and is_sensitive(cells)),
        ("no_text", not all(text.strip() for text in texts)),
        ("same_reply", source.pairs and texts[1].split() == texts[2].split()),
        ("holds_placeholder", any(mark in text for text in texts for mark in PLACEHOLDERS)),
    )
    return next((reason for reason, holds in reasons if holds), "")


def left_out(cells: Mapping[str, Any], outcome: Dropped | Failed) -> LeftOut:
    """The row, with its outcome."""
    return LeftOut(_text(cells["id"]), _text(cells["source"]), _text(cells["kind"]), outcome)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def lone_mirrors(mirrors: Mapping[str, str]) -> int:
    """Of pairs by id, with the id of each one's mirror: those whose mirror is not among them."""
    return sum(bool(mirror) and mirror not in mirrors for mirror in mirrors.values())
