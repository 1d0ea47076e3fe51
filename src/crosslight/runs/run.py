"""The one hall through which every command runs.

A verb says what it needs (`RunSetup`) and does its work inside `open_hall`. From the hall it gets:
a folder that nobody else writes, models behind one store and budget, the first Ctrl-C or SIGTERM as
an orderly stop, an account in which every input stands once, and the tables and `run.json` that all
kinds of runs share.
"""

import asyncio
import time
from collections import Counter
from collections.abc import (
    AsyncIterator,
    Collection,
    Coroutine,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
)
from typing import Any, TypeVar

from crosslight.flow import (
    GRACE_S,
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
from crosslight.models import ModelCard
from crosslight.records import Dropped, Failed, RunBroken
from crosslight.runs.account import Account, failing, finished_in
from crosslight.runs.folder import (
    RUN_FILE,
    Held,
    begin,
    held_folder,
    library_versions,
    read_run,
)
from crosslight.runs.lost import NOT_REACHED, Lost, write_lost
from crosslight.runs.setup import RunResult, RunSetup, Watch, unwatched
from crosslight.store import AnswerStore, ImageStore, open_to_others, write_json

T = TypeVar("T")
SHORT_S = 0.2
"""Seconds for work aside that waits for no answer, once the run is to stop."""
TELL_S = 1.0
"""Seconds between two words on how far a run is."""
PACKAGES = (
    *("numpy", "onnxruntime", "pillow", "pyarrow", "rapidocr", "torch", "transformers"),
    *("wordllama", "xllamacpp"),
)
"""Libraries that can change a number; those that are installed are named in `run.json`."""


class Hall:
    """A run that is going on. Made by `open_hall`."""

    def __init__(self, setup: RunSetup, session: Session, watch: Watch) -> None:
        self.setup = setup
        self.former = read_run(setup.out)
        """`run.json` of an earlier run in this folder."""
        self.result: RunResult | None = None
        self.session = session
        self.status, self.reason, self.hint = "complete", "", ""
        self.notes: list[str] = []
        """What a reader of the numbers must know, whatever the kind of run."""
        self._watch = watch
        self._began = time.monotonic()
        self._runner: Runner | None = None
        self._pass: tuple[str, Runner, int] | None = None
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
    def funnel(self) -> list[dict[str, Any]]:
        """What each step of the latest pass got, passed and lost."""
        return self._runner.funnel.as_json() if self._runner else []

    @property
    def cards(self) -> dict[str, ModelCard]:
        """Who answers, by role."""
        return {role: caller.card for role, caller in self.session.callers.items()}

    def stop(self, reason: str) -> None:
        """End the run in order: no new call; what is in flight gets `GRACE_S` seconds."""
        hint = self.setup.go_on
        self.session.gate.close(reason, hint=hint)
        if self._runner is not None:
            self._runner.stop(reason, hint=hint)
        wait = GRACE_S if self.session.in_flight else SHORT_S
        for task in self._aside:
            asyncio.get_running_loop().call_later(wait, task.cancel)

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
        if self.session.gate.closed:
            work.close()
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
        async with self.watched(name, runner, len(rows)):
            async for result in runner.run(rows):
                yield result
        if runner.status != "complete":
            stop = RunStop(runner.reason, hint=runner.hint)
            stop.status = runner.status
            raise stop

    def runner(self, steps: Sequence[Step], *, by_input: bool = True) -> Runner:
        """A runner that a stop of the run reaches. `by_input`: a row is an input of the run, so
        that `fail_on_error` can be judged on the way."""
        bound = self.setup.fail_on_error if by_input else None
        self._runner = Runner(self.context, steps, fail_on_error=bound)
        return self._runner

    def watched(self, name: str, runner: Runner, total: int) -> AbstractAsyncContextManager[Any]:
        """Shows a pass while it runs."""
        self._pass = (name, runner, total)
        return self._watch(name, runner, self.ledger, total)

    def progress(self) -> dict[str, Any]:
        """How far the latest pass is, for whoever looks on."""
        calls = self.ledger.calls
        told: dict[str, Any] = {
            "asked": calls.asked,
            "replayed": calls.replayed,
            "usd": round(self.ledger.cost_usd, 6),
            "waiting": self.ledger.waiting,
        }
        if self._pass is not None:
            name, runner, total = self._pass
            told |= {"name": name, "done": runner.finished, "total": total}
            told["failed"] = runner.failed_rows
        return told

    def may_replace(self, account: Account) -> bool:
        """Whether a run that has come so far, and goes on, may put its tables in the place of those
        of an earlier run. Where it may, the folder reads as stopped from here on."""
        if finished_in(self.former) > account.finished:
            return False
        begin(self.setup.out, self.setup.kind)
        return True

    def writing(self, account: Account, lost: Collection[Lost]) -> None:
        """From here on tables are replaced: until `finish`, the folder reads as stopped.

        (An earlier `run.json` would not fit the new tables.) A run that did not get through, or
        in which nothing could be asked, does not replace one that had finished more inputs: then
        the hall closes here, and the folder stays as it was.
        """
        self._judge(account, lost)
        before = finished_in(self.former)
        if self.status != "complete" and before > account.finished:
            kept = f"{self.reason}; {self.setup.out} keeps the {before:,} inputs of an earlier run"
            self.result = RunResult(self.status, kept, self.hint, _with_calls(self))
            raise _FormerKept
        for name in self.setup.derived:
            (self.setup.out / name).unlink(missing_ok=True)
        begin(self.setup.out, self.setup.kind)

    def finish(
        self, told: Mapping[str, Any], account: Account, lost: Collection[Lost]
    ) -> RunResult:
        """Write what was lost, and `run.json` last. `told` is the kind's own part of it."""
        self._judge(account, lost)
        write_lost(self.setup.out, lost)
        ends = Counter(type(one.outcome) for one in lost if one.outcome != NOT_REACHED)
        record = {
            "kind": self.setup.kind,
            "status": self.status,
            "reason": self.reason,
            "hint": self.hint,
            "account": account.as_json(),
            "rows": account.finished,
            "inputs": account.inputs,
            "dropped": ends[Dropped],
            "failed": ends[Failed],
            "models": [card.as_json(role) for role, card in self.cards.items()],
            "settings": {},
            "seed": self.setup.seed,
            "prompts": {},
            "data": {},
            "versions": library_versions(PACKAGES),
            **told,
            "notes": [
                *self.notes,
                *told.get("notes", ()),
                *self.session.notes,
                *usage_notes(self.ledger),
            ],
            "seconds": round(time.monotonic() - self._began, 3),
            **self.ledger.as_json(),
        }
        write_json(self.setup.out / RUN_FILE, record)
        self.result = RunResult(self.status, self.reason, self.hint, record)
        return self.result

    def _judge(self, account: Account, lost: Collection[Lost]) -> None:
        """As `failing` says of a run that got to its end."""
        if self.status != "complete":
            return
        callers, bound = self.session.callers.values(), self.setup.fail_on_error
        told = failing(account, lost, callers, self.ledger, bound)
        if told is not None:
            self.end("failed", *told)


class _FormerKept(Exception):
    """Ends a run that would replace more than it has; `Hall.result` says how it ended."""


def _with_calls(hall: Hall) -> dict[str, Any]:
    """What the earlier run says of itself, with the calls and the time of this one."""
    seconds = round(time.monotonic() - hall._began, 3)
    return {**hall.former, "seconds": seconds, **hall.ledger.as_json()}


@asynccontextmanager
async def open_hall(
    setup: RunSetup, watch: Watch = unwatched, *, exit_at_second_signal: bool = False
) -> AsyncIterator[Hall]:
    """Hold the folder, open the models, listen for signals; then let all of it go.

    Raises what a person must mend before the first call: the folder's errors, `ModelError`,
    `StoreError`.
    """
    with held_folder(setup.out, setup.kind) as held:
        session = Session(
            setup.backends,
            AnswerStore(setup.answers),
            images=ImageStore(setup.images),
            budget=setup.budget,
            policy=setup.policy,
            seed=setup.seed,
        )
        hall = Hall(setup, session, watch)
        if told := open_to_others(setup.answers):
            hall.notes.append(told)
        try:
            with interrupts(hall.stop, exit_at_second=exit_at_second_signal):
                async with AsyncExitStack() as stack:
                    # A large model takes minutes to open: a stop does not wait for it.
                    await hall.aside(stack.enter_async_context(session))
                    telling = asyncio.create_task(_telling(hall, held))
                    stack.callback(telling.cancel)
                    yield hall
        except _FormerKept:
            pass
        except OSError as error:
            if not hall.ledger.calls.asked:
                raise
            raise RunBroken(
                f"the run broke off: {error}",
                f"free some space, or mend what is said; {setup.go_on}",
            ) from error
        finally:
            held.keep = hall.ledger.calls.asked > 0


async def _telling(hall: Hall, held: Held) -> None:
    """Say now and then how far the run is, where that has changed."""
    last: dict[str, Any] = {}
    while True:
        await asyncio.sleep(TELL_S)
        now = hall.progress()
        if now != last:
            held.tell(now)
            last = now


def started(hall: Hall) -> None:
    """Say in the folder that a run has begun, where no earlier one left its results."""
    if not (hall.setup.out / RUN_FILE).exists():
        begin(hall.setup.out, hall.setup.kind)


def ended(hall: Hall) -> RunResult:
    """How the run ended; to be asked when the hall is closed."""
    assert hall.result is not None, "the verb did not finish"
    return hall.result
