"""LLaMA-Factory: sharegpt rows, `dataset_info.json` beside them, pictures as files.

A content begins with one `<image>` a picture, and `images` is always a list: a string would be
counted by its letters.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crosslight.export.formats.lines import json_arrays
from crosslight.export.formats.rows import Shape, TrainRow
from crosslight.store import write_json

INFO = "dataset_info.json"
LOAD = "llamafactory-cli train YOURS.yaml   # in it: dataset_dir: OUT, dataset: crosslight_train"
"""How it is opened; OUT stands for the folder."""
_TAGS = {"role_tag": "from", "content_tag": "value", "user_tag": "human", "assistant_tag": "gpt"}


@contextmanager
def llamafactory_writer(
    out: Path, shape: Shape
) -> Iterator[Callable[[TrainRow, Sequence[str]], None]]:
    """Takes rows with the paths of their pictures; writes `SPLIT.json` and `dataset_info.json`."""
    info: dict[str, Any] = {}
    pairs = shape.pairs
    with json_arrays(out) as rows:

        def write(row: TrainRow, names: Sequence[str]) -> None:
            said = [_turn("human", "<image>" * len(names) + row.prompt)]
            reply = _turn("gpt", row.reply)
            told: dict[str, Any] = {"conversations": said if pairs else [*said, reply]}
            if pairs:
                told |= {"chosen": reply, "rejected": _turn("gpt", row.worse or "")}
            rows(row.split, {"id": row.id, **told, "images": list(names)})
            info[f"crosslight_{row.split}"] = _about(row.split, pairs)

        yield write
    write_json(out / INFO, info)


def _about(split: str, pairs: bool) -> dict[str, Any]:
    replies = {"chosen": "chosen", "rejected": "rejected"} if pairs else {}
    return {
        "file_name": f"{split}.json",
        "formatting": "sharegpt",
        **({"ranking": True} if pairs else {}),
        "columns": {"messages": "conversations", "images": "images", **replies},
        "tags": _TAGS,
    }


def _turn(who: str, text: str) -> dict[str, str]:
    return {"from": who, "value": text}
