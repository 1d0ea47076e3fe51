"""Label Studio: `tasks-NNNN.json` to import, and `labels.xml`, the labelling interface.

Pictures stand in the tasks as data addresses: a project needs no storage of its own. Texts are
shown by `Text`, which takes no markup. What reviewers of the run said goes along as annotations,
so that people go on where they stopped; `crosslight import labelstudio` brings the answers back.
"""

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crosslight.export.formats.judged import rules_of
from crosslight.export.formats.labelstudio_face import (
    RULE,
    Control,
    controls_of,
    labelling,
    picture_names,
)
from crosslight.export.formats.labelstudio_said import LABELS, annotation_of
from crosslight.export.formats.labelstudio_words import words_of
from crosslight.export.formats.lines import finite, json_arrays
from crosslight.export.formats.rows import Shape, TrainRow
from crosslight.store import sniff, write_text

FACE = "labels.xml"
LOAD = "in Label Studio: a project with OUT/labels.xml as its interface; import OUT/tasks-*.json"
"""How it is opened; OUT stands for the folder."""
FILE_BYTES = 100 * 2**20
"""A server takes 250 MB at once unless told otherwise."""
_VERSION = "crosslight"
_FINDINGS = {"violated": "unsafe", "clear": "safe"}
"""What is undecided or failed is neither."""
_BLANK = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4//8/AAX+Av4zEpUUAAAAAElFTkSuQmCC"
)
"""One white pixel."""


@contextmanager
def labelstudio_writer(
    out: Path, shape: Shape
) -> Iterator[Callable[[TrainRow, Sequence[str]], None]]:
    """Takes rows with the names of their pictures; writes the tasks and the interface."""
    face = labelling(shape)
    write_text(out / FACE, face)
    controls = controls_of(face)
    held, part = 0, 1
    with json_arrays(out) as tasks:

        def write(row: TrainRow, names: Sequence[str]) -> None:
            nonlocal held, part
            size = sum(map(len, row.pictures)) * 4 // 3
            if held and held + size > FILE_BYTES:
                held, part = 0, part + 1
            held += size
            tasks(f"tasks-{part:04d}", _task(row, shape, controls))

        yield write


def _task(row: TrainRow, shape: Shape, controls: Mapping[str, Control]) -> dict[str, Any]:
    data = {name: finite(value) for name, value in row.cells.items()}
    data |= {"id": row.id, "split": row.split, **words_of(shape.source, row.cells)}
    # The interface needs every field: a row with fewer pictures shows its last again.
    for at, name in enumerate(picture_names(shape.pictures)):
        shown = row.pictures[min(at, len(row.pictures) - 1)] if row.pictures else _BLANK
        data[name] = _address(shown)
    said = (annotation_of(acts, controls) for _, acts in shape.source.acts.get(row.id, ()))
    annotations = [one for one in said if one is not None]
    task = {"data": data, "predictions": _predictions(row, shape)}
    return task | ({"annotations": annotations} if annotations else {})


def _predictions(row: TrainRow, shape: Shape) -> list[dict[str, Any]]:
    """What the run calls the row, and finds by each rule; shown only where a project turns
    predictions on."""
    labels = {}
    if shape.source.kind == "judge":
        labels["label"] = row.cells.get("verdict")
        for one in rules_of(row.cells):
            labels[RULE + one["rule"]] = _FINDINGS.get(str(one["finding"]))
    elif shape.source.kind == "build":
        labels["label"] = row.cells.get("label")
    told = [
        {
            **{"from_name": name, "to_name": "text", "type": "choices"},
            "value": {"choices": [label]},
        }
        for name, label in labels.items()
        if label in LABELS
    ]
    return [{"model_version": _VERSION, "result": told}] if told else []


def _address(data: bytes) -> str:
    kind = (sniff(data) or "png").lower()
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
