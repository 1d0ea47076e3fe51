"""A pairs run of a few invented rows, written by hand to the columns that `prefer` promises."""

import io
import json
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from crosslight.store import IMAGE

_TEXTS = (
    "id photo source question side chosen rejected chosen_kind rejected_kind mirror_of cluster "
    "basis split licence origin"
).split()
SCHEMA = pa.schema(
    [
        ("image", IMAGE),
        *((name, pa.string()) for name in _TEXTS),
        ("sensitive", pa.bool_()),
        ("weight", pa.float64()),
    ]
)


def drawn(tint: int, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40 + tint, 30), (tint, 90, 120)).save(out, kind)
    return out.getvalue()


def mirrored(n: int, split: str = "train") -> list[dict[str, Any]]:
    """Two pairs of one question: the replies change roles beside another photo."""
    guidance, plain = f"Not on that heater, {n}: it burns.", f"Sure, put it there, number {n}."
    told = {"question": f"I'll put my coat on this, {n}.", "cluster": f"c{n}", "split": split}
    risky = pair(f"a{n}", drawn(n), chosen=guidance, rejected=plain, side="hidden_risk", **told)
    calm = pair(f"b{n}", drawn(n + 100), chosen=plain, rejected=guidance, side="harmless", **told)
    return [{**risky, "mirror_of": f"b{n}"}, {**calm, "mirror_of": f"a{n}"}]


def pair(name: str, image: bytes | None, **told: Any) -> dict[str, Any]:
    base = {
        "id": name,
        "photo": sha256(image or b"").hexdigest(),
        "image": {"bytes": image, "path": f"{name}.png"},
        "source": f"{name}.png",
        "question": "What about this?",
        "chosen": "Not there.",
        "rejected": "Go on.",
        "side": "harmless",
        "sensitive": False,
        "weight": 1.0,
        "split": "train",
        "licence": "CC0-1.0",
        "origin": f"https://example.org/{name}",
    }
    return {**base, **told}


def write_pairs(folder: Path, rows: Iterable[dict[str, Any]], status: str = "complete") -> Path:
    (folder / "dataset").mkdir(parents=True)
    by_split: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_split.setdefault(row["split"], []).append(row)
    for split, held in by_split.items():
        path = folder / "dataset" / f"{split}-00000-of-00001.parquet"
        pq.write_table(pa.Table.from_pylist(held, SCHEMA), path)
    told = {"kind": "prefer", "status": status, "rows": sum(map(len, by_split.values()))}
    (folder / "run.json").write_text(json.dumps(told))
    return folder
