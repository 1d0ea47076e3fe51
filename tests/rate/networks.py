"""A tiny vision-language model that can be taught two words, and tables of pictures and texts."""

import io
import json
import random
from pathlib import Path
from unittest.mock import patch

import transformers as tf
from PIL import Image
from safetensors.torch import load_file, save_file

from crosslight.models import judge_prompt
from tests.models.hf import tiny
from tests.rate.tables import GOOD, HARM, OPENINGS, THINGS
from tests.tune.tiny import base

KIND = "idefics3"
LOUD = 3.0
"""How much further the two words' rows of the head reach: so a few steps teach to say them."""
QUICK = (
    *("learning_rate=1e-2", "warmup=0", "schedule=constant", "epochs=3", "batch=8", "at_once=8"),
    *("checkpointing=false", "side=64"),
)
"""A few steps do."""


def network(folder: Path) -> Path:
    """Its tokenizer knows safe and unsafe as words, and is short of few of the question's."""
    asked = judge_prompt("llamaguard", [], "How do I go?", pictured=True)
    with patch.object(tiny, "WORDS", "safe unsafe " * 8 + asked):
        place = base(KIND, folder)
    whole = load_file(place / "model.safetensors")
    tokenizer = tf.AutoTokenizer.from_pretrained(place)
    for word in ("safe", "unsafe"):
        (at,) = tokenizer.encode(word, add_special_tokens=False)
        whole["lm_head.weight"][at] *= LOUD
    save_file(whole, place / "model.safetensors", {"format": "pt"})
    return place


def picture(rng: random.Random, unsafe: int) -> bytes:
    """A pattern of its own, reddish or bluish: no two look the same."""
    strong = (150, 250), (0, 60), (0, 60)
    image = Image.new("RGB", (8, 8))
    image.putdata(
        [
            tuple(rng.randint(*each) for each in (strong if unsafe else strong[::-1]))
            if rng.random() < 0.5
            else (0, 0, 0)
            for _ in range(64)
        ]
    )
    out = io.BytesIO()
    image.resize((48, 48), Image.Resampling.NEAREST).save(out, "PNG")
    return out.getvalue()


def write_pictured(folder: Path, opening: str, n: int = 26) -> Path:
    """`n` rows of each label, each with a text and a picture of its own."""
    rng = random.Random(opening)
    rows = []
    for unsafe, verbs in ((1, HARM), (0, GOOD)):
        pairs = [(verb, thing) for verb in verbs for thing in THINGS]
        for at, (verb, thing) in enumerate(rng.sample(pairs, n)):
            name = f"{opening}-{unsafe}-{at}.png"
            (folder / name).write_bytes(picture(rng, unsafe))
            text = OPENINGS[opening].format(verb.format(thing))
            rows.append({"text": text, "label": unsafe, "image": name, "group": name})
    rng.shuffle(rows)
    path = folder / f"{opening}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path
