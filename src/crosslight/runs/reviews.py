"""The file of reviews: one JSON line an act, appended and synced before anybody is told.

What a reviewer said last of a row counts; an act without verdict, label and edit is an undo. A
line that a kill has torn is passed over, and the next line begins after it.
"""

import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from crosslight.records import CrosslightError
from crosslight.store import LINKED, open_regular, stays_in, sync_folder

FILE: Final = "reviews.jsonl"
VERDICTS: Final = ("accept", "reject", "skip", "")
MOST_TEXT: Final = 20_000
"""Characters of a reason, an edit or a label."""
MOST_LINE: Final = 8 * 2**20
MOST_FILE: Final = 2**30
"""Bytes of a line, which else is none, and of the file: anybody may have written it."""
_AT_ONCE: Final = 4 * 2**20
_TAIL: Final = 64
"""Bytes before the place that was read up to: in another file others stand there."""


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


@dataclass(slots=True)
class _Read:
    """What was read of the file, and what it says all together, kept up act by act: of a hundred
    thousand acts no page takes all together anew."""

    acts: list[Act] = field(default_factory=list)
    at: int = 0
    tail: bytes = b""
    said: dict[ReviewKey, list[Act]] = field(default_factory=dict)
    """The acts of each key that are not taken back."""
    standing: dict[ReviewKey, Act] = field(default_factory=dict)
    rows: dict[str, set[ReviewKey]] = field(default_factory=dict)
    changed: set[ReviewKey] = field(default_factory=set)

    def add(self, act: Act) -> None:
        """One more act."""
        self.acts.append(act)
        key = ReviewKey(act.row, act.by, act.rule)
        said = self.said.setdefault(key, [])
        if not act.is_undo:
            said.append(act)
        elif said:
            said.pop()
        self.rows.setdefault(act.row, set()).add(key)
        self.changed.add(key)

    def settle(self) -> None:
        """Take together what has come."""
        for key in self.changed:
            if self.said[key]:
                self.standing[key] = _one_act(self.said[key])
            else:
                self.standing.pop(key, None)
        self.changed.clear()


class Reviews:
    """The acts on one run. Threads may share it; other processes may append to the same file."""

    def __init__(self, place: Path) -> None:
        """`place`: a run's folder, or a single table, whose reviews lie beside it."""
        self.path = place / FILE if place.is_dir() else place.with_name(f"{place.name}.{FILE}")
        self._lock = threading.Lock()
        self._now = _Read()
        self._version = 0
        self._shown: tuple[int, dict[ReviewKey, Act]] = (0, {})

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
            return tuple(self._caught_up().acts)

    def standing(self) -> Mapping[ReviewKey, Act]:
        """What each reviewer now says of a row (or of a rule on it), all acts taken together.

        Verdict, label and edit are said apart: the last of each counts, and an edit of one column
        leaves those of others. An undo takes back the last act that is not yet taken back.
        """
        with self._lock:
            now = self._caught_up()
            if self._shown[0] != self._version:  # nobody changes what was given away
                self._shown = (self._version, dict(now.standing))
            return self._shown[1]

    def version(self) -> int:
        """Another number whenever an act was added, or the file is another; 0 while there is
        none."""
        with self._lock:
            self._caught_up()
            return self._version

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
        with self._lock:
            now = self._caught_up()
            keys = sorted(now.rows.get(row, ()))
            return [now.standing[key] for key in keys if key in now.standing]

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

    def _caught_up(self) -> _Read:
        """What is there, with what was added. Another file in its place is read anew."""
        try:
            if not stays_in(self.path.parent, self.path):
                raise ReviewError(f"{self.path} is a link that leads out of its folder", LINKED)
            with open_regular(self.path) as file:
                self._refuse_endless(os.fstat(file.fileno()).st_size)
                now = self._now
                file.seek(max(0, now.at - _TAIL))
                if file.read(min(now.at, _TAIL)) != now.tail:
                    now = self._begin_anew()
                    file.seek(0)
                for act, at in _acts_of(file, now.at):
                    now.at = at
                    if act is not None:
                        now.add(act)
                        self._version += 1
                file.seek(max(0, now.at - _TAIL))
                now.tail = file.read(min(now.at, _TAIL))
                now.settle()
        except FileNotFoundError:
            if self._now.acts:
                self._begin_anew()
        except OSError as error:
            raise ReviewError(
                f"{self.path} cannot be read: {error.strerror or error}",
                "it holds what reviewers said: give the right to read, or move it away",
            ) from error
        return self._now

    def _begin_anew(self) -> _Read:
        self._version += 1
        self._now = _Read()
        return self._now

    def _refuse_endless(self, size: int) -> None:
        if size > MOST_FILE:
            raise ReviewError(
                f"{self.path} has {size:,} bytes, more than reviews are", "move it away"
            )


def _acts_of(file: BinaryIO, at: int) -> Iterator[tuple[Act | None, int]]:
    """The acts from here on (None: a line that is none), each with the place behind it. A line that
    a kill has torn stays unread; one that only lacks its end, as editors leave it, is whole."""
    rest = b""
    while data := file.read(_AT_ONCE):
        *whole, rest = (rest + data).split(b"\n")
        for line in whole:
            at += len(line) + 1
            yield _read_line(line), at
        if len(rest) > MOST_LINE:
            at, rest = at + len(rest), b""  # what follows of it is no act either
    if rest and (last := _read_line(rest)) is not None:
        yield last, at + len(rest)


def _one_act(acts: Sequence[Act]) -> Act:
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
    if not isinstance(act.shown, bool):
        raise ReviewError("a review says by yes or no whether the picture was shown")
    if act.verdict not in VERDICTS:
        raise ReviewError(f"{act.verdict!r} is no verdict", "accept, reject or skip")
    edits = [text for pair in act.edit for text in pair]
    if not all(_is_whole(text) for text in (*texts, *edits)):
        raise ReviewError("a review holds half a character, which no file can keep")
    if any(len(text) > MOST_TEXT for text in (*texts, *edits)):
        raise ReviewError(f"a review holds at most {MOST_TEXT:,} characters a field")


def _is_whole(text: str) -> bool:
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def _fields(act: Act) -> dict[str, Any]:
    return {name: getattr(act, name) for name in Act.__slots__}


def _last_byte(handle: int, size: int) -> bytes:
    return os.pread(handle, 1, size - 1)
