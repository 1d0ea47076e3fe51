"""The one hall through which every command runs.

A verb says what it needs (`RunSetup`) and does its work inside `open_hall`. From the hall it gets:
a folder that nobody else writes, models behind one store and budget, the first Ctrl-C or SIGTERM as
an orderly stop, an account in which every input stands once, and the tables and `run.json` that all
kinds of runs share.
"""

import asyncio
import time
from collections.abc import (
    AsyncIterator,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from crosslight.flow import (
    GO_ON,
    GRACE_S,
    Budget,
    CallPolicy,
    Context,
    Ledger,
    RowResult,
    Runner,
    RunStop,
    Session,
    Step,
    interrupts,
    usage_notes,
)
from crosslight.models import Backend, ModelCard
from crosslight.records import Dropped, Failed
from crosslight.runs.folder import RUN_FILE, begin, held_folder, library_versions
from crosslight.runs.lost import NOT_REACHED, Lost, most_frequent_failure, write_lost
from crosslight.store import AnswerStore, ImageStore, open_to_others, write_json

T = TypeVar("T")
EXIT_CODES = {"complete": 0, "failed": 1, "stopped": 3}
PACKAGES = (
    *("numpy", "onnxruntime", "pillow", "pyarrow", "rapidocr", "torch", "transformers"),
    *("wordllama", "xllamacpp"),
)
"""Libraries that can change a number; those that are installed are named in `run.json`."""

Watch = Callable[[str, Runner, Ledger, int], AbstractAsyncContextManager[Any]]
"""Shows a pass while it runs: its name (often empty), its runner, the counters, how many rows."""


Pages = Callable[[Path], object]
"""Writes the pages of a run into its folder, while the run still holds it."""


def no_pages(out: Path) -> None:
    """Writes none."""


def unwatched(name: str, runner: Runner, ledger: Ledger, total: int) -> Any:
    """Shows nothing."""
    return nullcontext()


@dataclass(frozen=True, slots=True)
class RunSetup:
    """What every run is given, whatever its kind."""

    kind: str
    out: Path
    answers: Path
    images: Path
    backends: Mapping[str, Backend]
    """By role."""
    policy: CallPolicy = field(default_factory=CallPolicy)
    budget: Budget | None = None
    fail_on_error: float | int | None = None
    seed: int = 0

    @property
    def own_folders(self) -> tuple[Path, ...]:
        """Folders of the run itself: where they lie in an input, they are no part of it."""
        return self.out, self.images, self.answers.parent


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended. `summary` is what stands in `run.json`."""

    status: str
    reason: str
    hint: str
    summary: dict[str, Any]

    @property
    def exit_code(self) -> int:
        """0 complete, 1 failed, 3 stopped and can go on."""
        return EXIT_CODES[self.status]


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the inputs; each stands here once. `not_reached`: a stop left them out."""

    inputs: int
    finished: int
    dropped: int
    failed: int

    @property
    def not_reached(self) -> int:
        """The rest."""
        return self.inputs - self.finished - self.dropped - self.failed

    @classmethod
    def of(cls, inputs: int, finished: int, lost: Iterable[Dropped | Failed]) -> "Account":
        """From the outcomes of the inputs that were lost, each once."""
        ends = [isinstance(outcome, Dropped) for outcome in lost if outcome != NOT_REACHED]
        return cls(inputs, finished, sum(ends), len(ends) - sum(ends))

    def as_json(self) -> dict[str, int]:
        """For run.json. Raises `ArithmeticError` where an input stands in two places."""
        if self.not_reached < 0:
            raise ArithmeticError(f"more inputs ended than came in: {self}")
        return {
            "inputs": self.inputs,
            "finished": self.finished,
            "dropped": self.dropped,
            "failed": self.failed,
            "not_reached": self.not_reached,
        }


class Hall:
    """A run that is going on. Made by `open_hall`."""

    def __init__(self, setup: RunSetup, session: Session, watch: Watch) -> None:
        self.setup = setup
        self.session = session
        self.status, self.reason, self.hint = "complete", "", ""
        self.notes: list[str] = []
        """What a reader of the numbers must know, whatever the kind of run."""
        self._watch = watch
        self._began = time.monotonic()
        self._runner: Runner | None = None
        self._aside: set[asyncio.Task[Any]] = set()

    @property
    def context(self) -> Context:
        """What steps are given."""
        return self.session.context

    @property
    def ledger(self) -> Ledger:
        """The counters of the run."""
        return self.session.ledger

    @property
    def images(self) -> ImageStore:
        """The photos of the run."""
        assert self.context.images is not None
        return self.context.images

    @property
    def cards(self) -> dict[str, ModelCard]:
        """Who answers, by role."""
        return {role: caller.card for role, caller in self.session.callers.items()}

    def stop(self, reason: str, *, hint: str = GO_ON) -> None:
        """End the run in order: no new call; what is in flight gets `GRACE_S` seconds."""
        self.session.gate.close(reason, hint=hint)
        if self._runner is not None:
            self._runner.stop(reason, hint=hint)
        for task in self._aside:
            asyncio.get_running_loop().call_later(GRACE_S, task.cancel)

    def check(self) -> None:
        """Raises `RunStop` when the run is to stop."""
        self.session.gate.check()

    @contextmanager
    def part(self) -> Iterator[None]:
        """A part of the work: a `RunStop` in it ends the part, and is how the run ended."""
        try:
            yield
        except RunStop as stop:
            self.end(stop.status, stop.reason, stop.hint)

    def end(self, status: str, reason: str, hint: str) -> None:
        """Say how the run ended. What was said first stands; failing outweighs stopping."""
        if self.status == "complete" or (self.status == "stopped" and status == "failed"):
            self.status, self.reason, self.hint = status, reason, hint

    async def aside(self, work: Coroutine[Any, Any, T]) -> T:
        """Await work that is no row of a runner. Raises `RunStop` when a stop cuts it short."""
        self.check()
        task = asyncio.ensure_future(work)
        self._aside.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            self.check()
            raise
        finally:
            self._aside.discard(task)

    async def results(
        self, steps: Sequence[Step], rows: Sequence[Any], name: str = ""
    ) -> AsyncIterator[RowResult]:
        """Rows through steps, in their order. Raises `RunStop` where they did not all get through.

        Rows that a stop left unfinished are left out.
        """
        self.check()
        runner = self.runner(steps)
        async with self._watch(name, runner, self.ledger, len(rows)):
            async for result in runner.run(rows):
                yield result
        if runner.status != "complete":
            stop = RunStop(runner.reason, hint=runner.hint)
            stop.status = runner.status
            raise stop

    def runner(self, steps: Sequence[Step]) -> Runner:
        """A runner that a stop of the run reaches."""
        self._runner = Runner(self.context, steps, fail_on_error=self.setup.fail_on_error)
        return self._runner

    def writing(self) -> None:
        """From here on tables are replaced: until `finish`, the folder reads as stopped.

        (An earlier `run.json` would not fit the new tables.)
        """
        begin(self.setup.out, self.setup.kind)

    def finish(self, told: Mapping[str, Any], account: Account, lost: Sequence[Lost]) -> RunResult:
        """Write what was lost, and `run.json` last. `told` is the kind's own part of it."""
        self._judge(account, lost)
        write_lost(self.setup.out, lost)
        ends = [one.outcome for one in lost if one.outcome != NOT_REACHED]
        dropped = sum(isinstance(outcome, Dropped) for outcome in ends)
        record = {
            "kind": self.setup.kind,
            "status": self.status,
            "reason": self.reason,
            "hint": self.hint,
            "account": account.as_json(),
            "rows": account.finished,
            "inputs": account.inputs,
            "dropped": dropped,
            "failed": len(ends) - dropped,
            "models": [card.as_json(role) for role, card in self.cards.items()],
            "settings": {},
            "seed": self.setup.seed,
            "prompts": {},
            "data": {},
            "versions": library_versions(PACKAGES),
            **told,
            "notes": [*self.notes, *told.get("notes", ()), *usage_notes(self.ledger)],
            "seconds": round(time.monotonic() - self._began, 3),
            **self.ledger.as_json(),
        }
        write_json(self.setup.out / RUN_FILE, record)
        return RunResult(self.status, self.reason, self.hint, record)

    def _judge(self, account: Account, lost: Sequence[Lost]) -> None:
        """A run in which nothing could be asked has failed, however quietly it got to its end; so
        has one of which more failed than was allowed."""
        if self.status != "complete" or not account.failed:
            return
        error, hint, count = most_frequent_failure(lost)
        told = f"{count:,} of {account.failed:,} by {error}"
        callers = {id(caller): caller for caller in self.session.callers.values()}.values()
        mute = any(caller.faults and not caller.answers for caller in callers)
        if not account.finished and (mute or account.failed == account.inputs):
            self.end("failed", f"{told}; nothing could be asked", hint)
        elif too_many(account.failed, account.inputs, self.setup.fail_on_error):
            more = f"{account.failed:,} of {account.inputs:,} inputs failed"
            self.end("failed", f"{more}: {told}", hint or "the bound is --fail-on-error")


def too_many(failed: int, inputs: int, bound: float | int | None) -> bool:
    """Whether so many failures are more than a share (a float below 1), or reach a count."""
    if bound is None:
        return False
    if isinstance(bound, float) and bound < 1:
        return failed > bound * inputs
    return failed >= bound


@asynccontextmanager
async def open_hall(
    setup: RunSetup, watch: Watch = unwatched, *, exit_at_second_signal: bool = False
) -> AsyncIterator[Hall]:
    """Hold the folder, open the models, listen for signals; then let all of it go.

    Raises what a person must mend before the first call: the folder's errors, `ModelError`,
    `StoreError`.
    """
    with held_folder(setup.out, setup.kind):
        store = AnswerStore(setup.answers)
        session = Session(
            setup.backends,
            store,
            images=ImageStore(setup.images),
            budget=setup.budget,
            policy=setup.policy,
            seed=setup.seed,
        )
        hall = Hall(setup, session, watch)
        if told := open_to_others(setup.answers):
            hall.notes.append(told)
        with interrupts(hall.stop, exit_at_second=exit_at_second_signal):
            async with AsyncExitStack() as stack:
                # A large model takes minutes to open: a stop does not wait for it.
                await hall.aside(stack.enter_async_context(session))
                yield hall


def started(hall: Hall) -> None:
    """Say in the folder that a run has begun, where no earlier one left its results."""
    if not (hall.setup.out / RUN_FILE).exists():
        hall.writing()
