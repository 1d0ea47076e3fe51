"""The file of reviews: one JSON line an act, appended and synced before anybody is told.

What a reviewer said last of a row counts; an act without verdict, label and edit is an undo. A
line that a kill has torn is passed over, and the next line begins after it.
"""

import json
import os
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from crosslight.records import CrosslightError
from crosslight.store import LINKED, open_regular, stays_in, sync_folder

FILE: Final = "reviews.jsonl"
VERDICTS: Final = ("accept", "reject", "skip", "")
MOST_TEXT: Final = 20_000
"""Characters of a reason, an edit or a label."""


class ReviewError(CrosslightError):
    """An act that says nothing that can be kept, or a file that cannot be written."""


@dataclass(frozen=True, slots=True)
class Act:
    """`row`: the row's id; `by`: the reviewer; `verdict`: accept, reject, skip, or "" for an undo.
    `label`: what the reviewer calls the row (unsafe, safe, or a class of a judge's rule);
    `edit`: column -> new text. `shown`: whether the picture was revealed. `at`: UTC."""

    row: str
    by: str
    verdict: str
    reason: str = ""
    label: str = ""
    rule: str = ""
    edit: tuple[tuple[str, str], ...] = ()
    shown: bool = False
    at: str = ""

    @property
    def is_undo(self) -> bool:
        """Whether it says nothing but that the act before it is taken back."""
        return not (self.verdict or self.label or self.edit)

    def as_line(self) -> bytes:
        """As it stands in the file."""
        said = {**asdict(self), "edit": dict(self.edit)}
        kept = {k: v for k, v in said.items() if v not in ("", {}, False) or k == "verdict"}
        return json.dumps(kept, ensure_ascii=False, sort_keys=True).encode() + b"\n"


class ReviewKey(NamedTuple):
    """Of what one thing is said, and by whom; `rule` is empty for the row as a whole."""

    row: str
    by: str
    rule: str


class Reviews:
    """The acts on one run. Threads may share it; other processes may append to the same file."""

    def __init__(self, place: Path) -> None:
        """`place`: a run's folder, or a single table, whose reviews lie beside it."""
        self.path = place / FILE if place.is_dir() else place.with_name(f"{place.name}.{FILE}")
        self._lock = threading.Lock()
        self._acts: list[Act] = []
        self._read = 0

    def add(self, act: Act) -> Act:
        """Append an act; when this returns it is on the disk. Raises `ReviewError`."""
        _check(act)
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        act = Act(**{**_fields(act), "at": act.at or now})
        with self._lock:
            try:
                self._append(act.as_line())
            except OSError as error:
                raise ReviewError(
                    f"{self.path.name} cannot be written: {error.strerror or error}",
                    "nothing was lost but this act: make room or give the right to write, again",
                ) from error
        return act

    def acts(self) -> tuple[Act, ...]:
        """All acts so far, also those of other processes, in their order."""
        with self._lock:
            self._catch_up()
            return tuple(self._acts)

    def standing(self) -> dict[ReviewKey, Act]:
        """What each reviewer now says of a row (or of a rule on it), all acts taken together.

        Verdict, label and edit are said apart: the last of each counts, and an edit of one column
        leaves those of others. An undo takes back the last act that is not yet taken back.
        """
        said: dict[ReviewKey, list[Act]] = {}
        for act in self.acts():
            acts = said.setdefault(ReviewKey(act.row, act.by, act.rule), [])
            if not act.is_undo:
                acts.append(act)
            elif acts:
                acts.pop()
        return {key: _together(acts) for key, acts in said.items() if acts}

    def last_of(self, by: str) -> Act | None:
        """The last act of a reviewer that is not taken back: the one that an undo takes back."""
        acts: list[Act] = []
        for act in self.acts():
            if act.by != by:
                continue
            if not act.is_undo:
                acts.append(act)
                continue
            on = (act.row, act.rule)
            at = next(
                (n for n in range(len(acts))[::-1] if (acts[n].row, acts[n].rule) == on), None
            )
            if at is not None:
                del acts[at]
        return acts[-1] if acts else None

    def of_row(self, row: str) -> list[Act]:
        """What stands of one row, in the order of reviewers."""
        return [act for key, act in sorted(self.standing().items()) if key.row == row]

    def _append(self, line: bytes) -> None:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        handle = os.open(self.path, flags, 0o600)
        try:
            size = os.fstat(handle).st_size
            if size and _last_byte(handle, size) != b"\n":
                line = b"\n" + line  # a torn line stays a line of its own
            written = os.write(handle, line)
            if written != len(line):
                raise OSError(28, "no room for the whole line")
            os.fsync(handle)
        finally:
            os.close(handle)
        if not size:
            sync_folder(self.path.parent)  # else a crash could lose the file's name

    def _catch_up(self) -> None:
        """Read what was added. A file that somebody has cut or replaced is read anew."""
        try:
            if not stays_in(self.path.parent, self.path):
                raise ReviewError(f"{self.path} is a link that leads out of its folder", LINKED)
            with open_regular(self.path) as file:
                if os.fstat(file.fileno()).st_size < self._read:
                    self._acts, self._read = [], 0
                file.seek(self._read)
                data = file.read()
        except FileNotFoundError:
            return
        except OSError as error:
            raise ReviewError(
                f"{self.path} cannot be read: {error.strerror or error}",
                "it holds what reviewers said: give the right to read, or move it away",
            ) from error
        whole = data.rfind(b"\n") + 1
        for line in data[:whole].split(b"\n"):
            act = _read_line(line)
            if act is not None:
                self._acts.append(act)
        self._read += whole


def _together(acts: Sequence[Act]) -> Act:
    """One act that says what these say, the later over the earlier."""
    verdict = next((a for a in reversed(acts) if a.verdict), None)
    edit = {column: text for act in acts for column, text in act.edit}
    return replace(
        acts[-1],
        verdict=verdict.verdict if verdict else "",
        reason=verdict.reason if verdict else acts[-1].reason,
        label=next((a.label for a in reversed(acts) if a.label), ""),
        edit=tuple(sorted(edit.items())),
        shown=any(act.shown for act in acts),
    )


def _read_line(line: bytes) -> Act | None:
    """An act, or None for a line that is none."""
    try:
        said = json.loads(line)
        edit = tuple(sorted((str(k), str(v)) for k, v in said.pop("edit", {}).items()))
        act = Act(**said, edit=edit)
        _check(act)
    except (ValueError, TypeError, AttributeError, RecursionError, ReviewError):
        return None
    return act


def _check(act: Act) -> None:
    texts = (act.row, act.by, act.verdict, act.reason, act.label, act.rule, act.at)
    if not all(isinstance(text, str) for text in texts) or not act.row or not act.by:
        raise ReviewError("a review names its row and its reviewer")
    if act.verdict not in VERDICTS:
        raise ReviewError(f"{act.verdict!r} is no verdict", "accept, reject or skip")
    edits = [text for pair in act.edit for text in pair]
    if any("\ud800" <= char <= "\udfff" for text in (*texts, *edits) for char in text):
        raise ReviewError("a review holds half a character, which no file can keep")
    if any(len(text) > MOST_TEXT for text in (*texts, *edits)):
        raise ReviewError(f"a review holds at most {MOST_TEXT:,} characters a field")


def _fields(act: Act) -> dict[str, Any]:
    return {name: getattr(act, name) for name in Act.__slots__}


def _last_byte(handle: int, size: int) -> bytes:
    return os.pread(handle, 1, size - 1)
