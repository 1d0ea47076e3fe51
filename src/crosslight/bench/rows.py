"""The tables of a bench run: one row an item, whatever became of it."""

import json
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from crosslight.bench.item import Answered, Item, Role, Scored

ITEMS = pa.schema(
    [
        ("item", pa.string()),
        ("subset", pa.string()),
        ("side", pa.string()),
        ("expected", pa.string()),
        ("pair", pa.string()),
        ("category", pa.string()),
        ("text", pa.string()),
        (
            "turns",
            pa.list_(
                pa.struct(
                    [
                        ("role", pa.string()),
                        ("text", pa.string()),
                        ("asked", pa.bool_()),
                        ("reasoning", pa.string()),
                    ]
                )
            ),
        ),
        ("prompt", pa.string()),
        ("images", pa.list_(pa.string())),
        ("photos", pa.list_(pa.string())),
        ("answer", pa.string()),
        ("reasoning", pa.string()),
        ("probabilities", pa.string()),
        ("outside_mass", pa.float64()),
        ("unknown_mass", pa.float64()),
        ("method", pa.string()),
        ("samples", pa.int64()),
        ("room", pa.int64()),
        ("status", pa.string()),
        ("verdict", pa.string()),
        ("right", pa.float64()),
        ("value", pa.float64()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("protocol", pa.string()),
        ("addressed_by", pa.string()),
        ("does_it", pa.bool_()),
        ("names_risk", pa.bool_()),
        ("notes", pa.list_(pa.string())),
    ]
)
EPOCH = pa.field("epoch", pa.int64())
CATEGORIES = ("category", "scenario", "attack", "harmful_category", "hazard_category", "type")
"""Labels of suites that a heatmap can group by, the first that an item has."""


def items_schema(epochs: int) -> pa.Schema:
    """Of `items.parquet`: with a column `epoch` where items are asked more than once."""
    return ITEMS.insert(1, EPOCH) if epochs > 1 else ITEMS


@dataclass(frozen=True, slots=True)
class Before:
    """A turn before the last: the benchmark's, or an answer that the model was `asked` for."""

    role: Role
    text: str
    pictures: int = 0
    asked: bool = False
    reasoning: str = ""

    def as_row(self) -> dict[str, Any]:
        """Without the number of its pictures: their names stand beside it."""
        names = ("role", "text", "asked", "reasoning")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Asked:
    """An item with what was asked and what came; `turns` are those before the last. `photos` are
    sha256 of what the model was shown, in order (a blank or another item's picture under an
    ablation); `notes` say what of the pictures it was not."""

    item: Item
    prompt: str
    answered: Answered
    photos: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    turns: tuple[Before, ...] = ()
    marks: bool = False
    """See `Suite`."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An answered item with its score. `detail` is the judge's reason, for people;
    `addressed_by` holds words that spoke to the judge, which changed no score. `does_it` and
    `names_risk` are what a judge's class was made of; None where it does not say."""

    asked: Asked
    scored: Scored
    detail: str = ""
    addressed_by: str = ""
    does_it: bool | None = None
    names_risk: bool | None = None


def category_of(item: Item) -> str:
    """The label that a heatmap groups by; empty where the authors give none."""
    found = (str(item.labels[name]) for name in CATEGORIES if item.labels.get(name))
    return next(found, "")


def item_row(item: Item) -> dict[str, Any]:
    """The part of a row that the benchmark gives."""
    return {
        "item": item.id,
        "subset": str(item.subset),
        "side": str(item.side),
        "expected": str(item.expected),
        "pair": item.pair,
        "category": category_of(item),
        "text": item.text,
        "turns": [Before(turn.role, turn.text).as_row() for turn in item.turns],
        "images": list(item.images),
    }


def asked_row(asked: Asked) -> dict[str, Any]:
    """The part that the model gave."""
    said = asked.answered
    chances = {name: round(p, 8) for name, p in sorted(said.probabilities.items())}
    return {
        "prompt": asked.prompt,
        "turns": [turn.as_row() for turn in asked.turns],
        "photos": list(asked.photos),
        "notes": list(asked.notes),
        "answer": said.text,
        "reasoning": said.reasoning,
        "probabilities": json.dumps(chances) if chances else "",
        "outside_mass": None if said.outside_mass is None else round(said.outside_mass, 8),
        "unknown_mass": None if said.unknown_mass is None else round(said.unknown_mass, 8),
        "method": said.method,
        "samples": said.samples,
        "room": said.room,
    }


def scored_row(scored: Scored, detail: str = "") -> dict[str, Any]:
    """The part that scoring gave."""
    return {
        "status": scored.status,
        "verdict": scored.verdict,
        "right": None if scored.right is None else float(scored.right),
        "value": scored.value,
        "reason": scored.reason,
        "detail": detail,
        "protocol": scored.protocol,
    }
