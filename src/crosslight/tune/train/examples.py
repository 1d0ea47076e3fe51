"""Rows as TRL's collators take them, pictures opened when they are asked for."""

from collections.abc import Sequence
from typing import Any

from crosslight.tune.pictures import GREY, Pictures
from crosslight.tune.rows import TuneRow, Turn


def dataset_of(rows: Sequence[TuneRow], pictures: Pictures) -> Any:
    """A `datasets.Dataset` that holds no picture in memory."""
    from datasets import Dataset

    opened = Opened(tuple(rows), pictures)
    return Dataset.from_dict({"row": list(range(len(rows)))}).with_transform(opened)


class Opened:
    """Numbers of rows to examples; picklable."""

    def __init__(self, rows: tuple[TuneRow, ...], pictures: Pictures) -> None:
        self.rows, self.pictures = rows, pictures

    def __call__(self, batch: dict[str, list[int]]) -> dict[str, list[Any]]:
        """One list a column."""
        found = [example_of(self.rows[at], self.pictures) for at in batch["row"]]
        return {name: [one[name] for one in found] for name in found[0]} if found else {}


def example_of(row: TuneRow, pictures: Pictures, *, blank: bool = False) -> dict[str, Any]:
    """Messages and pictures of one row; `blank`: grey ones of the same size in their place."""
    found: dict[str, Any] = {"prompt": [_copy(turn) for turn in row.prompt]}
    if row.rejected:
        found["chosen"], found["rejected"] = _said(row.answer), _said(row.rejected)
    else:
        found["completion"] = _said(row.answer)
    show = _grey if blank else Pictures.show
    found["images"] = [show(pictures, sha) for sha in row.pictures]
    return found


def _said(text: str) -> list[Turn]:
    return [{"role": "assistant", "content": [{"type": "text", "text": text}]}]


def _copy(turn: Turn) -> Turn:
    """Collators write into what they are given."""
    return {"role": turn["role"], "content": [dict(part) for part in turn["content"]]}


def _grey(pictures: Pictures, sha: str) -> Any:
    from PIL import Image

    return Image.new("RGB", pictures.size(sha), GREY)
