"""The datasheet of an export, after Gebru et al. (arXiv 1803.09010): what a user must know.

It says what the run states and no more; what nobody stated is called so.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from crosslight.text import markdown

PURPOSE = (
    "For making and measuring assistants that notice a risk which neither the picture nor the "
    "text shows alone, without refusing what is harmless."
)
USES = (
    "Training, measuring and reviewing of such assistants. Not for teaching harm, not for judging "
    "persons, and not as professional advice."
)
LIMITS = (
    "Texts were made by models or follow written patterns: a model may learn the pattern rather "
    "than the risk. What the photos do not show is missing. Risks depend on place, law and custom."
)
SENSITIVE = (
    "How many photos show a person was not counted. Rows about self-harm and weapons are marked "
    "sensitive. Place, owner and device are left out of "
    "the pictures where the run says so."
)


def datasheet(run: Mapping[str, Any], facts: Mapping[str, str], reviews: str) -> list[str]:
    """Lines of Markdown; `facts`: what was counted while the rows were written."""
    sections: list[tuple[str, Sequence[str]]] = [
        ("Why was it made?", [PURPOSE]),
        ("What is in it?", [f"{name}: {told}." for name, told in facts.items()]),
        ("How was it made?", [*_models(run), *_cleaning(run)]),
        ("Who has checked it?", [reviews]),
        ("What is it for, and what not?", [USES, LIMITS]),
        ("Persons and sensitive things", [SENSITIVE]),
        (
            "How may it be passed on?",
            ["Every picture keeps its own licence; this export grants none."],
        ),
        (
            "Who keeps it?",
            ["Whoever made this export; nobody else is stated. Make it again by the same command."],
        ),
    ]
    lines = ["## Datasheet", ""]
    for title, told in sections:
        lines += [f"### {title}", "", *(line for one in told for line in (markdown(one), ""))]
    return lines


def _models(run: Mapping[str, Any]) -> list[str]:
    """Which models wrote and checked the rows, by role."""
    models = run.get("models")
    found = []
    for one in models if isinstance(models, list) else ():
        if isinstance(one, Mapping):
            spec = str(one.get("spec") or one.get("name") or "a model without a name")
            found.append(f"{one.get('role') or 'role not stated'}: {spec}")
    told = "; ".join(dict.fromkeys(found))
    return [f"Models of the run, by role: {told}." if told else "The run names no model."]


def _cleaning(run: Mapping[str, Any]) -> list[str]:
    beside = run.get("beside_pixels")
    if not isinstance(beside, Mapping):
        return [
            "The run does not say whether place, owner and device were left out of the pictures."
        ]
    if beside.get("kept"):
        return ["The pictures hold what their files said of place, owner and device."]
    return ["Place, owner, device and time were left out of the pictures."]
