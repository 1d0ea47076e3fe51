"""Other cut-offs over the drafts of a build: what each of them would have become.

A draft was asked no further than what decided on it. Where other cut-offs let it go on, the numbers
that nobody asked for stay unknown: it is open, neither kept nor dropped.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosslight.build.config import BuildConfig
from crosslight.build.crosscheck import claim_fault, elsewhere_fault, numbers, pair_fault
from crosslight.build.drafts import DRAFTS, DRAFTS_FILE, NUMBERS
from crosslight.build.row_codec import triplet_of
from crosslight.records import CrossCheck, Kind, Triplet, sample_id
from crosslight.runs import RunError
from crosslight.store import table_rows

UNREAD, UNANSWERED = "unread", "unanswered"
"""Open: more is to be asked of the draft itself; all of it was asked but the answer."""
OPEN = (UNREAD, UNANSWERED)
IDEA_FELL = "idea_fell"
"""A further wording, or another photo, of an idea that is not kept any more."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A draft under other cut-offs. `was` and `now` are reasons, empty where it is kept."""

    was: str
    now: str
    detail: str
    photo: str
    text: str
    row: str
    """The id that its row has."""

    @property
    def outcome(self) -> str:
        """As it stands in the table."""
        return "open" if self.now in OPEN else "dropped" if self.now else "kept"


class Drafts:
    """What the drafts of a run become."""

    def __init__(self) -> None:
        self.by_id: dict[str, Judged] = {}
        self.alone: dict[str, float] = {}
        """Of each photo with a draft, how unsafe it is by itself."""
        self._rows: dict[str, str] = {}

    def add(self, id: str, one: Judged, photo_alone: float | None) -> None:
        """One more."""
        self.by_id[id] = one
        if photo_alone is not None:
            self.alone[one.photo] = photo_alone
        if self._rows.get(one.row) != "":
            self._rows[one.row] = one.now

    def of_row(self, row: str) -> str | None:
        """Why the row with this id is not kept; empty where it is, None where there is no draft."""
        return self._rows.get(row)

    def left(self, row: str) -> bool:
        """Whether a row of this id is known and not kept."""
        return bool(self._rows.get(row))

    def open(self) -> list[Judged]:
        """Those that would go on."""
        return [one for one in self.by_id.values() if one.now in OPEN]


def redecide(check: CrossCheck, built: BuildConfig, config: BuildConfig) -> str:
    """The reason why a draft falls under `config`, empty where it is kept; `built` says what was
    asked of it."""
    if fault := pair_fault(check, config):
        return fault.reason
    if pair_fault(check, built):
        return UNREAD
    if fault := claim_fault(check, config):
        return fault.reason
    if claim_fault(check, built):
        return UNREAD
    fault = elsewhere_fault(check, config)
    return fault.reason if fault else ""


def judge_drafts(folder: Path, built: BuildConfig, config: BuildConfig, recipe: str) -> Drafts:
    """Read the drafts of a run anew. Raises `RunError`."""
    drafts = Drafts()
    for at, values in enumerate(draft_rows(folder)):
        try:
            triplet, check = _triplet(values["triplet"]), _check(values)
        except (TypeError, ValueError, KeyError, RecursionError) as error:
            raise RunError(f"{DRAFTS_FILE}, row {at + 1}: {error}", BUILD_AGAIN) from error
        was, now = redecide(check, built, built), redecide(check, built, config)
        if not now and drafts.left(values["parent"]):
            now = IDEA_FELL
        if not now and was:
            now = UNANSWERED
        detail = f"{triplet.pattern}: {numbers(check)}"
        row = sample_id(triplet, Kind.UNSAFE, recipe)
        judged = Judged(was, now, detail, triplet.photo, triplet.text, row)
        drafts.add(values["id"], judged, check.photo_alone)
    return drafts


def draft_rows(folder: Path) -> Iterator[dict[str, Any]]:
    """The lines of the table. Raises `RunError` where there is none."""
    path = folder / DRAFTS_FILE
    if not path.is_file():
        raise RunError(f"{folder} has no {DRAFTS_FILE}", BUILD_AGAIN)
    return table_rows(path, DRAFTS.names)


BUILD_AGAIN = (
    "run the same `crosslight build` command again with this version: answers in the store cost "
    "nothing"
)


def _triplet(text: str) -> Triplet:
    told = json.loads(text)
    things = told.get("natural_with", [])
    texts = [value for name, value in told.items() if name != "natural_with"]
    if not isinstance(things, list) or not all(isinstance(v, str | bool) for v in texts + things):
        raise ValueError("a field of the triplet is no text")
    return triplet_of(told)


def _check(values: dict[str, Any]) -> CrossCheck:
    told = {name: values[name] for name in NUMBERS}
    return CrossCheck(**told, decided_by=values["decided_by"], notes=tuple(values["notes"] or ()))
