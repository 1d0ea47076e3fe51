"""How fast DPO and a LoRA judge train: tokens a second and peak memory, on random weights.

On a GPU a network of the size of Qwen2.5-VL-3B is made, else a small one, so that the script runs
anywhere; a random network costs what a trained one costs. Run: `python -m benchmarks.tune`.
"""

import argparse
import io
import json
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
import transformers as tf
from PIL import Image
from tests.models.hf import tiny

from crosslight.api import tune_job
from crosslight.tune import run_tune

REAL = {
    "hidden_size": 2048,
    "intermediate_size": 11008,
    "num_hidden_layers": 36,
    "num_attention_heads": 16,
    "num_key_value_heads": 2,
}
TOWER = {
    "depth": 32,
    "hidden_size": 1280,
    "num_heads": 16,
    "intermediate_size": 3420,
    "out_hidden_size": 2048,
    "patch_size": 14,
    "spatial_merge_size": 2,
    "temporal_patch_size": 2,
}
TEXT = "Look at the people near the left edge of this picture and say what they should not do. "


def random_base(folder: Path, large: bool) -> Path:
    """A repository of Qwen2.5-VL with random weights."""
    place = tiny.save("qwen2_5_vl", folder / "base")
    if large:
        config = tf.AutoConfig.from_pretrained(str(place))
        for name, value in REAL.items():
            setattr(config.text_config, name, value)
        config.text_config.layer_types = None
        config.text_config.rope_parameters = {
            "rope_type": "default",
            "mrope_section": [16, 24, 24],
            "rope_theta": 1000000.0,
        }
        for name, value in TOWER.items():
            setattr(config.vision_config, name, value)
        config = type(config).from_dict(config.to_dict())
        model = tf.AutoModelForImageTextToText.from_config(config, dtype=torch.bfloat16)
        model.save_pretrained(str(place))
    return place


def rows(folder: Path, count: int, words: int) -> Path:
    """Pairs with a picture each."""
    folder.mkdir()
    lines = []
    for at in range(count):
        data = io.BytesIO()
        colour = ((37 * at) % 255, (91 * at) % 255, 90)
        Image.new("RGB", (448, 336), colour).save(data, "PNG")
        (folder / f"{at}.png").write_bytes(data.getvalue())
        question, better, worse = TEXT, f"{TEXT * words} {at}", f"No. {TEXT * words}"
        lines.append(
            {"image": f"{at}.png", "prompt": question, "chosen": better, "rejected": worse}
        )
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def measure(
    method: str, preset: str, base: Path, data: Path, folder: Path, steps: int
) -> dict[str, Any]:
    """One run of so many steps."""
    cuda = torch.cuda.is_available()
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    job = tune_job(
        data,
        folder / method,
        base=str(base),
        method=method,
        preset=preset,
        images=folder / "images",
        set_=("warmup=0", "batch=4", "at_once=2", "max_length=4096", "lora.rank=16"),
        steps=steps,
        held_out=0.0,
        save_every=10_000,
        quiet=True,
    )
    began = time.monotonic()
    told = run_tune(job).summary
    seen = json.loads((job.out / "preflight.json").read_text(encoding="utf-8"))["rows"]
    tokens = sum(one["tokens"] for row in seen for one in row["answers"]) / len(seen)
    seconds = told["training"]["seconds"]
    peak = torch.cuda.max_memory_allocated() if cuda else 1024 * _rss()
    return {
        "method": method,
        "preset": preset,
        "parameters": told["training"]["all_parameters"],
        "trained": told["training"]["trained_parameters"],
        "steps": told["training"]["steps"],
        "rows_a_step": job.settings.batch,
        "tokens_a_row": round(tokens),
        "tokens_a_second": round(tokens * steps * job.settings.batch / seconds),
        "peak_memory_mb": round(peak / 2**20),
        "seconds": seconds,
        "with_everything_s": round(time.monotonic() - began, 1),
        "losses": told["training"]["losses"],
    }


def _rss() -> int:
    """Kilobytes, the most that this process had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Print a line of JSON a method."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=5)
    steps = parser.parse_args().steps
    large = torch.cuda.is_available()
    device = torch.cuda.get_device_name() if large else "CPU"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base = random_base(folder, large)
        data = rows(folder / "data", 16, 6 if large else 1)
        for method, preset in (("dpo", "spa-vl-dpo-lora"), ("sft", "llavaguard")):
            told = measure(method, preset, base, data, folder, steps)
            print(json.dumps({"device": device, **told}), flush=True)


if __name__ == "__main__":
    main()
