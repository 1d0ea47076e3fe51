"""What stands beside a picture in Label Studio: verdict, findings and measurements as words."""

import json
from collections.abc import Mapping
from typing import Any

from crosslight.export.formats.judged import rule_titles, rules_of
from crosslight.export.formats.source import Source

_NUMBERS = {
    **{"shown": "with the image", "prior": "without it", "erased": "centre erased"},
    **{"joint": "all together", "unprinted": "print filled"},
}


def words_of(source: Source, cells: Mapping[str, Any]) -> dict[str, str]:
    """Fields of a task that its interface shows, by name. Raises `ExportError`, `TableError`."""
    if source.kind == "judge":
        return _of_verdict(source, cells)
    if source.kind == "assess":
        return {"said": _of_grade(cells)}
    if source.kind == "bench":
        return {"said": _of_answer(cells)}
    return {}


def _of_verdict(source: Source, cells: Mapping[str, Any]) -> dict[str, str]:
    titles = rule_titles(source)
    lines = []
    for one in rules_of(cells):
        why = f" ({one['reason']})" if one.get("reason") else ""
        lines.append(f"{titles.get(one['rule'], one['rule'])}: {one['finding']}{why}")
    asked = [_question(titles, one) for one in json.loads(cells["evidence"])]
    reason = f": {cells['reason']}" if cells.get("reason") else ""
    return {
        "said": f"{cells.get('verdict')}{reason}",
        "findings": "\n".join(lines),
        "measured": "\n".join(asked) or "nothing",
    }


def _question(titles: Mapping[str, str], told: Mapping[str, Any]) -> str:
    rule, answer = str(told.get("rule")), told.get("answer") or "unknown"
    numbers = [
        f"{said} {told[name]:.2f}"
        for name, said in _NUMBERS.items()
        if isinstance(told.get(name), float)
    ]
    beside = f" [{', '.join(numbers)}]" if numbers else ""
    return f"{titles.get(rule, rule)} | {told.get('question')}: {answer}{beside}"


def _of_grade(cells: Mapping[str, Any]) -> str:
    grade, reason = cells.get("grade"), cells.get("reason")
    if not isinstance(grade, float):
        return f"no grade: {reason or 'undecided'}"
    doubt = f"; {reason}" if reason else ""
    return f"{grade:.1f} of 10 ({cells.get('status')}{doubt})"


def _of_answer(cells: Mapping[str, Any]) -> str:
    told = [
        ("status", cells.get("status")),
        ("verdict", cells.get("verdict")),
        ("expected", cells.get("expected")),
        ("by", cells.get("protocol")),
        ("why", cells.get("detail") or cells.get("reason")),
    ]
    return "\n".join(f"{name}: {value}" for name, value in told if value)
