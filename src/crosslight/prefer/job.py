"""What a run of prefer is asked to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from crosslight.flow import AGAIN, GO_ON, Budget, CallPolicy
from crosslight.models import Backend, parse
from crosslight.photos import ScreenConfig
from crosslight.prefer.asking import AskConfig, responder_roles
from crosslight.prefer.comparisons import Thresholds
from crosslight.prefer.config import PreferConfig
from crosslight.prefer.verdict import Agreement, Cut
from crosslight.records import BadSetting
from crosslight.runs import Intake, RunSetup

KIND = "prefer"
OPTIONS = frozenset(
    "unmirrored text_mirrors refusals agreement margin draw probes seed side".split()
)
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
    author: str = ""
    """Who writes questions beside photos; empty: the guard."""
    labelled: Path | None = None
    """A run of pairs that people wrote: what the annotator gets wrong of them."""
    question_column: str = ""
    """Which column of a table holds the questions; empty: the usual names."""
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
        """By role: responder 1, responder 2, ..., guard, annotator, author. Raises `BadSpec`,
        `Missing`."""
        named = {f"responder {at}": spec for at, spec in enumerate(self.responders, 1)}
        named |= {"guard": self.guard, "annotator": self.annotator}
        if self.responders:
            named["author"] = self.author or self.guard
        return {role: parse(spec) for role, spec in named.items() if spec}

    def intake(self) -> Intake:
        """Where photos and questions come from."""
        screen = ScreenConfig(side=self.config.side)
        return Intake(
            self.source, screen, self.column, self.allow_outside, self.limit, self.config.seed
        )

    def asking(self) -> AskConfig:
        """The settings of questions, replies and their grading."""
        config = self.config
        return AskConfig(leaves=config.leaves, seed=config.seed, side=config.side)

    def thresholds(self) -> Thresholds:
        """What makes outcomes out of the annotator's and the guard's numbers."""
        asking = self.asking()
        cut = Cut(Agreement(self.config.agreement), self.config.margin)
        return Thresholds(cut, asking.safe_above, asking.unsafe_below)

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
            go_on=GO_ON if self.responders else AGAIN,
            derived=("answers.parquet", "comparisons.parquet", "groups.json", "ranks.parquet"),
        )

    def check(self) -> None:
        """Raises `BadSetting` for a setting that makes no sense."""
        config = self.config
        if config.agreement not in AGREEMENTS:
            raise BadSetting(f"agreement={config.agreement!r}", f"one of: {', '.join(AGREEMENTS)}")
        if config.draw not in DRAWS:
            raise BadSetting(f"draw={config.draw!r}", f"one of: {', '.join(DRAWS)}")
        if not config.margin > 0:
            raise BadSetting(f"margin={config.margin!r}", "log-odds above 0, such as 1.0")
        if self.responders:
            self._check_asked()
        for name in ("unmirrored", "refusals"):
            if not 0 <= getattr(config, name) <= 1:
                raise BadSetting(f"{name}={getattr(config, name)!r}", "a share from 0 to 1")

    def _check_asked(self) -> None:
        if len(self.responders) < 2:
            raise BadSetting(
                "one --responder makes no pair", "give --responder twice or more, a model each"
            )
        responder_roles(list(self.responders))
        for name in ("guard", "annotator"):
            if not getattr(self, name):
                raise BadSetting(
                    f"replies of models need a --{name}", f"--{name} openai:MODEL@URL or hf:FOLDER"
                )
        if self.annotator in self.responders:
            raise BadSetting(
                f"{self.annotator} would judge its own replies: it is --annotator and --responder",
                "name another model for one of the two",
            )

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
        if self.question_column:
            words += ["--question-column", self.question_column]
        if self.column:
            words += ["--column", self.column]
        if self.allow_outside:
            words += ["--allow-outside"]
        if self.labelled is not None:
            words += ["--labelled", self.labelled.name]
        if self.responders and not self.canary:
            words += ["--no-canary"]
        for field_ in fields(PreferConfig):
            value = getattr(self.config, field_.name)
            if field_.name in OPTIONS and value != field_.default:
                words += [f"--{field_.name.replace('_', '-')}", str(value)]
        return words
