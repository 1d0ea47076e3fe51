"""What one person says of one task, as Label Studio holds it (an annotation), to and fro.

An annotation that an export made of a review of ours bears a mark: the hash of what it says. Where
it comes back unchanged, nobody there has said anything. One whose words no longer fit its mark was
changed by somebody, and counts as theirs.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from crosslight.export.formats.labelstudio_face import RULE, Control
from crosslight.records import content_hash
from crosslight.runs import Act

VERDICTS: Final = ("accept", "reject", "skip")
LABELS: Final = ("unsafe", "safe")
EDIT: Final = "edit."
_MARK = "crosslight-"


def annotation_of(acts: Iterable[Act], controls: Mapping[str, Control]) -> dict[str, Any] | None:
    """What a reviewer of ours said of a row; None where the interface has no place for any of it.
    `controls`: of the interface; a choice that it does not offer is not made there."""
    result = []
    for act in acts:
        label = RULE + act.rule if act.rule else "label"
        told = [("verdict", act.verdict), ("reason", act.reason), *_edits(act)]
        told = [(label, act.label), *([] if act.rule else told)]
        for name, text in told:
            control = controls.get(name)
            if text and control and (text in control.choices or not control.choices):
                value = {"choices" if control.choices else "text": [text]}
                kind = "choices" if control.choices else "textarea"
                about = {"from_name": name, "to_name": control.about, "type": kind}
                result.append({**about, "value": value})
    if not result:
        return None
    mark = _MARK + _digest(result)
    result = [{"id": f"{mark}-{at}", **one} for at, one in enumerate(result)]
    skipped = any(part["value"] == {"choices": ["skip"]} for part in result)
    # Unless told otherwise, the server calls what is imported the truth.
    return {"result": result, "was_cancelled": skipped, "ground_truth": False}


def is_ours(annotation: Mapping[str, Any]) -> bool:
    """Whether an export of ours made it, and nobody has changed it since."""
    result = annotation.get("result")
    if not isinstance(result, list) or not result:
        return False
    ids = [str(one.get("id")) if isinstance(one, Mapping) else "" for one in result]
    mark = _MARK + _digest(result)
    return all(one.rpartition("-")[0] == mark for one in ids)


def acts_of(one: Mapping[str, Any], data: Mapping[str, Any], names: Mapping[str, str]) -> list[Act]:
    """What an annotation says: of the row as a whole, then of each rule. `names`: of people."""
    verdict = reason = label = ""
    edit: dict[str, str] = {}
    rules: dict[str, str] = {}
    result = one.get("result")
    for part in result if isinstance(result, list) else ():
        name, text = _said(part)
        if name == "verdict" and text in VERDICTS:
            verdict = text
        elif name == "reason":
            reason = text
        elif name == "label":
            label = text
        elif name.startswith(RULE) and text in LABELS:
            rules[name.removeprefix(RULE)] = text
        elif name.startswith(EDIT) and text and text != data.get(name.removeprefix(EDIT)):
            edit[name.removeprefix(EDIT)] = text
    if one.get("was_cancelled") is True:
        verdict = "skip"
    who = _reviewer(one.get("completed_by"), names)
    at = _when(one.get("updated_at") or one.get("created_at"))
    row = str(data["id"])
    whole = Act(row, who, verdict, reason, label, "", tuple(sorted(edit.items())), True, at)
    of_rules = [Act(row, who, "", "", said, rule, (), True, at) for rule, said in rules.items()]
    return [*([] if whole.is_undo else [whole]), *(act for act in of_rules if act.rule)]


def _edits(act: Act) -> list[tuple[str, str]]:
    return [(EDIT + column, text) for column, text in act.edit]


def _digest(result: Sequence[Any]) -> str:
    told = sorted(_said(part) for part in result)
    return content_hash(json.dumps(told).encode())[:16]


def _said(part: Any) -> tuple[str, str]:
    """The name of a control, and what was chosen or written there."""
    value = part.get("value") if isinstance(part, Mapping) else None
    if not isinstance(value, Mapping):
        return "", ""
    told = value.get("choices") or value.get("text")
    first = told[0] if isinstance(told, list) and told else told
    return str(part.get("from_name", "")), first if isinstance(first, str) else ""


def _reviewer(who: Any, names: Mapping[str, str]) -> str:
    """As they are called here; else under a name that no reviewer of the viewer has."""
    known = [who.get("email"), who.get("id")] if isinstance(who, Mapping) else [who]
    told = [str(one) for one in known if isinstance(one, str | int) and one != ""]
    return next((names[one] for one in told if one in names), f"labelstudio:{[*told, '?'][0]}")


def _when(told: Any) -> str:
    try:
        at = datetime.fromisoformat(told)
    except (TypeError, ValueError):
        return ""
    return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC).isoformat(timespec="milliseconds")
