"""What a build is asked to do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from crosslight.build.bank import BANK_FOLDER
from crosslight.build.config import BuildConfig
from crosslight.build.rethreshold import BUILT_FILE, LEFT_OUT_FILE
from crosslight.flow import Budget, CallPolicy
from crosslight.models import parse
from crosslight.photos import Found, ScreenConfig
from crosslight.runs import Intake, RunSetup

KIND = "build"
OPTIONS = frozenset(
    """images per_photo rewordings other_photos controls rounds pilot target novelty split_by
    keep_exif seed side adds together_at_least alone_below fits_above safe_below unsafe_above
    outside_max""".split()
)
"""Settings that the command line has an option for; the others stand in `run.json` only."""
ROLES = ("author", "guard", "responder")


@dataclass(frozen=True, slots=True)
class BuildJob:
    """What to build, out of what, with whom, and within what bounds."""

    source: Path
    out: Path
    answers: Path
    images: Path
    models: Mapping[str, str]
    """Spec by role: author, guard, responder."""
    config: BuildConfig = field(default_factory=BuildConfig)
    screen: ScreenConfig = field(default_factory=ScreenConfig)
    policy: CallPolicy = field(default_factory=CallPolicy)
    bank: Path = BANK_FOLDER
    budget_usd: float | None = None
    budget_calls: int | None = None
    fail_on_error: float | int | None = None
    column: str = ""
    """Which column of a table names the images; empty: the usual names."""
    allow_outside: bool = False
    limit: int | None = None
    """Only so many inputs, chosen by the seed."""
    canary: bool = True
    """Ask each model four tiny pictures first: is it seeing at all?"""

    def intake(self) -> Intake:
        """Where the photos come from."""
        return Intake(
            self.source,
            replace(self.screen, side=self.config.side),
            self.column,
            self.allow_outside,
            self.limit,
            self.config.seed,
        )

    def entries(self) -> Iterator[Found]:
        """What the source holds, unread. Raises `InputError`."""
        return self.intake().entries(self.setup().own_places)

    def setup(self) -> RunSetup:
        """What the hall wants to know. Raises `BadSpec`, `Missing`."""
        return RunSetup(
            KIND,
            self.out,
            self.answers,
            self.images,
            {role: parse(self.models[role]) for role in ROLES},
            self.policy,
            self.budget(),
            self.fail_on_error,
            self.config.seed,
            derived=(LEFT_OUT_FILE, BUILT_FILE),
        )

    def command(self, specs: Mapping[str, str]) -> list[str]:
        """A command that makes the same rows, for the dataset card: no path of this machine.

        `specs` by role are those of the open models, which name files without their folders.
        """
        words = ["crosslight", "build", self.source.name, "-o", "DIR"]
        if len(set(specs.values())) == 1:
            words += ["--model", specs["author"]]
        else:
            words += [word for role in ROLES for word in (f"--{role}", specs[role])]
        if self.bank != BANK_FOLDER:
            words += ["--bank", self.bank.name]
        if self.limit is not None:
            words += ["--limit", str(self.limit)]
        if self.column:
            words += ["--column", self.column]
        if self.allow_outside:
            words += ["--allow-outside"]
        for field_ in fields(BuildConfig):
            value = getattr(self.config, field_.name)
            if field_.name in OPTIONS and value != field_.default:
                flag = field_.name.replace("_", "-")
                given = {True: [f"--{flag}"], False: [f"--no-{flag}"]}
                words += given[value] if isinstance(value, bool) else [f"--{flag}", str(value)]
        return words

    def budget(self) -> Budget:
        """The bound on this run."""
        return Budget(self.budget_usd, self.budget_calls)
