"""Eight rows, the longest, and one of each number of pictures through the trainer's own collator,
with and without its limit.

The libraries are silent where a limit cuts the answer away (the loss is 0.0, or 0.6931 for ever)
and where a template or a collator loses a picture. Here each such row ends the run before it began.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from crosslight.records import CrosslightError
from crosslight.tune.job import TuneJob
from crosslight.tune.pictures import Pictures
from crosslight.tune.preflight.seen import SeenRow, seen_row
from crosslight.tune.rows import TuneRow
from crosslight.tune.train.examples import example_of

ROWS = 8
LONGER = "raise it with --set max_length=N, or leave longer rows out with --set too_long=drop"
LOST = "lost pictures"
CUT_PICTURE = "cut picture tokens"
NO_ANSWER = "no answer left"
CUT_ANSWER = "answer cut"
UNREADABLE = "cannot be read"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row, and what helps."""

    place: str
    kind: str
    told: str
    remedy: str

    def as_json(self) -> dict[str, str]:
        """For preflight.json."""
        return {"place": self.place, "kind": self.kind, "told": self.told, "remedy": self.remedy}


class PreflightError(CrosslightError):
    """Training would not have learnt what the rows say; nothing was trained."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        first = faults[0]
        more = f" (and {len(faults) - 1} more faults)" if len(faults) > 1 else ""
        super().__init__(f"{first.place}: {first.kind}: {first.told}{more}", first.remedy)
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Preflight:
    """What was looked at and found."""

    rows: tuple[SeenRow, ...]
    faults: tuple[Fault, ...]
    limit: int | None

    def as_json(self) -> dict[str, Any]:
        """For preflight.json, which its page is made of."""
        return {
            "limit": self.limit,
            "rows": [row.as_json() for row in self.rows],
            "faults": [fault.as_json() for fault in self.faults],
        }


def preflight(
    job: TuneJob, rows: Sequence[TuneRow], longest: TuneRow, collator: Any, pictures: Pictures
) -> Preflight:
    """Look through rows of all parts of the data, and the longest one."""
    step = max(1, len(rows) // ROWS)
    # One of each number of pictures too: a template may place the first and forget the second.
    counts = {len(row.pictures): row for row in rows}
    chosen = [*rows[::step][:ROWS], longest, *counts.values()]
    chosen = list({row.id: row for row in chosen}.values())
    seen: list[SeenRow] = []
    faults: list[Fault] = []
    for row in chosen:
        found, wrong = _look(row, collator, pictures)
        faults += wrong
        if found is not None:
            seen.append(found)
    return Preflight(tuple(seen), tuple(faults), collator.max_length)


def _look(row: TuneRow, collator: Any, pictures: Pictures) -> tuple[SeenRow | None, list[Fault]]:
    whole, error = _collated(replace(collator, max_length=None), row, pictures)
    if whole is None:
        told = f"the model's processor refuses it: {error}"
        remedy = "look at the row's text and pictures; its text must hold no special tokens"
        return None, [Fault(row.place, UNREADABLE, told, remedy)]
    seen = seen_row(row, whole, collator.processor)
    faults = _lost(row, seen)
    if collator.max_length is not None:
        faults += _cut(row, seen, collator, pictures)
    return seen, faults


def _lost(row: TuneRow, seen: SeenRow) -> list[Fault]:
    faults = []
    if row.pictures and (not seen.pixels or seen.picture_tokens < len(row.pictures)):
        told = (
            f"{len(row.pictures)} pictures in the row, {seen.picture_tokens} tokens of pictures "
            "in what the model is given"
        )
        faults.append(Fault(row.place, LOST, told, "the base's chat template must place pictures"))
    if not all(one.labelled for one in seen.answers):
        told = "no token of the answer is trained on"
        remedy = "the base's chat template must print the assistant's text"
        faults.append(Fault(row.place, NO_ANSWER, told, remedy))
    return faults


def _cut(row: TuneRow, seen: SeenRow, collator: Any, pictures: Pictures) -> list[Fault]:
    """What the limit takes away."""
    limit = collator.max_length
    cut, error = _collated(collator, row, pictures)
    if cut is None:
        told = f"max_length {limit} cuts inside a picture: {error}"
        return [Fault(row.place, CUT_PICTURE, told, LONGER)]
    short = seen_row(row, cut, collator.processor)
    faults = []
    if short.picture_tokens < seen.picture_tokens:
        told = (
            f"{short.picture_tokens} of {seen.picture_tokens} tokens of its pictures are within "
            f"max_length {limit}"
        )
        faults.append(Fault(row.place, CUT_PICTURE, told, LONGER))
    for before, after in zip(seen.answers, short.answers, strict=True):
        if before.labelled and after.labelled < before.labelled:
            told = (
                f"{after.labelled} of {before.labelled} tokens of the answer are within "
                f"max_length {limit} ({before.tokens} tokens in all)"
            )
            kind = CUT_ANSWER if after.labelled else NO_ANSWER
            faults.append(Fault(row.place, kind, told, LONGER))
    return faults


def _collated(collator: Any, row: TuneRow, pictures: Pictures) -> tuple[dict[str, Any] | None, str]:
    """A batch of the one row, or why there is none: processors raise each their own errors."""
    example = example_of(row, pictures)
    try:
        return dict(collator([example])), ""
    except Exception as error:
        return None, f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
