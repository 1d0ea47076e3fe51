"""What a run asked, got and paid, by task."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from crosslight.flow.seen_keys import SeenKeys
from crosslight.models import Choice, Message, Usage
from crosslight.records import content_hash
from crosslight.store import Record

Reading = tuple[str, int, int, bool, str]
"""Method, samples, room in tokens, whether nearly all probability is known, why samples."""
READING = ("method", "samples", "room", "known", "why")
KNOWN = 0.01
"""So much probability may be unknown before the notes of a run say so."""


@dataclass(slots=True)
class Calls:
    """Counts of one task. `asked` counts requests that were sent, retries included.

    `answered` counts new answers, `replayed` answers out of the store (or shared with a call in
    flight), `failed` calls that ended without an answer, `refailed` those of them that were not
    asked because an earlier run had got the same fault.
    """

    asked: int = 0
    answered: int = 0
    replayed: int = 0
    failed: int = 0
    refailed: int = 0

    def add(self, other: "Calls") -> None:
        """Add another task's counts."""
        for name in ("asked", "answered", "replayed", "failed", "refailed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class Used:
    """The answers that a run stands on, each counted once, new or replayed.

    Unlike the counts of calls, this is the same for a run and for its repetition.
    """

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    nano_usd: int = 0
    _keys: SeenKeys = field(default_factory=SeenKeys, repr=False)

    def add(self, record: Record) -> None:
        """Count this answer unless it was counted before."""
        if self._keys.add(record.key):
            self.calls += 1
            self.prompt_tokens += record.prompt_tokens
            self.completion_tokens += record.completion_tokens
            self.nano_usd += round(record.cost_usd * 1e9)  # whole: the order does not matter

    def as_json(self) -> dict[str, Any]:
        """For run.json."""
        return {
            "calls": self.calls,
            "tokens": {"prompt": self.prompt_tokens, "completion": self.completion_tokens},
            "cost": {"usd": round(self.nano_usd / 1e9, 6)},
        }


@dataclass(slots=True)
class Ledger:
    """Counters of one run, shared by all its callers. `saved_usd` is what replays would cost;
    `counted_by_us` counts, by model, new answers whose tokens the endpoint did not tell; `touched`
    holds the hashes of texts in which control tokens were broken."""

    tasks: dict[str, Calls] = field(default_factory=dict)
    faults: Counter[str] = field(default_factory=Counter)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    saved_usd: float = 0.0
    used: Used = field(default_factory=Used)
    counted_by_us: Counter[str] = field(default_factory=Counter)
    bad_records: int = 0
    """Stored answers that were none (a store that is damaged, or not ours): asked again."""
    touched: SeenKeys = field(default_factory=SeenKeys, repr=False)
    waiting: str = ""
    """What the run waits for now, for the progress."""

    reasoned: dict[str, SeenKeys] = field(default_factory=dict, repr=False)
    """Keys of the answers that came with a reasoning trace, by model."""

    chosen: dict[str, dict[Reading, SeenKeys]] = field(default_factory=dict, repr=False)
    """Keys of the choices by model, and by how they were read."""

    def chose(self, spec: str, choice: Choice, key: str) -> None:
        """Count a choice by how it was read: once, new or replayed."""
        known = choice.unknown_mass <= KNOWN
        reading = (choice.method, choice.samples, choice.room, known, choice.why)
        self.chosen.setdefault(spec, {}).setdefault(reading, SeenKeys()).add(key)

    def reasons(self, spec: str, key: str) -> None:
        """Count an answer with a trace: once, new or replayed."""
        self.reasoned.setdefault(spec, SeenKeys()).add(key)

    unwrapped: dict[str, SeenKeys] = field(default_factory=dict, repr=False)
    """By model, the answers whose JSON was taken out of other text or had a comma too many."""

    def unwrap(self, spec: str, key: str) -> None:
        """Count an answer whose JSON was not bare; once, new or replayed."""
        self.unwrapped.setdefault(spec, SeenKeys()).add(key)

    def look(self, messages: Iterable[Message]) -> None:
        """Count the texts of a request in which control tokens are broken; each text once, asked
        or replayed, so that a run and its repetition say the same."""
        for message in messages:
            if message.touched:
                self.touched.add(content_hash(message.text.encode(errors="replace")))

    def task(self, name: str) -> Calls:
        """The counts of this task."""
        calls = self.tasks.get(name)
        if calls is None:
            calls = self.tasks[name] = Calls()
        return calls

    def spent(self, usage: Usage) -> None:
        """Add what one answer used."""
        self.prompt_tokens += usage.prompt_tokens
        self.completion_tokens += usage.completion_tokens
        self.cost_usd += usage.cost_usd

    @property
    def calls(self) -> Calls:
        """All tasks together."""
        total = Calls()
        for calls in self.tasks.values():
            total.add(calls)
        return total

    def as_json(self) -> dict[str, Any]:
        """For run.json: calls, calls by task, tokens, cost, faults by class."""
        return {
            "calls": _plain(self.calls),
            "tasks": {name: _plain(calls) for name, calls in sorted(self.tasks.items())},
            "tokens": {"prompt": self.prompt_tokens, "completion": self.completion_tokens},
            "cost": {"usd": round(self.cost_usd, 6), "saved_usd": round(self.saved_usd, 6)},
            "faults": dict(sorted(self.faults.items())),
            "answers": self.used.as_json(),
            "counted_by_us": dict(sorted(self.counted_by_us.items())),
            "control_tokens_broken": len(self.touched),
            "bad_records": self.bad_records,
            "reasoning_traces": {spec: len(keys) for spec, keys in sorted(self.reasoned.items())},
            "choices": [
                {"model": spec, **dict(zip(READING, reading, strict=True)), "count": len(keys)}
                for spec, readings in sorted(self.chosen.items())
                for reading, keys in sorted(readings.items())
            ],
            "json_unwrapped": {spec: len(keys) for spec, keys in sorted(self.unwrapped.items())},
        }


def _plain(calls: Calls) -> dict[str, int]:
    return {
        "asked": calls.asked,
        "answered": calls.answered,
        "replayed": calls.replayed,
        "failed": calls.failed,
        "refailed": calls.refailed,
    }
