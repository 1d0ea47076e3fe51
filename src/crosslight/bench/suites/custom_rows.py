"""The rows of a suite of one's own: what a field may hold, and what is no field at all."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from crosslight.bench.item import LETTERS, Expected, Item, Role, Side, Subset, Turn
from crosslight.bench.marks import wrong_marks
from crosslight.bench.native.fields import (
    Make,
    Row,
    RowFault,
    clean,
    ident,
    listed,
    maybe,
    nested,
    redacted,
    text,
)
from crosslight.bench.native.images import place
from crosslight.text import near_field

FIELDS = (
    "id",
    "text",
    "turns",
    "image",
    "images",
    "expected",
    "options",
    "subset",
    "side",
    "pair",
    "reference",
    "labels",
)
IN_TURN = ("role", "text", "content", "image", "images")
ROLES = ("user", "assistant")
MAX_TURNS = 64
MAX_PICTURES = 64
"""Of one item; no format of the field has more, and no endpoint takes more."""
TYPO = 0.75
"""How alike a name is that is taken for a slip of the pen."""
_PICTURE = re.compile("image|img|picture|photo", re.IGNORECASE)
SIDES = {
    Expected.REFUSE: Side.UNSAFE,
    Expected.WARN: Side.UNSAFE,
    Expected.UNSAFE: Side.UNSAFE,
    Expected.COMPLY: Side.SAFE,
    Expected.SAFE: Side.SAFE,
}
"""The side that an expected behaviour implies; any other needs `side` in its row, or is ability."""


@dataclass(frozen=True, slots=True)
class Form:
    """How the rows of one suite are read; all but the folder of what its YAML says."""

    suite: str
    subsets: Mapping[str, Subset]
    fields: Mapping[str, str]
    values: Mapping[str, Expected]
    ignore: frozenset[str]
    prompt: Callable[[Item], str]

    def reader(self, folder: Path) -> Make:
        """Row number and row to an item. It raises `RowFault`."""
        return lambda number, raw: self._item(folder, number, raw)

    def _item(self, folder: Path, number: int, raw: Row) -> Item:
        row = _renamed(raw, self.fields)
        unread = _unread([name for name in row if name not in self.ignore], row)
        expected = _expected(text(row, "expected"), self.values)
        subset = maybe(row, "subset") or next(iter(self.subsets))
        if subset not in self.subsets:
            raise RowFault(f"subset {subset[:40]!r} is none of {', '.join(self.subsets)}")
        side = maybe(row, "side") or SIDES.get(expected, Side.ABILITY)
        if side not in set(Side):
            raise RowFault(f"side {side[:40]!r} is none of {', '.join(Side)}")
        *before, (_, question, _) = told = _turns(row)
        pictures = [name for _, _, names in told for name in names]
        if len(pictures) > MAX_PICTURES:
            raise RowFault(f"{len(pictures)} pictures (at most {MAX_PICTURES})")
        found = [place(folder, name, "images") for name in pictures]
        about = nested(row, "labels") if "labels" in row else {}
        item = Item(
            id=ident(row, "id") if "id" in row else str(number),
            suite=self.suite,
            subset=self.subsets[subset],
            text=question,
            expected=expected,
            side=Side(side),
            images=tuple(name for images, _ in found for name in images),
            missing=tuple(name for _, missing in found for name in missing),
            options=_options(row, expected),
            labels={str(key): maybe(about, key) for key in about},
            pair=maybe(row, "pair"),
            reference=maybe(row, "reference"),
            redacted=redacted(*(words for _, words, _ in told)),
            turns=tuple(Turn(role, words, len(names)) for role, words, names in before),
            unread=unread,
        )
        asked = [*(words for _, words, _ in before), self.prompt(item)]
        for (_, _, names), words in zip(told, asked, strict=True):
            if wrong := wrong_marks(words, len(names)):
                raise RowFault(wrong)
        return item


Told = tuple[Role, str, Sequence[str]]
"""A turn: whose, its text, and the names of its pictures."""


def letters_of(item: Item) -> str:
    """Of its options, for a prompt: `A, B or C`."""
    *most, last = [letter for letter, _ in item.options] or [""]
    return f"{', '.join(most)} or {last}" if most else last


def _renamed(raw: Row, fields: Mapping[str, str]) -> dict[str, Any]:
    """The row under our names: `fields` says how theirs are called."""
    theirs = set(fields.values())
    row = {key: value for key, value in raw.items() if key not in theirs}
    return row | {ours: raw[name] for ours, name in fields.items() if name in raw}


def _unread(names: Sequence[str], row: Row) -> tuple[str, ...]:
    """Names that are no fields. Raises `RowFault` for one that was meant to be a field: the item
    would be another one without it."""
    unknown = [name for name in names if name not in FIELDS]
    pictured = row.get("image") or row.get("images") or "turns" in row
    for name in unknown:
        near = near_field(name, FIELDS, cutoff=TYPO)
        if not near and not pictured and _PICTURE.match(name):
            near = "image"
        if near:
            raise RowFault(
                f"`{name[:40]}` is no field that is read; did you mean `{near}`? (if not, name it "
                "under `ignore:` in the YAML)"
            )
    return tuple(unknown)


def _expected(value: str, values: Mapping[str, Expected]) -> Expected:
    try:
        return values.get(value) or Expected(value)
    except ValueError as error:
        words = [each for each in Expected if each not in LETTERS]
        raise RowFault(f"expected {value[:40]!r} is none of {', '.join(words)}, A to Z") from error


def _options(row: Row, expected: Expected) -> tuple[tuple[str, str], ...]:
    """(letter, text): of an object by letters, or of a list, which gets its letters here."""
    given = row.get("options")
    if given is None:
        if expected in LETTERS[4:]:
            raise RowFault(f"expected is {expected}, and the row has no options")
        return ()
    if isinstance(given, list):
        given = dict(zip(LETTERS, given, strict=False)) if len(given) <= len(LETTERS) else None
    if not isinstance(given, Mapping):
        raise RowFault('options is no object {"A": "..."} and no list of at most 26 texts')
    found = tuple((letter, maybe(given, letter)) for letter in given)
    for letter, words in found:
        if len(letter) != 1 or letter not in LETTERS:
            raise RowFault(f"options: {letter[:40]!r} is no letter from A to Z")
        if not words:
            raise RowFault(f"options: {letter} is empty")
    if len(found) < 2:
        raise RowFault(f"options: {len(found)} of them is no choice")
    if expected in LETTERS and expected not in dict(found):
        raise RowFault(f"expected is {expected}, and the options are {', '.join(dict(found))}")
    return found


def _turns(row: Row) -> list[Told]:
    """All turns; the last is the user's, and its answer is the one that counts."""
    if "turns" not in row:
        return [("user", text(row, "text"), _names(row))]
    if row.get("text"):
        raise RowFault("text and turns: the last of the turns is the text")
    given = listed(row, "turns")
    if len(given) > MAX_TURNS:
        raise RowFault(f"{len(given)} turns (at most {MAX_TURNS})")
    turns = [_turn(entry, at) for at, entry in enumerate(given, 1)]
    if turns[0][0] != "user" or turns[-1][0] != "user":
        raise RowFault("turns: the first and the last are the user's")
    for at, (one, other) in enumerate(pairwise(turns), 2):
        if one[0] == other[0] == "assistant":
            raise RowFault(f"turn {at}: two answers stand behind each other")
    if names := _names(row):
        if any(turn[2] for turn in turns):
            raise RowFault("pictures stand in the row and in its turns")
        turns[0] = (*turns[0][:2], names)
    return turns


