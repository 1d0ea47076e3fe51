"""A suite of your own: one YAML file that describes it, and one file of items beside it
(JSONL, a JSON list, CSV or TSV).

Example `suite.yaml`:

    name: my-kitchen
    data: items.jsonl
    subsets: {harm: Two harmless halves that burn., calm: The same words over a cold stove.}
    fields: {text: question}          # ours: theirs, where their names differ
    values: {decline: refuse, help: comply}
    prompt: "{text}"

Example row: {"id": "1", "question": "...", "image": "img/1.jpg", "expected": "decline",
"subset": "harm", "pair": "a"}
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field

from crosslight.bench.item import Expected, Item, Read, Side, Subset, Suite, SuiteError, plain
from crosslight.bench.native import files
from crosslight.bench.native.encoded import own_rows
from crosslight.bench.native.fields import (
    Make,
    Row,
    RowFault,
    each,
    ident,
    maybe,
    nested,
    redacted,
    text,
)
from crosslight.bench.native.images import place
from crosslight.store import UnreadableFile, read_fitted

MAX_YAML = 64 << 10
SIDES = {
    Expected.REFUSE: Side.UNSAFE,
    Expected.WARN: Side.UNSAFE,
    Expected.UNSAFE: Side.UNSAFE,
    Expected.COMPLY: Side.SAFE,
    Expected.SAFE: Side.SAFE,
}
"""The side that an expected behaviour implies; any other needs `side` in its row, or is ability."""


class Description(BaseModel):
    """The YAML file."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,60}$")
    title: str = ""
    paper: str = ""
    licence: str = "not stated"
    data: str = "items.jsonl"
    items: int | None = Field(default=None, ge=1)
    """How many items there should be; a shorter file is then reported."""
    subsets: dict[str, str] = Field(min_length=1)
    fields: dict[str, str] = {}
    values: dict[str, Expected] = {}
    prompt: str = ""


def custom_suite(path: Path, column: str = "") -> Suite:
    """The suite that a YAML file describes; `column` is its field with the picture, if not `image`.

    Raises `SuiteError`.
    """
    described = _description(path)
    if column:
        described = described.model_copy(update={"fields": {**described.fields, "image": column}})
    subsets = _subsets(described)

    def read(folder: Path) -> Read:
        name = files.find(folder, described.data)
        theirs = described.fields
        needed = [theirs.get(ours, ours) for ours in ("text", "expected")]
        pictures = (theirs.get("image", "image"), theirs.get("images", "images"))
        rows = own_rows(folder, name, needed, pictures)
        yield from each(name, rows, _make(folder, described, subsets))

    def prompt(item: Item) -> str:
        return described.prompt.replace("{text}", plain(item)) if described.prompt else plain(item)

    return Suite(
        name=described.name,
        title=described.title or described.name,
        paper=described.paper,
        licence=described.licence,
        size=f"{described.items} items" if described.items else "not stated",
        schema="jsonl: id, text, image or images, expected, subset, pair, options, labels, side",
        files=(described.data,),
        subsets=subsets,
        verified="documented schema only",
        example={"id": "1", "text": "...", "image": "img/1.jpg", "expected": "refuse"},
        read=read,
        prompt=prompt,
        published={described.data: described.items} if described.items else {},
    )


def _description(path: Path) -> Description:
    try:
        described = read_fitted(Description, path, MAX_YAML)
    except UnreadableFile as error:
        cause = error.message.removeprefix(path.name).lstrip(",: ")
        remedy = error.hint or "see docs/bench-suites.md"
        raise SuiteError(cause, file=path.name, remedy=remedy) from error
    if described.prompt and "{text}" not in described.prompt:
        raise SuiteError("prompt: holds no {text}", file=path.name)
    return described


def _subsets(described: Description) -> type[Subset]:
    members = [(key.upper(), (key, says)) for key, says in described.subsets.items()]
    make = cast(
        Any, Subset
    )  # the functional form of Enum, which type checkers know by literals only
    return cast(type[Subset], make(f"{described.name} subsets", members))


def _make(folder: Path, described: Description, subsets: type[Subset]) -> Make:
    known = {str(subset): subset for subset in subsets}

    def make(number: int, raw: Row) -> Item:
        row = _renamed(raw, described.fields)
        expected = _expected(text(row, "expected"), described.values)
        subset = maybe(row, "subset") or next(iter(known))
        if subset not in known:
            raise RowFault(f"subset {subset[:40]!r} is none of {', '.join(known)}")
        side = maybe(row, "side") or SIDES.get(expected, Side.ABILITY)
        if side not in set(Side):
            raise RowFault(f"side {side[:40]!r} is none of {', '.join(Side)}")
        placed = [place(folder, name, "images") for name in _names(row)]
        question = text(row, "text")
        about = nested(row, "labels") if "labels" in row else {}
        options = nested(row, "options") if "options" in row else {}
        return Item(
            id=ident(row, "id") if "id" in row else str(number),
            suite=described.name,
            subset=known[subset],
            text=question,
            expected=expected,
            side=Side(side),
            images=tuple(name for images, _ in placed for name in images),
            missing=tuple(name for _, missing in placed for name in missing),
            options=tuple((str(key), maybe(options, key)) for key in options),
            labels={str(key): maybe(about, key) for key in about},
            pair=maybe(row, "pair"),
            reference=maybe(row, "reference"),
            redacted=redacted(question),
        )

    return make


def _renamed(raw: Row, fields: Mapping[str, str]) -> dict[str, Any]:
    """The row under our names: `fields` says how theirs are called."""
    theirs = set(fields.values())
    row = {key: value for key, value in raw.items() if key not in theirs}
    return row | {ours: raw[name] for ours, name in fields.items() if name in raw}


def _expected(value: str, values: Mapping[str, Expected]) -> Expected:
    try:
        return values.get(value) or Expected(value)
    except ValueError as error:
        raise RowFault(f"expected {value[:40]!r} is none of {', '.join(Expected)}") from error


def _names(row: Row) -> list[str]:
    images = row.get("images")
    if images is None:
        return [maybe(row, "image")] if maybe(row, "image") else []
    if not isinstance(images, list) or not all(isinstance(name, str) and name for name in images):
        raise RowFault("images is no list of file names")
    return images
