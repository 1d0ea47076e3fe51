"""`crosslight import labelstudio`: what people said there, as acts in the reviews of the run."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crosslight.export.formats.labelstudio_file import read_tasks
from crosslight.export.formats.labelstudio_said import acts_of, is_ours
from crosslight.export.formats.source import ExportError, Source, open_source
from crosslight.runs import Act, ReviewError, Reviews, added_to
from crosslight.store import TableError, TableFile


@dataclass(slots=True)
class Imported:
    """How many acts were added, by verdict, and what was not taken, by reason."""

    acts: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    reviewers: set[str] = field(default_factory=set)


def import_labelstudio(
    file: Path, folder: Path, names: Mapping[str, str] | None = None
) -> Imported:
    """Append the annotations of an export (type JSON) of Label Studio to the reviews of a run.

    `names`: who the people there are here, by number or address; others are `labelstudio:WHO`.
    Importing a file again adds nothing. Raises `ExportError`, `ReviewError`, `UnreadableFile`.
    """
    tasks, source = read_tasks(file), open_source(folder)
    with added_to(folder, source.kind):
        return _added(file, tasks, _ids(source), Reviews(folder), names or {})


def _added(
    file: Path, tasks: list[Any], rows: set[str], reviews: Reviews, names: Mapping[str, str]
) -> Imported:
    """An act at a time, each on the disk before the next: what a kill leaves is what was said."""
    done = Imported()
    there = {said for act in reviews.acts() for said in (_said_by(act), _said_by(act, ""))}
    for at, task in enumerate(tasks):
        data = task.get("data") if isinstance(task, Mapping) else None
        if not isinstance(data, Mapping) or not isinstance(data.get("id"), str):
            done.left_out["no task of ours"] += 1
        elif data["id"] not in rows:
            done.left_out["row is not in the run"] += 1
        else:
            for act in _acts(task, data, names, done):
                if _said_by(act) in there:
                    done.left_out["already there"] += 1
                    continue
                try:
                    reviews.add(act)
                except ReviewError as error:
                    raise ReviewError(f"{file}, task {at}: {error.message}", error.hint) from error
                there.add(_said_by(act))
                done.acts[act.verdict or "label or edit"] += 1
                done.reviewers.add(act.by)
    return done


def _ids(source: Source) -> set[str]:
    """The names by which reviews know the rows of a run."""
    found: set[str] = set()
    name = source.rows.known_by
    try:
        for path in source.files:
            with TableFile(path) as file:
                found.update(str(row[name]) for row in file.rows_of([name]))
    except TableError as error:
        raise ExportError(error.message, error.hint) from error
    return found


def _acts(
    task: Mapping[str, Any], data: Mapping[str, Any], names: Mapping[str, str], done: Imported
) -> Iterator[Act]:
    said = task.get("annotations")
    for one in said if isinstance(said, list) else ():
        if not isinstance(one, Mapping):
            done.left_out["no annotation"] += 1
        elif is_ours(one):
            done.left_out["a review of ours, unchanged"] += 1
        elif acts := acts_of(one, data, names):
            yield from acts
        else:
            done.left_out["nothing said"] += 1


def _said_by(act: Act, at: str | None = None) -> tuple[object, ...]:
    """What makes an act the same; one that states no time is the same at any."""
    when = act.at if at is None else at
    return (act.row, act.by, act.rule, act.verdict, act.reason, act.label, act.edit, when)
