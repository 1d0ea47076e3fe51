"""What a run of prefer is asked to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from crosslight.flow import Budget, CallPolicy
from crosslight.models import Backend, parse
from crosslight.prefer.config import PreferConfig
from crosslight.records import BadSetting
from crosslight.runs import RunSetup

KIND = "prefer"
OPTIONS = frozenset("unmirrored text_mirrors refusals agreement draw seed side".split())
"""Settings that the command line has an option for."""
AGREEMENTS = ("margin", "strict")
DRAWS = ("group", "item")


@dataclass(frozen=True, slots=True)
class PreferJob:
    """Pairs of what, with whom, and within what bounds. Without `responders` no model is asked:
    then `source` is a run of build, and the replies are its own."""

    source: Path
    out: Path
    answers: Path
    images: Path
    responders: Sequence[str] = ()
    """Specs of the models that answer."""
    guard: str = ""
    annotator: str = ""
    config: PreferConfig = field(default_factory=PreferConfig)
    policy: CallPolicy = field(default_factory=CallPolicy)
    budget: Budget | None = None
    fail_on_error: float | int | None = None
    column: str = ""
    """Which column of a table names the images; empty: the usual names."""
    allow_outside: bool = False
    limit: int | None = None
    """Only so many inputs, chosen by the seed."""
    canary: bool = True
    """Ask each model four tiny pictures first: is it seeing at all?"""

    @property
    def backends(self) -> Mapping[str, Backend]:
        """By role: responder 1, responder 2, ..., guard, annotator. Raises `BadSpec`, `Missing`."""
        named = {f"responder {at}": spec for at, spec in enumerate(self.responders, 1)}
        named |= {"guard": self.guard, "annotator": self.annotator}
        return {role: parse(spec) for role, spec in named.items() if spec}

    def setup(self) -> RunSetup:
        """What the hall wants to know. Raises `BadSpec`, `Missing`."""
        return RunSetup(
            KIND,
            self.out,
            self.answers,
            self.images,
            self.backends,
            self.policy,
            self.budget,
            self.fail_on_error,
            self.config.seed,
        )

    def check(self) -> None:
        """Raises `BadSetting` for a setting that makes no sense."""
        config = self.config
        if config.agreement not in AGREEMENTS:
            raise BadSetting(f"agreement={config.agreement!r}", f"one of: {', '.join(AGREEMENTS)}")
        if config.draw not in DRAWS:
            raise BadSetting(f"draw={config.draw!r}", f"one of: {', '.join(DRAWS)}")
        for name in ("unmirrored", "refusals"):
            if not 0 <= getattr(config, name) <= 1:
                raise BadSetting(f"{name}={getattr(config, name)!r}", "a share from 0 to 1")

    def command(self, specs: Mapping[str, str]) -> list[str]:
        """A command that makes the same pairs, for the card: no path of this machine.

        `specs` by role are those of the open models, which name files without their folders.
        """
        words = ["crosslight", "prefer", self.source.name, "-o", "DIR"]
        for role, spec in specs.items():
            words += [f"--{role.split()[0]}", spec]
        for leaf in self.config.leaves:
            words += ["--leaves", leaf]
        if self.limit is not None:
            words += ["--limit", str(self.limit)]
        if self.column:
            words += ["--column", self.column]
        if self.allow_outside:
            words += ["--allow-outside"]
        for field_ in fields(PreferConfig):
            value = getattr(self.config, field_.name)
            if field_.name in OPTIONS and value != field_.default:
                words += [f"--{field_.name.replace('_', '-')}", str(value)]
        return words
