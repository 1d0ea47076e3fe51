"""TRL: parquet with the pictures in it, in the conversational columns that its trainers read.

`datasets.load_dataset(OUT)` gives `images` as a list of PIL pictures; TRL itself puts them before
the first user text.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from crosslight.export.formats.rows import Shape, TrainRow
from crosslight.runs import SPLITS
from crosslight.store import IMAGE, DatasetSink, table_schema

FOLDER = "data"
LOAD = 'from datasets import load_dataset\n\nrows = load_dataset("OUT")["train"]'
"""How it is opened; OUT stands for the folder."""
_MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
_LEAD = {"id": pa.string(), "images": pa.list_(IMAGE), "prompt": _MESSAGES}
_PAIRS = table_schema({**_LEAD, "chosen": _MESSAGES, "rejected": _MESSAGES})
_ROWS = table_schema({**_LEAD, "completion": _MESSAGES})


@contextmanager
def trl_writer(out: Path, shape: Shape) -> Iterator[Callable[[TrainRow, Sequence[str]], None]]:
    """Takes rows with the names of their pictures; writes `data/SPLIT-*.parquet`."""
    pairs = shape.pairs
    with DatasetSink(out / FOLDER, _PAIRS if pairs else _ROWS, splits=SPLITS) as sink:

        def write(row: TrainRow, names: Sequence[str]) -> None:
            images = zip(row.pictures, names, strict=True)
            told: dict[str, Any] = {
                "id": row.id,
                "images": [{"bytes": data, "path": name} for data, name in images],
                "prompt": _said("user", row.prompt),
                "chosen" if pairs else "completion": _said("assistant", row.reply),
            }
            if pairs:
                told["rejected"] = _said("assistant", row.worse or "")
            sink.write(row.split, told)

        yield write


def _said(role: str, text: str) -> list[dict[str, str]]:
    return [{"role": role, "content": text}]
