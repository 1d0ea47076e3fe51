"""The datasheet of an export, after Gebru et al. (arXiv 1803.09010): what a user must know.

It says what the run states and no more; what nobody stated is called so.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from crosslight.export.formats.source import Source
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
OF_VERDICTS = (
    "For reading and reviewing what a model said of pictures.",
    "Measuring and reviewing a judge. A verdict is a model's word and no fact: for training only "
    "where people accepted or labelled it.",
    "A judge errs. What is undecided or failed is neither kept nor broken, and no class of its "
    "own: it is unknown.",
)
"""What it is for; how it may be used; what it lacks."""
OF_ANSWERS = (
    "For reading and reviewing what a model answered to a benchmark, and how that was graded.",
    "Comparing and reviewing answers. Not for training: a model that learnt a benchmark is no "
    "longer measured by it.",
    "Answers hold what the model said, harmful words too. A grade is a rule's or a judge's word; "
    "an item without one is unknown.",
)
_PERSONS = "How many photos show a person was not counted."
_BESIDE = "Place, owner and device are left out of the pictures where the run says so."
_MARKED = {
    "judge": "What is not judged safe counts as sensitive.",
    "assess": "No row is marked sensitive.",
    "bench": "No row is marked sensitive; requests of a benchmark are often meant to be harmful.",
}


def sensitive_of(kind: str) -> str:
    """What is known of persons, and what the mark of the sensitive means."""
    marked = _MARKED.get(kind, "Rows about self-harm and weapons are marked sensitive.")
    return f"{_PERSONS} {marked} {_BESIDE}"


def words_of(kind: str) -> tuple[str, str, str]:
    """What the rows of a kind of run are for; how they may be used; what they lack."""
    told = {"judge": OF_VERDICTS, "assess": OF_VERDICTS, "bench": OF_ANSWERS}
    return told.get(kind, (PURPOSE, USES, LIMITS))


def datasheet(source: Source, facts: Mapping[str, str], reviews: str) -> list[str]:
    """Lines of Markdown; `facts`: what was counted while the rows were written."""
    run = source.run
    purpose, uses, limits = words_of(source.kind)
    sections: list[tuple[str, Sequence[str]]] = [
        ("Why was it made?", [purpose]),
        ("What is in it?", [f"{name}: {told}." for name, told in facts.items()]),
        ("How was it made?", [*_models(run), *_policy(run), *_cleaning(source)]),
        ("Who has checked it?", [reviews]),
        ("What is it for, and what not?", [uses, limits]),
        ("Persons and sensitive things", [sensitive_of(source.kind)]),
        (
            "How may it be passed on?",
            [f"Every picture keeps its own licence; {_grants(source)}this export grants none."],
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


def _grants(source: Source) -> str:
    return "the benchmark's texts keep its; " if source.kind == "bench" else ""


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


def _policy(run: Mapping[str, Any]) -> list[str]:
    """By which policy, or which protocol of a benchmark."""
    policy, suite = run.get("constitution"), run.get("suite")
    found = []
    if isinstance(policy, Mapping):
        found.append(f"Judged by the policy: {policy.get('title') or 'without a title'}.")
    if isinstance(suite, Mapping):
        licence = suite.get("licence") or "not stated"
        found.append(f"Benchmark: {suite.get('title') or suite.get('name')}; licence: {licence}.")
        found.append(f"Protocol: {run.get('protocol') or 'not stated'}.")
    return found


def _cleaning(source: Source) -> list[str]:
    if not source.rows.trainable:
        shown = source.kind != "bench" or source.places.data is not None
        return ["Place, owner, device and time were left out of the pictures."] if shown else []
    beside = source.run.get("beside_pixels")
    if not isinstance(beside, Mapping):
        return [
            "The run does not say whether place, owner and device were left out of the pictures."
        ]
    if beside.get("kept"):
        return ["The pictures hold what their files said of place, owner and device."]
    return ["Place, owner, device and time were left out of the pictures."]
