"""What differs in the set-up of two runs of any kind, read leniently from their `run.json`."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

NONE = "(none)"
"""What a run has no word of: an older run, or a part that it did without."""
PARTS = (
    *("models", "prompts", "versions", "data", "settings", "seed"),
    *("protocol", "suite", "kinds", "against", "constitution", "plan", "scale", "bank"),
)
"""The keys of `run.json` that could change a number, in the order in which they are told."""
CARD = ("spec", "revision", "endpoint", "parts")
SHORT = 12
_HASH = re.compile(r"[0-9a-f]{40,64}")


class SetupDifference(NamedTuple):
    """A part of the set-up with its value in A and in B; hashes are cut to their first digits."""

    name: str
    a: str
    b: str


def setup_differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> tuple[SetupDifference, ...]:
    """Everything that could change a number and is not the same in both."""
    left, right = _setup(a), _setup(b)
    found: list[SetupDifference] = []
    for part in PARTS:
        one, two = dict(_flat(part, left.get(part))), dict(_flat(part, right.get(part)))
        found += [
            SetupDifference(name, _short(one.get(name, NONE)), _short(two.get(name, NONE)))
            for name in sorted(one.keys() | two.keys())
            if one.get(name) != two.get(name)
        ]
    return tuple(found)


def models_by_role(run: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The models' cards, out of a list of cards, `{role: card}` or `{role: spec}`."""
    models = run.get("models")
    cards: list[tuple[str, Any]] = []
    if isinstance(models, Mapping):
        cards = [(str(role), card) for role, card in models.items()]
    elif isinstance(models, list):
        cards = [(str(_mapping(card).get("role", "")), card) for card in models]
    found: dict[str, Mapping[str, Any]] = {}
    for role, card in cards:
        name = role
        while name in found:
            name += "'"
        found[name] = {"spec": "", **(card if isinstance(card, Mapping) else {"spec": card})}
    return found


def _setup(run: Mapping[str, Any]) -> dict[str, Any]:
    """The parts, without what is no set-up and without what stands there twice."""
    found = {part: run.get(part) for part in PARTS}
    settings = _mapping(run.get("settings"))
    found["seed"] = run.get("seed", settings.get("seed"))
    # The command says again what models, settings and data say.
    found["settings"] = _without(settings, "seed", "command")
    found["models"] = {
        role: {key: card.get(key) for key in CARD} for role, card in models_by_role(run).items()
    }
    found["data"] = _without(_mapping(run.get("data")), "bad")
    found["constitution"] = _without(_mapping(run.get("constitution")), "titles")
    found["plan"] = _without(_mapping(run.get("plan")), "rules")  # the constitution's hash has them
    if isinstance(run.get("kinds"), Mapping):
        found["kinds"] = None  # of a build: rows by kind, a result
    return found


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _without(value: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: part for name, part in value.items() if name not in names}


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """(dotted name, text) of each value in it; nothing of what is empty."""
    if isinstance(value, list) and value and all(_is_pair(each) for each in value):
        by_name: dict[str, list[Any]] = {}
        for key, part in value:
            by_name.setdefault(key, []).append(part)
        value = {key: parts[0] if len(parts) == 1 else parts for key, parts in by_name.items()}
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _flat(f"{name}.{key}", part)
    elif value is not None and value not in ("", []):
        yield name, _text(value)


def _is_pair(value: Any) -> bool:
    """A (name, value) of a model's parts or of a suite's files."""
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str)


def _text(value: Any) -> str:
    if isinstance(value, list):
        plain = all(isinstance(each, str) for each in value)
        return ", ".join(value) if plain else json.dumps(value, ensure_ascii=False, sort_keys=True)
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # 1 and 1.0 are one setting
    return str(value)


def _short(text: str) -> str:
    return text[:SHORT] if _HASH.fullmatch(text) else text
