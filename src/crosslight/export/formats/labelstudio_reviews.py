"""`crosslight import labelstudio`: what people said there, as acts in the reviews of the run."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from crosslight.export.formats.rows import ExportError
from crosslight.runs import Act, ReviewError, Reviews, split_files
from crosslight.store import TableError, TableFile, read_named

MOST_FILE: Final = 2 * 2**30
_VERDICTS = ("accept", "reject", "skip")
_EDIT = "edit."


@dataclass(slots=True)
class Imported:
    """How many acts were added, by verdict, and what was not taken, by reason."""

    acts: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    reviewers: set[str] = field(default_factory=set)


def import_labelstudio(file: Path, folder: Path) -> Imported:
    """Append the annotations of an export (type JSON) of Label Studio to the reviews of a run.

    Importing a file again adds nothing. Raises `ExportError`, `ReviewError`, `UnreadableFile`.
    """
    tasks, rows = _tasks(file), _ids(folder)
    reviews, done = Reviews(folder), Imported()
    there = {said for act in reviews.acts() for said in (_said_by(act), _said_by(act, ""))}
    for at, task in enumerate(tasks):
        data = task.get("data") if isinstance(task, Mapping) else None
        if not isinstance(data, Mapping) or not isinstance(data.get("id"), str):
            done.left_out["no task of ours"] += 1
        elif data["id"] not in rows:
            done.left_out["row is not in the run"] += 1
        else:
            for act in _acts(task, data, done):
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


def _tasks(file: Path) -> list[Any]:
    if not file.is_file():
        raise ExportError(f"{file} is no file", "give the JSON that Label Studio exported")
    try:
        told = json.loads(read_named(file, MOST_FILE))
    except (ValueError, RecursionError) as error:
        raise ExportError(f"{file} is no JSON", "export it as JSON (not JSON-MIN)") from error
    if not isinstance(told, list) or not all(isinstance(task, Mapping) for task in told):
        raise ExportError(f"{file} is no list of tasks", "export it as JSON (not JSON-MIN)")
    if told and not any("annotations" in task for task in told):
        raise ExportError(
            f"no task of {file} has annotations",
            "export the project as JSON: JSON-MIN and CSV do not say who said what",
        )
    return told


def _ids(folder: Path) -> set[str]:
    """The ids of the rows of a run."""
    files = [path for paths in split_files(folder).values() for path in paths]
    if not files:
        raise ExportError(f"{folder} has no dataset", "give the run that you exported")
    found: set[str] = set()
    try:
        for path in files:
            with TableFile(path) as file:
                found.update(str(row["id"]) for row in file.rows_of(["id"]))
    except TableError as error:
        raise ExportError(error.message, error.hint) from error
    return found


def _acts(task: Mapping[str, Any], data: Mapping[str, Any], done: Imported) -> Iterator[Act]:
    said = task.get("annotations")
    for one in said if isinstance(said, list) else ():
        if not isinstance(one, Mapping):
            done.left_out["no annotation"] += 1
            continue
        act = _act(one, data)
        if act.verdict or act.label or act.edit:
            yield act
        else:
            done.left_out["nothing said"] += 1


def _act(one: Mapping[str, Any], data: Mapping[str, Any]) -> Act:
    verdict = reason = label = ""
    edit: dict[str, str] = {}
    result = one.get("result")
    for part in result if isinstance(result, list) else ():
        name, text = _said(part)
        if name == "verdict" and text in _VERDICTS:
            verdict = text
        elif name == "reason":
            reason = text
        elif name == "label":
            label = text
        elif name.startswith(_EDIT) and text and text != data.get(name.removeprefix(_EDIT)):
            edit[name.removeprefix(_EDIT)] = text
    if one.get("was_cancelled") is True:
        verdict = "skip"
    return Act(
        row=data["id"],
        by=_reviewer(one.get("completed_by")),
        verdict=verdict,
        reason=reason,
        label=label,
        edit=tuple(sorted(edit.items())),
        shown=True,
        at=_when(one.get("updated_at") or one.get("created_at")),
    )


def _said(part: Any) -> tuple[str, str]:
    """The name of a control, and what was chosen or written there."""
    value = part.get("value") if isinstance(part, Mapping) else None
    if not isinstance(value, Mapping):
        return "", ""
    told = value.get("choices") or value.get("text")
    first = told[0] if isinstance(told, list) and told else told
    return str(part.get("from_name", "")), first if isinstance(first, str) else ""


def _reviewer(who: Any) -> str:
    """Under a name that no reviewer of the viewer has."""
    if isinstance(who, Mapping):
        who = who.get("email") or who.get("id")
    return f"labelstudio:{who}" if isinstance(who, str | int) and who != "" else "labelstudio:?"


def _when(told: Any) -> str:
    try:
        at = datetime.fromisoformat(told)
    except (TypeError, ValueError):
        return ""
    return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC).isoformat(timespec="milliseconds")


def _said_by(act: Act, at: str | None = None) -> tuple[object, ...]:
    """What makes an act the same; one that states no time is the same at any."""
    when = act.at if at is None else at
    return (act.row, act.by, act.verdict, act.reason, act.label, act.edit, when)
