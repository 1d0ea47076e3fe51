"""The first page of several runs: of each what it is, how it ended, when, and what came of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from crosslight.runs import RUN_FILE
from crosslight.view.server.opened import Opened, left_of
from crosslight.view.server.render import rendered

WIDTH = 300
"""Of the bar of a run's rows."""
MADE = {
    "build": "dataset",
    "judge": "verdicts",
    "assess": "grades",
    "bench": "benchmark",
    "prefer": "preference pairs",
    "tune": "training",
    "rate": "rating of datasets",
    "table": "table",
}


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one fate, and where they lie on the bar."""

    name: str
    count: int
    at: float
    wide: float


@dataclass(frozen=True, slots=True)
class Line:
    """A run on the page. `state`: one word; `alert`: whether it did not come to its end."""

    run: Opened
    what: str
    state: str
    alert: bool
    when: str
    models: tuple[str, ...]
    parts: tuple[Part, ...]


def page(runs: Mapping[str, Opened]) -> str:
    """A card a run."""
    return rendered(
        "web/runs.html.j2",
        runs=list(runs.values()),
        lines=[_line(one) for one in runs.values()],
        left=left_of(runs),
        pair=_pair(runs),
        run=None,
        tab="",
    )


def _pair(runs: Mapping[str, Opened]) -> tuple[str, str] | None:
    """Two runs to compare: the first of one kind, else the first; None where there are not two."""
    many = [run for run in runs.values() if run.table is not None]
    alike = (
        (a.name, b.name) for at, a in enumerate(many) for b in many[at + 1 :] if a.kind == b.kind
    )
    return next(alike, (many[0].name, many[1].name) if len(many) > 1 else None)


def _line(run: Opened) -> Line:
    status = str(run.run.get("status") or "")
    going = run.going
    return Line(
        run,
        MADE.get(run.kind, run.kind),
        "going on" if going else status,
        bool(run.run) and not going and status != "complete",
        _when(run),
        _models(run.run.get("models")),
        _parts(run),
    )


def _when(run: Opened) -> str:
    """When the run was last written, by its files; "" where nobody can say."""
    try:
        at = (run.place / RUN_FILE if run.run else run.place).stat().st_mtime
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OSError, ValueError, OverflowError):
        return ""


def _models(told: Any) -> tuple[str, ...]:
    """Their specs, each once."""
    found = told.values() if isinstance(told, Mapping) else told
    specs = [
        str(one.get("spec") or one.get("name") or "")
        for one in (list(found) if isinstance(found, Iterable) else ())
        if isinstance(one, Mapping)
    ]
    return tuple(dict.fromkeys(filter(None, specs)))


def _parts(run: Opened) -> tuple[Part, ...]:
    counts = [("done", 0 if run.table is None else run.table.rows)]
    counts += [(how, table.rows) for how, table in run.lost.items()]
    total, at, found = max(1, sum(n for _, n in counts)), 0.0, []
    for name, count in counts:
        wide = WIDTH * count / total
        found.append(Part(name, count, at, wide))
        at += wide
    return tuple(found)
