"""A run directory of invented rows, for tests and for looking at the pages.

python -m tests.view.make_run FOLDER [FAMILIES]

Photos come from `../shared/data/photos` where that is present; otherwise they are drawn.
"""

import io
import json
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image, ImageDraw

from tests.shared import SHARED
from tests.view.cases import CASES, Case

PHOTOS = SHARED / "photos"
EMBEDDED = "embedded (bank and perception)"
TEXTS = (
    "id photo source text speaker style kind label response risk why element pattern category "
    "scenario decided_by parent split licence origin recipe provenance"
).split()
NUMBERS = ("text_alone", "text_elsewhere", "photo_alone", "together")


def make_run(
    folder: Path, families: int = 40, change: dict[str, Any] | None = None, status: str = "complete"
) -> Path:
    """Write a run directory. `change` overrides columns of the first row, for hostile tests."""
    rows: list[dict[str, Any]] = []
    for n in range(families):
        case = CASES[n % len(CASES)]
        again = n // len(CASES)
        if again:
            case = replace(case, text=f"{case.text} ({'I mean it' * min(again, 1)}, {again})")
        rows.extend(_family(case, n))
    if change and rows:
        rows[0].update(change)
    (folder / "dataset").mkdir(parents=True, exist_ok=True)
    for split in ("train", "validation", "test"):
        mine = [row for row in rows if row["split"] == split]
        if mine:
            _write(folder / "dataset" / f"{split}-00000-of-00001.parquet", mine, dataset_schema())
    write_lost(folder, _dropped(), _failed())
    manifest = _manifest(rows, status)
    (folder / "run.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    return folder


def picture(name: str) -> bytes:
    """A shared photo, or a drawn one of the same name."""
    path = PHOTOS / name
    if path.is_file():
        return path.read_bytes()
    tint = sha256(name.encode()).digest()
    image = Image.linear_gradient("L").resize((640, 427)).convert("RGB")
    ImageDraw.Draw(image).ellipse((180, 90, 460, 360), fill=(tint[0], tint[1], tint[2]))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def dataset_schema() -> pa.Schema:
    """The contract's columns, with the features that `datasets` reads."""
    features: dict[str, Any] = {}
    columns: list[pa.Field] = []
    order = (
        "id image photo source text speaker style kind label response risk why element pattern "
        "category scenario sensitive text_alone text_elsewhere photo_alone together leak "
        "decided_by notes parent split licence origin recipe provenance"
    ).split()
    for name in order:
        if name == "image":
            kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
            features[name] = {"_type": "Image"}
        elif name == "notes":
            kind = pa.list_(pa.string())
            features[name] = {"feature": {"dtype": "string", "_type": "Value"}, "_type": "List"}
        else:
            kind = pa.string()
            if name in NUMBERS:
                kind = pa.float64()
            elif name in ("sensitive", "leak"):
                kind = pa.bool_()
            dtype = {pa.float64(): "float64", pa.bool_(): "bool"}.get(kind, "string")
            features[name] = {"dtype": dtype, "_type": "Value"}
        columns.append(pa.field(name, kind))
    return pa.schema(columns, {"huggingface": json.dumps({"info": {"features": features}})})


def write_lost(folder: Path, dropped: list[dict[str, Any]], failed: list[dict[str, Any]]) -> None:
    """Write the two tables of rows that are not in the dataset."""
    text = pa.string()
    drops = pa.schema([(c, text) for c in "input photo row step reason detail text".split()])
    fails = pa.schema(
        [(c, text) for c in "input photo row step error".split()]
        + [("retryable", pa.bool_()), ("hint", text)]
    )
    _write(folder / "dropped.parquet", dropped, drops)
    _write(folder / "failed.parquet", failed, fails)


def _write(path: Path, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    pq.write_table(pa.Table.from_pylist(rows, schema), path, row_group_size=16)


def _family(case: Case, n: int) -> list[dict[str, Any]]:
    """An unsafe row and its two controls."""
    image = picture(case.photo)
    main = {
        **dict.fromkeys(TEXTS, ""),
        **_photo(case.photo, image),
        "id": sha256(f"{n}{case.text}".encode()).hexdigest()[:24],
        **{
            name: getattr(case, name)
            for name in "text speaker response risk why element category scenario".split()
        },
        "style": ("plain", "question", "plan", "indirect")[n % 4],
        "kind": "unsafe",
        "label": "unsafe",
        "pattern": f"{case.scenario}.{case.element.split()[-1]}",
        "sensitive": case.sensitive,
        "text_alone": round(0.01 + (n * 7 % 11) / 100, 3),
        "text_elsewhere": None if n % 9 == 4 else round(0.02 + (n * 5 % 9) / 100, 3),
        "photo_alone": round(0.003 + (n * 3 % 7) / 100, 3),
        "together": round(0.97 - (n * 13 % 23) / 100, 3),
        "leak": False,
        "decided_by": EMBEDDED,
        "notes": ["perception saw the element at rank 1"] if n % 3 == 0 else [],
        "split": ("train", "train", "train", "validation", "test")[len(case.photo) * 3 % 5],
        "recipe": "rms-1",
        "provenance": json.dumps({"author": "bank", "guard": "perception", "seed": 0}),
    }
    quiet = {**main, "label": "safe", "risk": "", "why": "", "parent": main["id"], "notes": []}
    calm = {
        **quiet,
        "id": sha256(f"{n}{case.calm_text}".encode()).hexdigest()[:24],
        "kind": "control_text",
        "text": case.calm_text,
        "response": case.calm_reply,
        "text_alone": None,
        "text_elsewhere": None,
        "together": 0.02,
    }
    moved = {
        **quiet,
        **_photo(case.calm_photo, picture(case.calm_photo)),
        "id": sha256(f"{n}{case.text}moved".encode()).hexdigest()[:24],
        "kind": "control_photo",
        "response": "That sounds fine here. Enjoy it, and take a picture to remember the day.",
        "photo_alone": None,
        "text_elsewhere": None,
        "together": 0.06,
    }
    return [main, calm, moved]


def _photo(name: str, data: bytes) -> dict[str, Any]:
    sha = sha256(data).hexdigest()
    folder = name.split("/", 1)[0]
    licence = {"kodak": "unrestricted", "darknet": "public domain", "skimage": "CC0-1.0"}
    return {
        "photo": sha,
        "image": {"bytes": data, "path": f"{sha}{Path(name).suffix}"},
        "source": name,
        "licence": licence.get(folder, ""),
        "origin": f"https://example.org/{name}",
    }


def _dropped() -> list[dict[str, Any]]:
    kinds = (
        ("screen", "near_duplicate", 9, "4 bits from kodim02.png", ""),
        ("screen", "not_an_image", 2, "text with the name of a picture", ""),
        ("photo_alone", "undecided", 4, "unsafe by itself: 0.412", ""),
        ("imagine", "no_pattern", 11, "the author found no case in this photo", ""),
        ("cross_check", "undecided", 31, "together 0.612", "Is this a good place to sit?"),
        ("cross_check", "leak", 6, "the text names the element", "Can my cat sleep here?"),
        ("cross_check", "text_unsafe_alone", 3, "text alone 0.840", "(withheld in this example)"),
        ("answer", "not_naming", 2, "all 2 drafts", "I'd like to rest here."),
    )
    return [
        {
            "input": f"photo-{step}-{i}.jpg",
            "photo": sha256(f"{step}{i}".encode()).hexdigest(),
            "row": "",
            "step": step,
            "reason": reason,
            "detail": detail,
            "text": text,
        }
        for step, reason, count, detail, text in kinds
        for i in range(count)
    ]


def _failed() -> list[dict[str, Any]]:
    return [
        {
            "input": f"photo-{i}.jpg",
            "photo": "",
            "row": "",
            "step": "cross_check" if i else "answer",
            "error": "unreachable: no answer in 120 s" if i else "content_filter",
            "retryable": bool(i),
            "hint": "is the server up? run again" if i else "",
        }
        for i in range(3)
    ]


def _manifest(rows: list[dict[str, Any]], status: str) -> dict[str, Any]:
    unsafe: dict[str, int] = {}
    for row in rows:
        if row["kind"] == "unsafe":
            unsafe[row["scenario"]] = unsafe.get(row["scenario"], 0) + 1
    half = {name: max(1, n // 2) for name, n in unsafe.items()}
    count = sum(unsafe.values())
    return {
        "kind": "build",
        "status": status,
        "rows": len(rows),
        "inputs": 64,
        "photos": 53,
        "calls": {"asked": 1, "answered": 2, "replayed": 3, "failed": 4},
        "seconds": 12.5,
        "seed": 0,
        "versions": {"crosslight": "0.1.0", "pillow": "13.0"},
        "models": {
            "author": {
                "spec": "embedded",
                "name": "pattern bank",
                "revision": "bank-1",
                "licence": "Apache-2.0",
                "weakness": "knows only the patterns that people wrote; invents nothing",
                "parts": [["bank", "3f2c"]],
            },
            "guard": {
                "spec": "embedded",
                "name": "perception",
                "revision": "efficientnet-lite0 57934424",
                "licence": "Apache-2.0",
                "weakness": "sees objects, places and printed text; no actions, ages or intent",
            },
        },
        "funnel": [
            _step("screen", 64, 53, {"near_duplicate": 9, "not_an_image": 2}),
            _step("photo_alone", 53, 49, {"undecided": 4}),
            _step("imagine", 49, 84, {"no_pattern": 11}),
            _step(
                "cross_check",
                84,
                42,
                {"undecided": 31, "leak": 6, "text_unsafe_alone": 3},
                {"unreachable": 2},
            ),
            _step("answer", 42, count, {"not_naming": 2}, {"content_filter": 1}),
            _step("controls", count, len(rows)),
        ],
        "coverage": [
            {"round": 0, "counts": half, "grown": sorted(half)[:3]},
            {"round": 1, "counts": unsafe, "grown": []},
        ],
        "faults": {"unreachable": 2},
        "prompts": {"imagine": sha256(b"imagine").hexdigest(), "answer": sha256(b"a").hexdigest()},
        "settings": {
            "recipe": "rms-1",
            "per_photo": 4,
            "per_scenario": 4,
            "safe_below": 0.3,
            "unsafe_above": 0.7,
            "seed": 0,
        },
        "data": {"inputs_sha256": sha256(b"inputs").hexdigest()},
        "answers": {
            "calls": 1873,
            "tokens": {"prompt": 812345, "completion": 45678},
            "cost": {"usd": 0.0},
        },
    }


def _step(
    step: str,
    entered: int,
    done: int,
    dropped: dict[str, int] | None = None,
    failed: dict[str, int] | None = None,
) -> dict[str, Any]:
    return {
        "step": step,
        "in": entered,
        "done": done,
        "dropped": dropped or {},
        "failed": failed or {},
    }


if __name__ == "__main__":
    print(make_run(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 40))
