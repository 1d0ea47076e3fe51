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

from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field

from crosslight.bench.item import Expected, Item, Read, Subset, Suite, SuiteError, plain
from crosslight.bench.native import files
from crosslight.bench.native.encoded import own_rows
from crosslight.bench.native.fields import each
from crosslight.bench.suites.custom_rows import FIELDS, Form, letters_of
from crosslight.store import UnreadableFile, read_fitted
from crosslight.text import near_field

MAX_YAML = 64 << 10
ANSWER = "{text}\nAnswer with one letter: {letters}."
"""The prompt of an item with options, where the YAML gives none."""


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
    ignore: tuple[str, ...] = ()
    """Fields of the rows that are not read, and are known to be none."""
    prompt: str = ""


def custom_suite(path: Path, column: str = "") -> Suite:
    """The suite that a YAML file describes; `column` is its field with the picture, if not `image`.

    Raises `SuiteError`.
    """
    described = _description(path)
    if column:
        described = described.model_copy(update={"fields": {**described.fields, "image": column}})
    subsets = _subsets(described)

    def prompt(item: Item) -> str:
        usual = ANSWER if item.options and item.expected in dict(item.options) else "{text}"
        asked = described.prompt or usual
        asked = asked.replace("{letters}", letters_of(item))
        return asked.replace("{text}", plain(item))

    def read(folder: Path) -> Read:
        name = files.find(folder, described.data)
        form = Form(
            described.name,
            {str(subset): subset for subset in subsets},
            described.fields,
            described.values,
            frozenset(described.ignore),
            prompt,
        )
        theirs = described.fields
        needed = [theirs.get(ours, ours) for ours in ("text", "expected")]
        pictures = (theirs.get("image", "image"), theirs.get("images", "images"))
        rows = own_rows(folder, name, needed, pictures)
        yield from each(name, rows, form.reader(folder))

    return Suite(
        name=described.name,
        title=described.title or described.name,
        paper=described.paper,
        licence=described.licence,
        size=f"{described.items} items" if described.items else "not stated",
        schema=f"jsonl: {', '.join(FIELDS)}",
        files=(described.data,),
        subsets=subsets,
        verified="documented schema only",
        example={"id": "1", "text": "...", "image": "img/1.jpg", "expected": "refuse"},
        read=read,
        prompt=prompt,
        published={described.data: described.items} if described.items else {},
        marks=True,
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
    for name in described.ignore:
        if name in FIELDS:
            said = f"ignore: `{name}` is a field that is read"
            raise SuiteError(said, file=path.name, remedy="take it out of the rows, or of the list")
    for name in described.fields:
        if name not in FIELDS:
            near = near_field(name, FIELDS)
            meant = f"did you mean `{near}`?" if near else f"ours are {', '.join(FIELDS)}"
            said = f"fields: `{name[:40]}` is no field of ours"
            raise SuiteError(said, file=path.name, remedy=meant)
    return described


def _subsets(described: Description) -> type[Subset]:
    members = [(key.upper(), (key, says)) for key, says in described.subsets.items()]
    make = cast(
        Any, Subset
    )  # the functional form of Enum, which type checkers know by literals only
    return cast(type[Subset], make(f"{described.name} subsets", members))
