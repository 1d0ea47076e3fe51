"""Hugging Face: the run's own columns as parquet with the pictures in it, in small row groups.

`datasets.load_dataset(OUT)` reads it, and so do pandas, DuckDB and the viewer of the hub.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from crosslight.export.formats.rows import Shape, TrainRow
from crosslight.runs import SPLITS
from crosslight.store import DatasetSink, table_schema

FOLDER = "data"
LOAD = 'from datasets import load_dataset\n\nrows = load_dataset("OUT")["train"]'
"""How it is opened; OUT stands for the folder."""


@contextmanager
def hf_writer(out: Path, shape: Shape) -> Iterator[Callable[[TrainRow, Sequence[str]], None]]:
    """Takes rows with the names of their pictures; writes `data/SPLIT-*.parquet`."""
    with DatasetSink(out / FOLDER, table_schema(shape.columns), splits=SPLITS) as sink:
        yield lambda row, names: sink.write(row.split, shape.cells(row, names))
