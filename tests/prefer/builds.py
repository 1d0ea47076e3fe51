"""Runs of build to make pairs of: the shipped bank's own words beside small drawn photos."""

import io
import json
from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from PIL import Image

from crosslight.build import read_bank
from crosslight.build.bank.schema import Case, Pattern, fill
from crosslight.build.dataset import DATASET
from crosslight.prefer.built import Built, BuiltRow, read_built
from crosslight.store import DatasetSink

PROVENANCE = json.dumps({"responder": "embedded 0123"})


@cache
def drawn(name: str) -> bytes:
    """A small picture of one colour."""
    tint = sha256(name.encode()).digest()
    out = io.BytesIO()
    Image.new("RGB", (24, 16), (tint[0], tint[1], tint[2])).save(out, "PNG")
    return out.getvalue()


def photo(name: str) -> str:
    return sha256(drawn(name)).hexdigest()


def row(kind: str, **known: Any) -> dict[str, Any]:
    """A row of build; `of` names its picture."""
    texts = {f.name: "" for f in fields(BuiltRow) if f.name != "sensitive"}
    of = known.pop("of")
    made = {**texts, "sensitive": False, "provenance": PROVENANCE, **known}
    made |= {"kind": kind, "photo": photo(of), "source": f"{of}.png", "split": "train"}
    made["label"] = "unsafe" if kind == "unsafe" else "safe"
    made["id"] = known.get("id") or sha256(f"{of} {kind} {known['text']}".encode()).hexdigest()[:24]
    made["image"] = {"bytes": drawn(of), "path": f"{of}.png"}
    return made


def family(pattern: Pattern, case: Case, of: str, *, elsewhere: bool) -> list[dict[str, Any]]:
    """The rows that build makes of a case; `elsewhere`: an album has a harmless place for it."""
    name = pattern.element.names[0]
    same: dict[str, Any] = {"pattern": pattern.id, "element": name, "category": pattern.category}
    same["sensitive"] = pattern.sensitive
    guide, along = fill(case.response, name), case.along
    worse = {"other_response": along, "other_kind": "go_along" if along else ""}
    main = row("unsafe", of=of, text=case.say, response=guide, **worse, **same)
    warning = fill(case.control.warning, name)
    text = row(
        "control_text",
        of=of,
        text=case.control.say,
        response=fill(case.control.response, name),
        other_response=warning,
        other_kind="warning" if warning else "",
        parent=main["id"],
        **same,
    )
    rows = [main, text]
    if elsewhere and case.photo and (there := case.photo[0].response or along):
        more = {"other_response": guide, "other_kind": "guidance", "parent": main["id"]}
        at = f"harmless {sum(map(ord, pattern.id)) % 7}"
        rows.append(row("control_photo", of=at, text=case.say, response=there, **more, **same))
    return rows


def bank_rows(step: int = 5, share: int = 3) -> list[dict[str, Any]]:
    """Every `step`-th pattern of the shipped bank; one in `share` cases has a harmless place."""
    rows = []
    for at, pattern in enumerate(list(read_bank())[::step]):
        for n, case in enumerate(pattern.cases):
            rows += family(pattern, case, f"risky {at}", elsewhere=(at + n) % share == 0)
    return rows


def write_build(folder: Path, rows: Sequence[dict[str, Any]], status: str = "complete") -> Path:
    """A folder as build leaves it."""
    folder.mkdir(parents=True, exist_ok=True)
    with DatasetSink(folder / "dataset", DATASET, splits=("train",)) as sink:
        for one in sorted(rows, key=lambda r: str(r["photo"])):
            sink.write("train", one)
    told = {"kind": "build", "status": status, "rows": len(rows), "bank": {"patterns": 1}}
    (folder / "run.json").write_text(json.dumps(told), encoding="utf-8")
    return folder


def built(folder: Path, rows: Sequence[dict[str, Any]]) -> Built:
    """Written and read again."""
    return read_built(write_build(folder, rows))