def _turn(entry: Any, at: int) -> Told:
    """A text is a turn of the user's. The names that chat formats use are known."""
    if isinstance(entry, str):
        entry = {"role": "user", "text": entry}
    if not isinstance(entry, Mapping):
        raise RowFault(f"turn {at} is neither a text nor an object")
    for name in entry:
        if name not in IN_TURN:
            near = near_field(name, IN_TURN)
            meant = f"did you mean `{near}`?" if near else f"one of {', '.join(IN_TURN)}"
            raise RowFault(f"turn {at}: `{name[:40]}` is no field that is read; {meant}")
    role = entry.get("role")
    if role not in ROLES:
        raise RowFault(f"turn {at}: role {str(role)[:40]!r} is none of {', '.join(ROLES)}")
    words = clean(entry.get("text", entry.get("content", "")), f"turn {at}: text")
    if not words:
        more = "; leave the turn out, and the model is asked" if role == "assistant" else ""
        raise RowFault(f"turn {at} has no text{more}")
    names = _names(entry)
    if names and role == "assistant":
        raise RowFault(f"turn {at}: an answer shows no picture")
    return role, words, names


def _names(row: Row) -> list[str]:
    images = row.get("images")
    if images is None:
        return [maybe(row, "image")] if maybe(row, "image") else []
    if row.get("image"):
        raise RowFault("image and images: put all of them, in their order, into images")
    if not isinstance(images, list) or not all(isinstance(name, str) and name for name in images):
        raise RowFault("images is no list of file names")
    return images
