"""Photos, drafts and rows as JSON texts of the log, and back."""

import json
from dataclasses import fields
from functools import cache
from typing import Any

from crosslight.records import CrossCheck, Kind, Photo, Sample, Triplet


def photo_json(photo: Photo) -> str:
    """All of it."""
    return _text(plain(photo))


def photo_of(text: str) -> Photo:
    """The photo that was written."""
    told = json.loads(text)
    extra = tuple((name, value) for name, value in told.pop("extra"))
    return Photo(**{**told, "extra": extra, "notes": tuple(told["notes"])})


def draft_json(triplet: Triplet, check: CrossCheck, parent: str) -> str:
    """A draft that reached the cross-check, with its numbers."""
    return _text({"triplet": plain(triplet), "check": plain(check), "parent": parent})


def draft_of(text: str) -> tuple[Triplet, CrossCheck, str]:
    """Triplet, numbers and parent."""
    told = json.loads(text)
    return triplet_of(told["triplet"]), _check(told["check"]), told["parent"]


def sample_json(row: Sample) -> str:
    """Without its provenance, which is that of all rows of the run."""
    told = plain(row) | {"triplet": plain(row.triplet), "check": plain(row.check)}
    del told["provenance"]
    return _text(told)


def sample_of(text: str, provenance: dict[str, str]) -> Sample:
    """The row that was written."""
    told = json.loads(text)
    told["triplet"] = triplet_of(told["triplet"])
    told["check"] = _check(told["check"])
    told["kind"] = Kind(told["kind"])
    return Sample(**told, provenance=provenance)


def plain(one: Any) -> dict[str, Any]:
    """The fields of a record as they are: `asdict` copies every value, and a build writes many."""
    return {name: getattr(one, name) for name in _names(one.__class__)}


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


def triplet_of(told: dict[str, Any]) -> Triplet:
    """The triplet that was written."""
    return Triplet(**{**told, "natural_with": tuple(told.get("natural_with", ()))})


def _check(told: dict[str, Any]) -> CrossCheck:
    return CrossCheck(**{**told, "notes": tuple(told["notes"])})


def _text(told: dict[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=True, separators=(",", ":"))
