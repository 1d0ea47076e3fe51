"""What `prefer` with models begins with: photos to write questions about, or questions that came
with their photos (a table, or the texts of a build).

A table with a picture and a question in each row keeps its columns, and all its rows: the same
picture may stand there under several questions, so copies are no reason to leave a row out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from crosslight.flow import in_thread
from crosslight.photos import InputError
from crosslight.prefer.question import Question
from crosslight.records import AskedAs, BadSetting, Done, Dropped, Photo
from crosslight.runs import Hall, Intake, Looked, Lost, Progress, RunError, look, read_run, unheard
from crosslight.store import NEAR_BITS, group_similar, parse_hashes
from crosslight.text import plural

QUESTION_NAMES = ("question", "prompt", "text", "instruction", "query", "request", "user")
"""Columns that hold a question, the surest first."""
STEP = "read_question"
CUT_AT = 1_000
"""Characters of a cell that are kept of a row: a question that is as long may have been cut."""
PEEKED = 8
"""Rows that are looked at to see whether there is such a column."""
NO_COLUMN = "none"
"""Named as the column of a table: its texts are no questions, and its photos are asked about."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Rows in the order of the input: photos, or questions that were given; and what is none.

    `named` says of each row, in the same order, how the input named it.
    """

    rows: tuple[Photo | Question, ...]
    named: tuple[str, ...]
    photos: dict[str, Photo]
    """By hash: of all rows."""
    lost: tuple[Lost, ...] = ()
    given: bool = False


def intake_of(intake: Intake) -> Intake:
    """Where the rows lie: of a run of build in its dataset. Raises `BadSetting` for other runs."""
    try:
        kind = read_run(intake.source).get("kind") if intake.source.is_dir() else None
    except RunError:
        kind = None
    if kind is None:
        return intake
    if kind != "build":
        raise BadSetting(
            f"{intake.source.name} is a run of {kind}, which holds no questions",
            "give a folder of photos, a table with pictures and questions, or a run of build",
        )
    return replace(intake, source=intake.source / "dataset")


def question_column(intake: Intake, named: str = "", exclude: Sequence[Path] = ()) -> str:
    """The column that holds the questions; empty for photos alone. Reads the first rows.

    Raises `InputError` where the named one is not there, or no row says anything under it.
    `NO_COLUMN` names none: a table of captions has a column `text`, too.
    """
    first = islice(intake.entries(exclude), PEEKED)
    columns = list(dict.fromkeys(name for found in first for name, _ in found.extra))
    if named == NO_COLUMN and NO_COLUMN not in columns:
        return ""
    if named:
        if named not in columns:
            shown = ", ".join(columns[:20]) or "none"
            raise InputError(
                f"There is no column {named!r} with text.",
                f"--question-column names one of: {shown}; or {NO_COLUMN}.",
            )
        return named
    by_name = {name.lower(): name for name in reversed(columns)}
    return next((by_name[name] for name in QUESTION_NAMES if name in by_name), "")


async def inputs_of(
    hall: Hall, intake: Intake, column: str = "", progress: Progress = unheard
) -> Inputs:
    """Screen the input, and read its questions where it has some."""
    intake = intake_of(intake)
    # Not aside: after a stop, too, the input is listed, so that the account is whole.
    column = await in_thread(question_column, intake, column, hall.setup.own_places)
    looked = await look(hall, screened_for(intake, column), progress)
    if column:
        hall.notes.append(
            f"questions from column {column} (--question-column {NO_COLUMN} takes the photos alone)"
        )
    found = inputs_in(looked, column)
    near = {row.photo for row in found.rows if isinstance(row, Question) and row.near}
    if near:
        told = plural(len(near), "photo looks like an earlier one", "photos look like earlier ones")
        hall.notes.append(f"{told}: what is asked about both stands in one split")
    return found


def screened_for(intake: Intake, column: str) -> Intake:
    """Beside questions that look alike photos are no reason to leave a row out."""
    if not column:
        return intake
    return replace(intake, screen=replace(intake.screen, near_bits=None))


def inputs_in(looked: Looked, column: str) -> Inputs:
    """The photos that were looked at, or with a column the questions beside them."""
    if column:
        return _given(looked, column)
    rows = looked.photos
    photos = {photo.id: photo for _, photo in rows}
    named = tuple(name for name, _ in rows)
    return Inputs(tuple(p for _, p in rows), named, photos, tuple(looked.lost))


def _given(looked: Looked, column: str) -> Inputs:
    photos = {photo.id: photo for _, photo in looked.photos}
    near = _near(photos)
    read = [
        (name, replace(one, near=near.get(one.photo, "")) if isinstance(one, Question) else one)
        for name, one in _read(looked, photos, column)
    ]
    rows = {name: one for name, one in read if isinstance(one, Question)}
    lost = [Lost(one, name) for name, one in read if isinstance(one, Dropped)]
    taken = {name for name, _ in read}
    lost += [one for one in looked.lost if one.input not in taken]
    return Inputs(tuple(rows.values()), tuple(rows), photos, tuple(lost), given=True)


def _near(photos: Mapping[str, Photo]) -> dict[str, str]:
    """Of each photo that looks like an earlier one, or like one that does, the first of them."""
    hashed = [photo for photo in photos.values() if photo.phash]
    if not hashed:
        return {}
    first = group_similar(parse_hashes([photo.phash for photo in hashed]), NEAR_BITS).keeper
    found = zip(hashed, first.tolist(), strict=True)
    return {photo.id: hashed[at].id for photo, at in found if hashed[at] is not photo}


def _read(
    looked: Looked, photos: dict[str, Photo], column: str
) -> Iterable[tuple[str, Question | Dropped]]:
    """Of each entry that shows a photo (of its own, or a copy of another's) its question."""
    seen: dict[str, str] = {}
    for one in looked.entries:
        copy = isinstance(one.outcome, Dropped) and one.outcome.reason == "duplicate"
        if one.sha not in photos or not (copy or isinstance(one.outcome, Done)):
            continue
        question = _question(one.source, photos[one.sha], looked.extra.get(one.source, ()), column)
        if isinstance(question, Question):
            earlier = seen.setdefault(question.id, one.source)
            if earlier != one.source:
                told = f"the same photo and question as {earlier}"
                yield one.source, Dropped(STEP, "same_question", told)
                continue
        yield one.source, question


def _question(
    source: str, photo: Photo, cells: Sequence[tuple[str, str]], column: str
) -> Question | Dropped:
    told = dict(cells)
    text = told.get(column, "").strip()
    if not text:
        return Dropped(STEP, "no_question", f"nothing in column {column}")
    if len(told[column]) >= CUT_AT:
        return Dropped(STEP, "question_too_long", f"{CUT_AT:,} characters or more")
    return Question(
        photo=photo.id,
        text=text,
        form=AskedAs.GIVEN,
        source=source,
        licence=photo.licence,
        origin=photo.origin,
        given=tuple((name, value) for name, value in cells if name != column),
    )
