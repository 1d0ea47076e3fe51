"""The first page of a run: how it ended, what it made, what it cost, and what was lost why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crosslight.records import content_hash
from crosslight.runs import LostReason
from crosslight.store import UnreadableFile, read_json
from crosslight.view.server.opened import Opened
from crosslight.view.server.render import rendered

MOST_LISTED = 40
SET_UP = ("models", "settings", "prompts", "data", "versions", "seed", "constitution", "plan")
TOLD = {
    *("kind", "status", "reason", "hint", "account", "rows", "inputs", "dropped", "failed"),
    *("notes", "funnel", "seconds", "calls", "tasks", "tokens", "cost", "titles", "coverage"),
    *SET_UP,
}


@dataclass(frozen=True)
class Number:
    """One of the large numbers on top. `value` None: unknown, which is not zero."""

    name: str
    value: Any


def page(runs: Mapping[str, Opened], run: Opened) -> str:
    """What `run.json` tells."""
    told = run.run
    return rendered(
        "web/overview.html.j2",
        runs=runs,
        run=run,
        tab="overview",
        told=told,
        numbers=_numbers(run),
        card=_card(run),
        agreement=_agreement(run),
        counts=[(name, many) for name, value in told.items() if (many := _counts(name, value))],
        single=[(n, v) for n, v in told.items() if n not in TOLD and _is_single(v)],
        notes=[*run.faults, *(str(note) for note in _list(told.get("notes")))],
        funnel=[_step(one) for one in _list(told.get("funnel")) if isinstance(one, Mapping)],
        lost=[(how, reason) for how in run.lost for reason in run.reasons(how)[:6]],
        set_up=[(name, told[name]) for name in SET_UP if told.get(name) not in (None, "", {}, [])],
    )


def lost(runs: Mapping[str, Opened], run: Opened, how: str) -> str:
    """What a run left out or could not do, by reason: count, first example, remedy."""
    reasons = run.reasons(how)
    return rendered(
        "web/lost.html.j2",
        runs=runs,
        run=run,
        tab=how,
        how=how,
        reasons=reasons,
        rows=sum(one.count for one in reasons),
        hint_of=hint_of,
        where_of=where_of,
    )


def hint_of(reason: LostReason) -> str:
    """The first remedy that an example names."""
    return next((one["hint"] for one in reason.examples if one.get("hint")), "")


def where_of(how: str, reason: LostReason) -> dict[str, str]:
    """The filter that shows the rows of a reason."""
    if how == "dropped":
        return {"f.step": reason.step, "f.reason": reason.reason}
    return {"f.step": reason.step, "q": reason.reason}


def _numbers(run: Opened) -> list[Number]:
    told = run.run
    account = _mapping(told.get("account"))
    tokens, cost = _mapping(told.get("tokens")), _mapping(told.get("cost"))
    calls = _mapping(told.get("calls"))
    found = [Number("rows", run.table.rows if run.table is not None else told.get("rows"))]
    if not told:
        return found
    found += [Number(name, account.get(name)) for name in ("inputs", "finished")]
    found += [
        Number(f"rows {how}", len_of(run, how) if how in run.lost else told.get(how))
        for how in ("dropped", "failed")
    ]
    if account.get("not_reached"):
        found.append(Number("not reached", account["not_reached"]))
    usd = cost.get("usd")
    return [
        *found,
        Number("calls asked", calls.get("asked")),
        Number("calls replayed", calls.get("replayed")),
        Number("tokens", _sum(tokens.values())),
        Number("cost", f"${usd:,.4g}" if _is_small(usd) else None),
        Number("seconds", told.get("seconds")),
    ]


def len_of(run: Opened, how: str) -> int:
    """Rows of a table of lost rows."""
    return run.lost[how].rows


def _card(run: Opened) -> list[tuple[str, Mapping[str, Any]]]:
    """The judge's report card: each metric with its interval."""
    path = run.place / "card.json"
    if run.kind != "judge" or not path.is_file():
        return []
    try:
        card = read_json(path)
    except (OSError, UnreadableFile):
        return []
    overall = _mapping(_mapping(card).get("overall"))
    return [(name, one) for name, one in overall.items() if isinstance(one, Mapping)]


def _agreement(run: Opened) -> list[str]:
    """How far the grades of a run agree with those of people, as `judge agree` last found."""
    if run.kind != "assess" or run.table is None:
        return []
    try:
        found = _mapping(read_json(run.place / "agreement.json"))
        now = content_hash((run.place / "assessed.parquet").read_bytes())
    except (OSError, UnreadableFile):
        return []
    if found.get("assessed_sha256") != now:
        return []  # of an earlier run in this folder
    return [str(line) for line in _list(found.get("lines"))]


def _counts(name: str, value: Any) -> list[tuple[str, int]]:
    """A small table of counts, most first; [] where it is something else."""
    if name in TOLD or not isinstance(value, Mapping) or not value:
        return []
    if not all(isinstance(n, int) and not isinstance(n, bool) for n in value.values()):
        return []
    return sorted(((str(k), n) for k, n in value.items()), key=lambda one: -one[1])[:MOST_LISTED]


def _step(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "step": str(one.get("step", "")),
        "in": one.get("in"),
        "done": one.get("done"),
        "dropped": _sum(_mapping(one.get("dropped")).values()),
        "failed": _sum(_mapping(one.get("failed")).values()),
    }


def _sum(values: Any) -> int | None:
    found = list(values)
    return sum(found) if all(isinstance(one, int) for one in found) else None


def _is_small(value: Any) -> bool:
    """Whether it is a number, and one that money can be."""
    return isinstance(value, int | float) and abs(value) < 1e15


def _is_single(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool) and value != ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
