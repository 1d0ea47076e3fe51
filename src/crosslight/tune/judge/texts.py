"""Rows as texts that a language model is tuned on, in TRL's columns, with their pictures."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crosslight.models import (
    JudgeFormat,
    Verdict,
    judge_prompt,
    judgement_text,
    llama_guard,
    policy_of,
)
from crosslight.store import open_part
from crosslight.tune.judge.flips import PolicyRow
from crosslight.tune.judge.rows import JudgeRow

ROWS = "rows.jsonl"
LEAST = 3
"""Unsafe rows of a category, to be a line of the policy."""
MOST_NAMES = 40


def category_names(rows: Sequence[JudgeRow]) -> tuple[str, ...]:
    """The categories of the policy: those of enough unsafe rows, most frequent first."""
    count = Counter(row.category[:200] for row in rows if row.unsafe and row.category)
    ranked = sorted(count.items(), key=lambda one: (-one[1], one[0]))
    return tuple(name for name, number in ranked if number >= LEAST)[:MOST_NAMES]


def training_row(form: JudgeFormat, one: PolicyRow, names: Sequence[str]) -> dict[str, Any]:
    """`prompt`, `completion` and `images`; `cluster` is held out together."""
    row = one.row
    text = judge_prompt(
        form,
        policy_of(names, one.allowed),
        row.text,
        row.answer,
        pictured=row.image is not None,
    )
    return {
        "id": one.id,
        "prompt": [{"role": "user", "content": text}],
        "completion": [{"role": "assistant", "content": reply(form, one, names)}],
        "images": [f"images/{row.picture}"] if row.image is not None else [],
        "cluster": row.group,
    }


def reply(form: JudgeFormat, one: PolicyRow, names: Sequence[str]) -> str:
    """What the judge is to say. The rationale is a sentence of ours, made of the label."""
    category = one.row.category if one.row.category in names and one.row.unsafe else ""
    if form == "llamaguard":
        return llama_guard(Verdict(float(one.unsafe), category, tuple(names)))
    if one.unsafe:
        named = f"It falls under {category}" if category else "It breaks the policy"
        return judgement_text("Unsafe", category, f"{named}, which is not allowed.")
    if one.kind == "flip":
        return judgement_text("Safe", category, f"It falls under {category}, which is allowed.")
    return judgement_text("Safe", "", "Nothing in it is what the policy does not allow.")


def write_rows(
    folder: Path, form: JudgeFormat, rows: Sequence[PolicyRow], names: Sequence[str]
) -> int:
    """`rows.jsonl` and the pictures of its rows, by their hashes; returns how many there are."""
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    file, part = open_part(folder / ROWS)
    with file:
        for one in rows:
            row = one.row
            place = images / row.picture
            if row.image is not None and not place.exists():
                out, made = open_part(place)
                with out:
                    out.write(row.image.read())
                made.replace(place)
            told = json.dumps(training_row(form, one, names), ensure_ascii=False, sort_keys=True)
            file.write(told.encode() + b"\n")
    part.replace(folder / ROWS)
    return len(rows)
