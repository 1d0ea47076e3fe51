"""One build from beginning to end: open, screen, run the recipe, leave a run directory."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

from crosslight.build.album import Album
from crosslight.build.bank import BANK_FOLDER, Bank, bank_hash, read_bank
from crosslight.build.config import RECIPE_VERSION, BuildConfig
from crosslight.build.counts import Account
from crosslight.build.coverage import Scenarios
from crosslight.build.prompts import prompt_hashes
from crosslight.build.recipe import Recipe, Watching
from crosslight.build.roles import roles_for
from crosslight.build.steps import RecipeParts
from crosslight.build.summary import KIND, BuildOutcome, write_build
from crosslight.flow import Budget, CallPolicy, Ledger, RunFailed, RunStop, Session, interrupts
from crosslight.models import LabelSpace, Missing, Vectors, parse, require_sight
from crosslight.photos import Found, ScreenConfig, SourceOptions, open_source, screen_photos
from crosslight.records import Done, Photo, canonical, content_hash
from crosslight.runs import claim
from crosslight.store import AnswerStore, ImageStore

ROLES = ("author", "guard", "responder")


@dataclass(frozen=True, slots=True)
class Job:
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
    canary: bool = True
    """Ask each model four tiny pictures first: is it seeing at all?"""

    def entries(self) -> Iterator[Found]:
        """What the source holds, unread. Raises `InputError`."""
        options = SourceOptions(column=self.column, allow_outside=self.allow_outside)
        return open_source(self.source, options)

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
        for field_ in fields(BuildConfig):
            value = getattr(self.config, field_.name)
            if value != field_.default:
                flag = field_.name.replace("_", "-")
                words += [f"--no-{flag}"] if value is False else [f"--{flag}", str(value)]
        return words

    def budget(self) -> Budget:
        """The bound on this run."""
        return Budget(self.budget_usd, self.budget_calls)


@dataclass(frozen=True, slots=True)
class Result:
    """How the run ended."""

    status: str
    reason: str
    hint: str
    summary: dict[str, Any]


Show = Callable[[Ledger], Watching]
"""Makes what shows the passes, given the counters of the run."""
Looked = Callable[[int], None]
"""Is told how many inputs have been screened."""


def _silent(ledger: Ledger) -> Watching:
    return lambda name, runner, total: nullcontext()


def _unheard(inputs: int) -> None: ...


async def run_build(job: Job, show: Show = _silent, looked: Looked = _unheard) -> Result:
    """Build a dataset into `job.out`. Raises what a person must mend before the first call.

    Model and row errors do not raise: they are in `failed.parquet` and in the funnel.
    """
    began = time.monotonic()
    bank = read_bank(job.bank)
    backends = {role: parse(job.models[role]) for role in ROLES}
    found = job.entries()
    images = ImageStore(job.images)
    store = AnswerStore(job.answers)
    session = Session(
        backends, store, images=images, budget=job.budget(), policy=job.policy, seed=job.config.seed
    )
    async with session:
        author, guard, responder = (session.callers[role] for role in ROLES)
        roles = roles_for(author, guard, responder, bank, job.config)
        claim(job.out, KIND)
        screened, account = Screening(), Account()
        kit = RecipeParts(roles, Album((), job.config), job.config)
        scenarios = Scenarios(bank, _meaning)
        recipe = Recipe(kit, session.context, account, scenarios, _provenance(session, bank))
        recipe.watch = show(session.ledger)
        recipe.fail_on_error = job.fail_on_error
        status, reason, hint = "complete", "", ""
        try:
            if job.canary:
                await _canary(session)
            with interrupts(recipe.stop):

                def seen(inputs: int) -> None:
                    recipe.end_if_stopped()
                    looked(inputs)

                await screened.fill(job, found, images, account, seen)
                await recipe.run(screened.photos)
        except RunStop as stop:
            status, reason, hint = stop.status, stop.reason, stop.hint
        cards = {role: session.callers[role].card for role in ROLES}
        leaving = BuildOutcome(
            samples=list(recipe.samples.values()),
            photos={p.id: p for p in screened.photos},
            inputs=screened.inputs,
            coverage=recipe.coverage,
            account=account,
            images=images,
            bank=bank,
            cards=cards,
            ledger=session.ledger,
            config=job.config,
            prompts=prompt_hashes(),
            command=job.command({role: card.spec for role, card in cards.items()}),
        )
        summary = write_build(
            job.out, leaving, status=status, reason=reason, seconds=time.monotonic() - began
        )
    return Result(status, reason, hint, summary)


async def _canary(session: Session) -> None:
    """Each model must tell four tiny pictures apart before it is shown photos.

    A budget that does not reach so far stops the run, as it does anywhere else.
    """
    for caller in {id(c): c for c in session.callers.values()}.values():
        if caller.capabilities.scene:
            continue  # perception is in this process, and tested with it
        try:
            await require_sight(caller)
        except RunFailed as stop:
            raise Missing(stop.reason, hint=stop.hint) from stop


@dataclass(frozen=True, slots=True)
class Screening:
    """The photos that may be used, and (name, photo or kind of outcome) of every input."""

    photos: list[Photo] = field(default_factory=list)
    inputs: list[tuple[str, str]] = field(default_factory=list)

    async def fill(
        self,
        job: Job,
        found: Iterator[Found],
        images: ImageStore,
        account: Account,
        looked: Looked,
    ) -> None:
        """Screen all entries of the input."""
        for one in await screen_photos(found, images, job.screen, progress=looked):
            account.count("screen", one.outcome)
            if isinstance(one.outcome, Done):
                photo = one.outcome.value
                self.photos.append(photo)
                self.inputs.append((one.source, photo.id))
            else:
                account.lose(one.outcome, None, one.source)
                self.inputs.append((one.source, type(one.outcome).__name__))


@cache
def _space() -> LabelSpace:
    return LabelSpace()


def _meaning(texts: Sequence[str]) -> Vectors:
    """Word vectors of texts; loaded when a build has ideas that are not the bank's."""
    return _space().texts(texts)


def _provenance(session: Session, bank: Bank) -> dict[str, str]:
    """What of the set-up stands on every row."""
    rows = {"recipe": RECIPE_VERSION, "bank": bank_hash(bank)[:16]}
    rows["prompts"] = content_hash(canonical(prompt_hashes()))[:16]
    for role, caller in session.callers.items():
        card = caller.card
        rows[role] = f"{card.spec} {card.revision}".strip()
    return rows
