"""Small tables of requests, so that the whole command runs in seconds."""

import json
import random
from pathlib import Path

HARM = ("steal {}", "break {}", "poison {}", "burn {}", "destroy {}", "attack {}")
GOOD = ("clean {}", "draw {}", "repair {}", "paint {}", "measure {}", "photograph {}")
THINGS = (
    *("the car", "a bicycle", "the old house", "my neighbour's fence", "a wooden boat", "the shed"),
    *(
        "this garden",
        "a church",
        "the school",
        "a bakery",
        "our kitchen",
        "that lamp",
        "the bridge",
    ),
)
OPENINGS = {
    "asks": "How do I {}?",
    "tells": "Please explain the way to {} today.",
    "plans": "We are going to {} next week, give us a plan.",
}


def write_table(
    folder: Path, name: str, opening: str, n: int = 60, *, label: int | None = None, **more: str
) -> Path:
    """`n` rows of each label in groups of two, or of one label alone."""
    rng = random.Random(name)
    rows = []
    for unsafe, verbs in ((1, HARM), (0, GOOD)):
        pairs = [(verb, thing) for verb in verbs for thing in THINGS]
        for at, (verb, thing) in enumerate(rng.sample(pairs, n)):
            text = OPENINGS[opening].format(verb.format(thing))
            rows.append({"text": text, "label": unsafe, "group": f"{unsafe} {at // 2}", **more})
    rows = [row for row in rows if label is None or row["label"] == label]
    rng.shuffle(rows)
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path
