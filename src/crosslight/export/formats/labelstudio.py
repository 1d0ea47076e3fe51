"""Label Studio: `tasks-NNNN.json` to import, and `labels.xml`, the labelling interface.

Pictures stand in the tasks as data addresses: a project needs no storage of its own. Texts are
shown by `Text`, which takes no markup. `crosslight import labelstudio` brings the answers back.
"""

import base64
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from crosslight.export.formats.lines import json_arrays
from crosslight.export.formats.rows import Shape, TrainRow
from crosslight.export.formats.webdataset import finite
from crosslight.store import sniff, write_text

LABELS = "labels.xml"
LOAD = "in Label Studio: a project with OUT/labels.xml as its interface; import OUT/tasks-*.json"
"""How it is opened; OUT stands for the folder."""
FILE_BYTES = 100 * 2**20
"""A server takes 250 MB at once unless told otherwise."""
SECOND = "  <!-- second -->"
_LABELS = ("unsafe", "safe")
_VERSION = "crosslight"


def labelling(shape: Shape) -> str:
    """The labelling interface of rows or of pairs, with one picture or two."""
    name = "labelstudio_pairs.xml" if shape.source.pairs else "labelstudio_rows.xml"
    lines = (files("crosslight.export") / "templates" / name).read_text(encoding="utf-8")
    kept = (line for line in lines.splitlines() if shape.two or not line.startswith(SECOND))
    return "\n".join(line.replace("<!-- second -->", "") for line in kept) + "\n"


@contextmanager
def labelstudio_writer(
    out: Path, shape: Shape
) -> Iterator[Callable[[TrainRow, Sequence[str]], None]]:
    """Takes rows with the names of their pictures; writes the tasks and the interface."""
    write_text(out / LABELS, labelling(shape))
    held, part = 0, 1
    with json_arrays(out) as tasks:

        def write(row: TrainRow, names: Sequence[str]) -> None:
            nonlocal held, part
            size = sum(map(len, row.pictures)) * 4 // 3
            if held and held + size > FILE_BYTES:
                held, part = 0, part + 1
            held += size
            tasks(f"tasks-{part:04d}", _task(row, shape))

        yield write


def _task(row: TrainRow, shape: Shape) -> dict[str, Any]:
    data = {name: finite(value) for name, value in row.cells.items()}
    data |= {"id": row.id, "split": row.split, "image": _address(row.pictures[0])}
    if shape.two:
        # A task without a second picture shows the first again: the interface needs both.
        data["image_2"] = _address(row.pictures[-1])
    return {"data": data, "predictions": _predictions(row, shape)}


def _predictions(row: TrainRow, shape: Shape) -> list[dict[str, Any]]:
    """What the run calls the row; shown only where a project turns predictions on."""
    label = row.cells.get("label")
    if shape.source.pairs or label not in _LABELS:
        return []
    told = {
        **{"from_name": "label", "to_name": "text", "type": "choices"},
        "value": {"choices": [label]},
    }
    return [{"model_version": _VERSION, "result": [told]}]


def _address(data: bytes) -> str:
    kind = (sniff(data) or "png").lower()
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
