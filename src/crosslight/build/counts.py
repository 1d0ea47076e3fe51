"""Where every row went: counts by step over the whole build."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from crosslight.build.steps import Draft, IdeaRequest
from crosslight.flow import error_kind
from crosslight.records import Done, Dropped, Failed, Outcome, Photo, Sample
from crosslight.runs import Lost
from crosslight.text import plural

STEPS = ("screen", "photo_alone", "imagine", "cross_check", "augment", "answer", "controls")
"""In the order in which a row meets them."""


@dataclass(slots=True)
class StepCount:
    """What one step did, over all passes in which it stood."""

    step: str
    entered: int = 0
    done: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        """As it stands in run.json."""
        return {
            "step": self.step,
            "in": self.entered,
            "done": self.done,
            "dropped": dict(sorted(self.dropped.items())),
            "failed": dict(sorted(self.failed.items())),
        }


_FAILED = {
    "bad_answer": "the reply could not be used",
    "content_filter": "the provider's filter stopped it",
    "denied": "the server did not let us in",
    "no_option": "the reply is none of the options",
    "rate_limited": "the server was asked too much",
    "refused": "the model refused the request",
    "rejected": "the server did not take the request",
    "server_fault": "the server had an error",
    "truncated": "the reply was cut short",
    "unreachable": "no server answered",
}
"""Kinds of errors in words that name no machine."""


def control_failed(error: str) -> str:
    """A note for the dataset. The words of an error can name a server: they stand in
    `failed.parquet` alone."""
    kind = error.partition(":")[0]
    if not kind.isidentifier():
        return "a control failed"
    return ": ".join(("a control failed", kind, *filter(None, [_FAILED.get(kind)])))


def unread_told(rows: int) -> list[str]:
    """For the notes of a run: of so many rows a guard left something open."""
    if not rows:
        return []
    return [
        f"in {plural(rows, 'row')} the guard left a question unanswered, which is unknown and"
        " noted; the same command asks again for what failed"
    ]


@dataclass(slots=True)
class RowTally:
    """What was counted while a dataset was written."""

    rows: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)

    def count(self, label: str, kind: str, split: str) -> None:
        """One row."""
        self.rows += 1
        self.labels[label] += 1
        self.kinds[kind] += 1
        self.splits[split] += 1

    def as_json(self) -> dict[str, Any]:
        """For run.json."""
        groups = {"labels": self.labels, "kinds": self.kinds, "splits": self.splits}
        return {"rows": self.rows} | {k: dict(sorted(v.items())) for k, v in groups.items()}


class RowCounts:
    """Every row stands here or in the dataset, and only once."""

    def __init__(self, steps: Sequence[str] = STEPS) -> None:
        self.steps = {name: StepCount(name) for name in steps}

    def step(self, name: str) -> StepCount:
        """The counts of a step; one that is not of the recipe stands last."""
        if name not in self.steps:
            self.steps[name] = StepCount(name)
        return self.steps[name]

    def count(self, name: str, outcomes: Sequence[Outcome[Any]]) -> None:
        """One row went into this step and became these."""
        step = self.step(name)
        step.entered += 1
        for outcome in outcomes:
            if isinstance(outcome, Done):
                step.done += 1
            elif isinstance(outcome, Dropped):
                step.dropped[outcome.reason] += 1
            else:
                step.failed[error_kind(outcome)] += 1

    def take_back(self, outcome: Dropped) -> None:
        """A row that its step had passed is dropped after all."""
        step = self.step(outcome.step)
        step.done -= 1
        step.dropped[outcome.reason] += 1

    def as_json(self) -> list[dict[str, Any]]:
        """The funnel of run.json."""
        return [step.as_json() for step in self.steps.values()]


def persons_told(photos: Iterable[bool | int | None]) -> dict[str, int]:
    """Of the photos of the dataset: those that show a person, those in which none was found, and
    those at which no detector looked."""
    found = Counter(None if shown is None else bool(shown) for shown in photos)
    return {"shown": found[True], "not_found": found[False], "unknown": found[None]}


def lost_of(outcome: Dropped | Failed, row: Any, source: str) -> Lost:
    """A row that ended early. `source` is the input's name."""
    photo, row_id, text = _names(row)
    return Lost(outcome, source, photo, row_id, text)


def _names(row: Any) -> tuple[str, str, str]:
    """Photo, row id and text of whatever stands at that step."""
    if isinstance(row, Photo):
        return row.id, "", ""
    if isinstance(row, IdeaRequest):
        return row.photo.id, "", ""
    if isinstance(row, Draft):
        return row.triplet.photo, row.triplet.id, row.triplet.text
    if isinstance(row, Sample):
        return row.triplet.photo, row.id, row.triplet.text
    return "", "", ""
