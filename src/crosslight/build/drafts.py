"""`drafts.parquet`: every draft that reached the cross-check, with its numbers, kept or not.

With it another threshold can be tried without a call.
"""

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from crosslight.build.row_codec import draft_of, plain
from crosslight.build.row_log import RowLog
from crosslight.build.waves import ScenarioMap
from crosslight.records import CrossCheck
from crosslight.store import table_schema, write_table

DRAFTS_FILE = "drafts.parquet"
AT_ONCE = 500
_KINDS = {"bool": pa.bool_(), "int": pa.int64(), "str": pa.string()}
NUMBERS = (
    *("text_alone", "text_elsewhere", "photo_alone", "together"),
    *("leak", "stated", "visible", "follows", "beside"),
)
"""The fields of a cross-check; `photo_alone` and the like are null where nobody knows."""


def _kind(name: str) -> pa.DataType:
    told = next(one for one in fields(CrossCheck) if one.name == name)
    return _KINDS.get(str(getattr(told.type, "__name__", told.type)), pa.float64())


_TEXT = pa.string()
DRAFTS = table_schema(
    {
        **dict.fromkeys(("id", "photo", "text", "pattern", "scenario"), _TEXT),
        "triplet": _TEXT,
        **{name: _kind(name) for name in NUMBERS},
        "decided_by": _TEXT,
        "notes": pa.list_(_TEXT),
        **dict.fromkeys(("outcome", "reason", "way", "parent"), _TEXT),
        "wave": pa.int64(),
    }
)
"""`triplet` is JSON; `outcome` is `kept` or `dropped`, and `reason` says why."""


def write_drafts(out: Path, log: RowLog, scenarios: ScenarioMap) -> None:
    """Write those of the log, in the order of the recipe."""
    write_table(out / DRAFTS_FILE, DRAFTS, _drafts(log, scenarios))


def _drafts(log: RowLog, scenarios: ScenarioMap) -> Iterator[dict[str, Any]]:
    found = log.stream("SELECT value, reason, way, wave FROM drafts ORDER BY place")
    while some := list(islice(found, AT_ONCE)):
        drafts = [draft_of(value) for value, *_ in some]
        names = scenarios.name([triplet for triplet, _, _ in drafts])
        for (_, reason, way, wave), (said, check, parent), name in zip(
            some, drafts, names, strict=True
        ):
            triplet = replace(said, scenario=name)
            numbers = plain(check)
            yield {
                "id": triplet.id,
                "photo": triplet.photo,
                "text": triplet.text,
                "pattern": triplet.pattern,
                "scenario": name,
                "triplet": json.dumps(plain(triplet), sort_keys=True),
                **{one: numbers[one] for one in NUMBERS},
                "decided_by": check.decided_by,
                "notes": list(check.notes),
                "outcome": "dropped" if reason else "kept",
                "reason": reason,
                "way": way,
                "parent": parent,
                "wave": wave,
            }
