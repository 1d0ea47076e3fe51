"""The script engine: one request in, one reply out, the same in every run.

Everything is decided by a hash of (seed, payload, attempt), so that a run can be repeated and the
retry of a faulted request can succeed.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from crosslight.models.fake.from_schema import unit, value_for
from crosslight.models.fake.habits import Habits
from crosslight.models.fake.picture import (
    CHECKERED,
    NAMED,
    dominant_colour,
    from_data_url,
    sha256,
)
from crosslight.models.fake.script import FaultName, Rule, Script

SURE = 0.97
SHORT_ANSWER = 8
"""A request for so few tokens is a question with options."""
LETTERS = re.compile(r"^\s*\(?([A-H])[).:]\s", re.MULTILINE)
COLOURS = (*NAMED, CHECKERED)


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, as the engine sees it. `key` identifies the payload."""

    key: str
    task: str = ""
    model: str = ""
    text: str = ""
    shown: tuple[bytes | str, ...] = ()
    """JPEG bytes, or data URLs that are decoded only when a rule looks."""
    schema: Mapping[str, Any] | None = None
    options: tuple[str, ...] = ()
    short: bool = False
    draw: str = ""
    """Which sample this is (the seed): decides the word that is drawn at temperature > 0."""
    temperature: float = 0.0

    def jpegs(self) -> tuple[bytes, ...]:
        """The pictures that the request shows."""
        return tuple(from_data_url(s) if isinstance(s, str) else s for s in self.shown)


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer. `choice` holds first-token probabilities when there are any."""

    text: str
    choice: Mapping[str, float] | None = None
    fault: FaultName | None = None
    delay_s: float = 0.0
    rule: int = -1


@dataclass(slots=True)
class Stats:
    """Counts since the start. `answered` holds complete answers by payload."""

    requests: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    peak_in_flight: int = 0

    def as_json(self) -> dict[str, Any]:
        """Totals, counts by class, and payloads that were answered more than once."""
        twice = sum(1 for count in self.answered.values() if count > 1)
        return {
            "requests": self.requests,
            "payloads": len(self.seen),
            "answers": sum(self.answered.values()),
            "answered_payloads": len(self.answered),
            "answered_twice": twice,
            "in_flight": self.in_flight,
            "peak_in_flight": self.peak_in_flight,
            "kinds": dict(sorted(self.kinds.items())),
        }


class Engine:
    """Decides replies by a script and counts them. Not thread-safe: one event loop."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.stats = Stats()
        self._waiting = 0

    def decide(self, ask: Ask) -> Reply:
        """The reply to this attempt at the payload, counted as a request."""
        attempt = self.stats.seen[ask.key]
        self.stats.requests += 1
        self.stats.seen[ask.key] = attempt + 1
        seed = f"{self.script.seed}/{ask.key}/{attempt}"
        index, rule = self._rule(ask)
        fault = (rule.error if rule else None) or self._fault(seed, attempt)
        delay = self._delay(rule, seed)
        if fault is not None and fault != "cut":
            return Reply("", None, fault, delay, index)
        text, choice = self._answer(ask, rule)
        return Reply(text[: max(1, len(text) // 2)] if fault else text, choice, fault, delay, index)

    def habits(self, ask: Ask) -> Habits:
        """Those of the rule that answers, else of the model, else of the script."""
        script = self.script
        rule = self._rule(ask)[1] if script.has_habits_in_rules else None
        if rule is not None and rule.habits is not None:
            return rule.habits
        return script.models.get(ask.model, script.habits)

    def admit(self) -> bool:
        """Whether a new request may wait; counts it as in flight if so."""
        script, stats = self.script, self.stats
        if script.queue and script.slots and stats.in_flight >= script.slots + script.queue:
            return False
        stats.in_flight += 1
        stats.peak_in_flight = max(stats.peak_in_flight, stats.in_flight)
        return True

    def finish(self, kind: str, key: str | None = None) -> None:
        """Count a request's end; `key` when a complete answer was given."""
        self.stats.in_flight -= 1
        self.stats.kinds[kind] += 1
        if key is not None:
            self.stats.answered[key] += 1

    def refuse(self) -> None:
        """Count a request that found the queue full."""
        self.stats.requests += 1
        self.stats.kinds["queue_full"] += 1

    def _delay(self, rule: Rule | None, seed: str) -> float:
        script = self.script
        base = script.latency_ms if rule is None or rule.latency_ms is None else rule.latency_ms
        if base and script.jitter:
            base *= 1 + script.jitter * (2 * unit(seed + "/latency") - 1)
        return base / 1000

    def _fault(self, seed: str, attempt: int) -> FaultName | None:
        faults = self.script.faults
        if not faults.ladder or (faults.at_most and attempt >= faults.at_most):
            return None
        spent = unit(seed + "/fault")
        return next((name for edge, name in faults.ladder if spent < edge), None)

    def _rule(self, ask: Ask) -> tuple[int, Rule | None]:
        for index, rule in enumerate(self.script.rules):
            if _holds(rule, ask, self.script.can.images):
                return index, rule
        return -1, None

    def _answer(self, ask: Ask, rule: Rule | None) -> tuple[str, Mapping[str, float] | None]:
        seed = f"{self.script.seed}/{ask.key}"
        if rule is not None and rule.choice is not None:
            return drawn(rule.choice, ask), rule.choice
        if rule is not None and rule.json_ is not None:
            return json.dumps(rule.json_, ensure_ascii=False), None
        if rule is not None and rule.answer is not None:
            text = _fill(rule.answer, ask)
            return text, {_first_word(text): SURE} if ask.options or ask.short else None
        if ask.schema is not None and self.script.can.schema_:
            return json.dumps(value_for(ask.schema, seed), ensure_ascii=False), None
        if ask.options or ask.short:
            choice = self._default_choice(ask, seed)
            return drawn(choice, ask), choice
        colour = self._colour(ask)
        return (f"A {colour} picture. {ask.text}" if colour else ask.text or "Nothing."), None

    def _colour(self, ask: Ask) -> str:
        if not (self.script.sees and self.script.can.images and ask.shown):
            return ""
        return dominant_colour(ask.jpegs()[-1])

    def _default_choice(self, ask: Ask, seed: str) -> dict[str, float]:
        """By colour where the question names colours; otherwise by hash over what it offers."""
        options = ask.options or _offered(ask.text)
        outside = 0.01 + 0.04 * unit(seed + "/outside")
        colour = self._colour(ask)
        weights = {option: 0.05 + unit(f"{seed}/{option}") for option in options}
        seen = next((option for option in options if option.casefold() == colour), None)
        if seen is not None:
            weights = dict.fromkeys(options, 0.01) | {seen: 1.0}
        elif any(option.casefold() in COLOURS for option in options) and not colour:
            weights = {option: 1.0 + 0.01 * i for i, option in enumerate(reversed(options))}
        total = sum(weights.values())
        return {option: (1 - outside) * w / total for option, w in weights.items()}


def _holds(rule: Rule, ask: Ask, sees: bool) -> bool:
    if rule.task is not None and rule.task != ask.task:
        return False
    if rule.model is not None and rule.model != ask.model:
        return False
    if rule.pattern is not None and not rule.pattern.search(ask.text):
        return False
    if rule.image is None and rule.colour is None:
        return True
    shown = ask.jpegs() if sees else ()
    if rule.image is not None and not any(sha256(j).startswith(rule.image) for j in shown):
        return False
    return rule.colour is None or any(dominant_colour(j) == rule.colour for j in shown)


def _offered(text: str) -> tuple[str, ...]:
    """The options that a question names: colours, lettered lines, else Yes and No."""
    words = re.findall(r"[a-z]+", text.casefold())
    colours = tuple(dict.fromkeys(word for word in words if word in COLOURS))
    if len(colours) > 1:
        return colours
    letters = tuple(dict.fromkeys(LETTERS.findall(text)))
    return letters if len(letters) > 1 else ("Yes", "No")


def drawn(choice: Mapping[str, float], ask: Ask) -> str:
    """The likeliest option at temperature 0, else one drawn by the request's seed."""
    if not choice:
        return "Nothing."
    if ask.temperature <= 0:
        return max(choice, key=lambda option: choice[option])
    left = unit(f"{ask.key}/{ask.draw}") * max(1.0, sum(choice.values()))
    for option, probability in choice.items():
        left -= probability
        if left < 0:
            return option
    return "Hmm"


_FIELDS: dict[str, Callable[[Ask], str]] = {
    "text": lambda ask: ask.text,
    "task": lambda ask: ask.task,
    "colour": lambda ask: dominant_colour(ask.jpegs()[-1]) if ask.shown else "",
    "hash": lambda ask: ask.key[:12],
}


def _fill(template: str, ask: Ask) -> str:
    return re.sub(r"\{(text|task|colour|hash)\}", lambda m: _FIELDS[m.group(1)](ask), template)


def _first_word(text: str) -> str:
    words = text.split(maxsplit=1)
    return words[0] if words else ""
