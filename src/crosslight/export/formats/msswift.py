"""ms-swift: JSON lines with the better answer as the last message, pictures as files.

Paths of pictures are relative: `ROOT_IMAGE_DIR` says from where.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crosslight.export.formats.lines import json_lines
from crosslight.export.formats.rows import Shape, TrainRow

LOAD = "export ROOT_IMAGE_DIR=OUT   # dataset: OUT/train.jsonl, for swift rlhf or swift sft"
"""How it is opened; OUT stands for the folder."""


@contextmanager
def msswift_writer(out: Path, shape: Shape) -> Iterator[Callable[[TrainRow, Sequence[str]], None]]:
    """Takes rows with the paths of their pictures; writes `SPLIT.jsonl`."""
    with json_lines(out) as rows:

        def write(row: TrainRow, names: Sequence[str]) -> None:
            told: dict[str, Any] = {
                "messages": [
                    {"role": "user", "content": "<image>" * len(names) + row.prompt},
                    {"role": "assistant", "content": row.reply},
                ]
            }
            if shape.pairs:
                told["rejected_response"] = row.worse or ""
            rows(row.split, {**told, "images": list(names)})

        yield write
