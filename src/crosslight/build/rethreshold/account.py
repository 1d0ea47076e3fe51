"""What fell, and where it stands: the table of losses and the funnel under other cut-offs."""

import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from crosslight.build.rethreshold.drafts import Drafts
from crosslight.build.rethreshold.rows import Rows
from crosslight.runs import DROPPED, DROPPED_FILE, FAILED_FILE, NOT_REACHED
from crosslight.store import table_rows

BUILT_FILE = "dropped_by_build.parquet"
"""What the build itself dropped: kept beside a table that other cut-offs changed."""
_ALONE = re.compile(r"unsafe by itself: (\d\.\d+)")


class Losses:
    """The lines of `dropped.parquet` under other cut-offs: those of the build, without what would
    not have come so far, and what fell since."""

    def __init__(self, folder: Path, drafts: Drafts, rows: Rows) -> None:
        built = folder / BUILT_FILE
        self.path = built if built.is_file() else folder / DROPPED_FILE
        """The table of the build."""
        self._drafts, self._rows = drafts, rows
        self.gone: Counter[tuple[str, str]] = Counter()
        """Step and reason of losses that would not have come so far."""
        self.photos: list[float] = []
        """How unsafe the photos are by themselves that the first look left out."""
        failed = folder / FAILED_FILE
        lines = table_rows(failed, ["row", "step"]) if failed.is_file() else iter(())
        self.failed = {values["row"] for values in lines if values["step"] == "answer"}
        """Drafts that failed at their answer: they stand in the other table, and stay there."""
        self.lines = list(self._lines())

    def _lines(self) -> Iterator[dict[str, Any]]:
        told = set[str]()
        for values in table_rows(self.path, DROPPED.names) if self.path.is_file() else ():
            step, row, detail = values["step"], values["row"], values["detail"] or ""
            one = self._drafts.by_id.get(row)
            if step == "photo_alone" and (found := _ALONE.search(detail)):
                self.photos.append(float(found[1]))
            if step == "cross_check" and one is not None:
                told.add(row)
                changed = {} if one.now == values["reason"] else {"reason": one.now}
                yield {**values, **changed}
            elif (step == "answer" and one and one.now) or (
                step == "controls" and self._drafts.of_row(row)
            ):
                self.gone[step, values["reason"]] += 1
            else:
                yield values
        for id, one in self._drafts.by_id.items():
            if one.now and id not in told and id not in self.failed:
                where = (one.photo, id, "cross_check", one.now, one.detail, one.text)
                yield self._line(*where)
        for fell in self._rows.controls:
            where = (fell.photo, fell.parent, "controls", fell.reason, fell.detail, fell.text)
            yield self._line(*where)

    @property
    def dropped(self) -> int:
        """How many were dropped; what a stop left out is not."""
        stopped = (NOT_REACHED.step, NOT_REACHED.reason)
        return sum((line["step"], line["reason"]) != stopped for line in self.lines)

    def _line(
        self, photo: str, row: str, step: str, reason: str, detail: str, text: str
    ) -> dict[str, Any]:
        return {
            "input": self._rows.sources.get(photo, ""),
            "photo": photo,
            "row": row,
            "subset": "",
            "step": step,
            "reason": reason,
            "detail": detail,
            "text": text,
        }


def funnel_of(
    built: list[dict[str, Any]], drafts: Drafts, rows: Rows, losses: Losses
) -> list[dict[str, Any]]:
    """The funnel of the build, with what other cut-offs change in it."""
    funnel = deepcopy(built)
    steps = {step["step"]: step for step in funnel}
    empty: dict[str, Any] = {"in": 0, "done": 0, "dropped": {}}
    checked, answered, controls = (
        steps.get(name, empty) for name in ("cross_check", "answer", "controls")
    )
    moved = Counter(
        (one.was, one.now)
        for id, one in drafts.by_id.items()
        if one.was != one.now and id not in losses.failed
    )
    for (was, now), count in moved.items():
        _move(checked, was, now, count)
    for step, count in ((answered, rows.unsafe_fell), (controls, rows.beside_fell)):
        step["in"] -= count
        step["done"] -= count
    for (name, reason), count in losses.gone.items():
        steps.get(name, empty)["in"] -= count
        _move(steps.get(name, empty), reason, None, count)
    for reason, count in Counter(fell.reason for fell in rows.controls).items():
        _move(controls, "", reason, count)
    return funnel


def _move(step: dict[str, Any], was: str, now: str | None, count: int) -> None:
    """So many rows ended otherwise; an empty reason stands for done, None for not at all."""
    dropped = Counter(step["dropped"])
    for reason, change in ((was, -count), (now, count)):
        if reason:
            dropped[reason] += change
        elif reason is not None:
            step["done"] += change
    step["dropped"] = {reason: n for reason, n in sorted(dropped.items()) if n}
