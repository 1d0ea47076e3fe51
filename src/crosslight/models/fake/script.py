"""A fake model's script: rules, latency, slots and faults, read from YAML or taken by name."""

import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from crosslight.models.errors import BadSpec, Missing
from crosslight.models.fake.habits import Habits
from crosslight.store import UnreadableFile, fitted, read_yaml
from crosslight.text import as_json

MAX_SCRIPT_BYTES = 16 << 20
MAX_SCRIPT_NODES = 1_000_000
MAX_SCRIPT_DEPTH = 64

FaultName = Literal[
    "server_error",
    "rate_limit",
    "malformed",
    "reset",
    "hang",
    "empty",
    "content_filter",
    "cut",
]
FAULTS: tuple[FaultName, ...] = get_args(FaultName)
"""Every way an endpoint can fail, in the order in which one hash value is spent on them."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)


class Faults(_Part):
    """Rates in [0, 1] a request; together at most 1."""

    server_error: float = Field(default=0.0, ge=0, le=1)
    rate_limit: float = Field(default=0.0, ge=0, le=1)
    malformed: float = Field(default=0.0, ge=0, le=1)
    reset: float = Field(default=0.0, ge=0, le=1)
    hang: float = Field(default=0.0, ge=0, le=1)
    empty: float = Field(default=0.0, ge=0, le=1)
    content_filter: float = Field(default=0.0, ge=0, le=1)
    cut: float = Field(default=0.0, ge=0, le=1)
    retry_after: float = Field(default=0.1, ge=0)
    """Seconds that a rate-limited request is told to wait."""
    hang_s: float = Field(default=30.0, ge=0)
    """Seconds after which a hanging request is let go."""
    at_most: int = Field(default=0, ge=0)
    """Faults in a row for one payload; 0: no bound."""

    @cached_property
    def ladder(self) -> tuple[tuple[float, FaultName], ...]:
        """(upper end of the hash range, fault), for the faults with a rate above zero."""
        steps: list[tuple[float, FaultName]] = []
        edge = 0.0
        for name in FAULTS:
            rate = getattr(self, name)
            if rate:
                edge += rate
                steps.append((edge, name))
        return tuple(steps)


class Can(_Part):
    """What the fake admits to. What it cannot do it leaves out silently, as real servers do."""

    logprobs: bool = True
    schema_: bool = Field(default=True, alias="schema")
    images: bool = True
    n: bool = True
    seed: bool = True
    embed: bool = True
    usage: bool = True


class Rule(_Part):
    """The first rule whose conditions all hold answers. No conditions: always holds.

    `text` is a regular expression searched in the last user text (case ignored), `image` a prefix
    of the sha256 of a shown JPEG, `colour` its dominant colour.
    """

    task: str | None = None
    model: str | None = None
    """The name in the request, exactly; over HTTP only."""
    text: str | None = None
    image: str | None = None
    colour: str | None = None
    answer: str | None = None
    """Text; `{text}`, `{task}`, `{colour}` and `{hash}` are filled in."""
    json_: Annotated[Any, BeforeValidator(as_json)] = Field(default=None, alias="json")
    choice: dict[str, float] | None = None
    """First-token probabilities; what they leave of 1 lies outside."""
    error: FaultName | None = None
    habits: Habits | None = None
    latency_ms: float | None = Field(default=None, ge=0)

    @field_validator("text")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                re.compile(value)
            except re.error as error:
                raise ValueError(f"not a regular expression: {error}") from None
        return value

    @field_validator("choice")
    @classmethod
    def _is_mass(cls, value: dict[str, float] | None) -> dict[str, float] | None:
        if value is not None and (
            min(value.values(), default=0) < 0 or sum(value.values()) > 1.001
        ):
            raise ValueError("probabilities must be >= 0 and sum to at most 1")
        return value

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """`text`, compiled."""
        return None if self.text is None else re.compile(self.text, re.IGNORECASE)


class Script(_Part):
    """A whole scripted model. `slots` requests are worked on at once (0: all), `queue` more wait
    (0: any number), further ones get 429."""

    name: str = "fake"
    seed: int = 0
    latency_ms: float = Field(default=0.0, ge=0)
    jitter: float = Field(default=0.0, ge=0, le=1)
    """Share of the latency by which it varies, up and down."""
    slots: int = Field(default=0, ge=0)
    queue: int = Field(default=0, ge=0)
    dimensions: int = Field(default=64, ge=2)
    sees: bool = True
    """Without a rule, answers by the dominant colour of the picture."""
    context: int = 32768
    faults: Faults = Faults()
    can: Can = Can()
    rules: tuple[Rule, ...] = ()
    habits: Habits = Habits()
    """Of all models that have none of their own; over HTTP only."""
    models: dict[str, Habits] = {}
    """The models of the server with their habits. Without any, it answers as `name`."""

    @cached_property
    def has_habits_in_rules(self) -> bool:
        """Whether a rule must be looked for to know the habits."""
        return any(rule.habits is not None for rule in self.rules)

    @property
    def needs_server(self) -> bool:
        """Whether it says something that a model in process cannot play."""
        named = any(rule.model is not None for rule in self.rules)
        return bool(self.models) or self.habits != Habits() or named or self.has_habits_in_rules


BUILTIN: dict[str, dict[str, Any]] = {
    "echo": {},
    "slow": {"latency_ms": 200, "slots": 64},
    "blind": {"sees": False},
    "plain": {"can": {"logprobs": False, "schema": False, "n": False, "seed": False}},
    "faults": {
        "faults": {
            "server_error": 0.04,
            "rate_limit": 0.04,
            "malformed": 0.03,
            "reset": 0.02,
            "empty": 0.02,
            "cut": 0.02,
            "at_most": 3,
        }
    },
}
"""Scripts by name: `fake:echo` answers everything and sees colours, `slow` takes 200 ms in 64
slots, `blind` sees no image, `plain` has no extras, `faults` fails now and then."""

HABITS = "habits"
"""The script with one model for each habit of real endpoints; its file lies beside this one."""


def load(name_or_path: str) -> Script:
    """The built-in script of that name, or the YAML file at that path. Raises BadSpec, Missing."""
    if name_or_path in BUILTIN:
        return Script.model_validate({"name": name_or_path, **BUILTIN[name_or_path]})
    here = name_or_path == HABITS
    path = Path(__file__).with_name("habits.yaml") if here else Path(name_or_path)
    if not path.is_file():
        names = ", ".join(sorted({*BUILTIN, HABITS}))
        raise Missing(
            f"no fake script {name_or_path!r}", hint=f"give a YAML file, or one of: {names}"
        )
    try:
        raw = read_yaml(path, MAX_SCRIPT_BYTES, nodes=MAX_SCRIPT_NODES, depth=MAX_SCRIPT_DEPTH)
    except UnreadableFile as error:
        raise BadSpec(error.message, hint=error.hint or "see docs/models.md") from None
    return parse({} if raw is None else raw, name=path.stem, file=path.name)


def parse(raw: Any, *, name: str = "fake", file: str = "fake script") -> Script:
    """A script from plain data. Raises BadSpec that lists the wrong fields."""
    if not isinstance(raw, dict):
        raise BadSpec("a fake script is a mapping", hint="see docs/models.md for an example")
    try:
        script = fitted(Script, raw, file)
    except UnreadableFile as error:
        hint = error.hint or "see docs/models.md for the fields"
        raise BadSpec(error.message, hint=hint) from None
    if "name" not in raw:
        script = script.model_copy(update={"name": name})
    if script.faults.ladder and script.faults.ladder[-1][0] > 1.0001:
        raise BadSpec("fake script: faults: rates sum to more than 1", hint="lower a rate")
    return script
