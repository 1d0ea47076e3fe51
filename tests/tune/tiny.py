"""Tiny random vision-language models with whole processors, and rows of coloured pictures."""

import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import torch
import transformers as tf
from PIL import Image

from crosslight.api import tune_job
from crosslight.tune import TuneJob
from tests.models.hf import tiny

torch.set_num_threads(1)
COLOURS = {"red": (220, 20, 20), "blue": (20, 20, 220)}
FAST = ("learning_rate=5e-3", "warmup=0", "schedule=constant", "max_length=512", "batch=2")


def base(kind: str, folder: Path) -> Path:
    """A repository of a family, with the processor that its real ones have."""
    place = tiny.save(kind, folder / kind)
    eyes, tokenizer = tiny.PROCESSORS[kind](), tiny.make_tokenizer(kind)
    if kind == "idefics3":
        tf.Idefics3Processor(eyes, tokenizer, image_seq_len=4).save_pretrained(place)
    elif kind == "llava":
        tf.LlavaProcessor(
            eyes,
            tokenizer,
            patch_size=8,
            vision_feature_select_strategy="default",
            num_additional_image_tokens=1,
        ).save_pretrained(place)
    elif kind == "gemma3":
        tf.Gemma3Processor(eyes, tokenizer, image_seq_length=4).save_pretrained(place)
    return place


@cache
def picture(colour: str, side: int = 48) -> bytes:
    """A PNG of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (side, side), COLOURS[colour]).save(out, "PNG")
    return out.getvalue()


def mirrored(count: int = 2) -> list[dict[str, Any]]:
    """Pairs with their mirrors, as a run of prefer writes them: the same two answers change roles
    beside the other colour."""
    rows = []
    for at in range(count):
        for colour, other in (("red", "blue"), ("blue", "red")):
            yes, no = "Yes people", "No fire"
            chosen, rejected = (yes, no) if colour == "red" else (no, yes)
            rows.append(
                {
                    "id": f"{colour}{at}",
                    "image": {"bytes": picture(colour), "path": f"{colour}.png"},
                    "question": f"What do you see at the edge? {at}",
                    "chosen": chosen,
                    "rejected": rejected,
                    "mirror_of": f"{other}{at}",
                    "cluster": f"c{at}",
                    "split": "train",
                }
            )
    return rows


def write_run(folder: Path, rows: list[dict[str, Any]]) -> Path:
    """As a run lies: a shard a split."""
    (folder / "dataset").mkdir(parents=True)
    for split in sorted({row["split"] for row in rows}):
        of = [row for row in rows if row["split"] == split]
        pq.write_table(pa.Table.from_pylist(of), folder / "dataset" / f"{split}-00000.parquet")
    return folder


def write_jsonl(folder: Path, rows: list[dict[str, Any]]) -> Path:
    """A table of TRL's columns with pictures beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    for colour in COLOURS:
        (folder / f"{colour}.png").write_bytes(picture(colour))
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def job(
    tmp: Path, data: Path, model: Path, method: str, preset: str, *set_: str, **more: Any
) -> TuneJob:
    """A run on the CPU that takes seconds."""
    out = more.pop("out", tmp / "out")
    return tune_job(
        data,
        out,
        base=str(model),
        method=method,
        preset=preset,
        images=tmp / "images",
        set_=(*FAST, *set_),
        quiet=True,
        **more,
    )
