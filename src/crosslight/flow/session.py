"""Everything a run holds open, opened together and closed in order."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from crosslight.flow.budget import Budget
from crosslight.flow.call_policy import CallPolicy
from crosslight.flow.caller import Caller
from crosslight.flow.context import Context
from crosslight.flow.ledger import Ledger
from crosslight.flow.stop import Gate
from crosslight.models import Backend
from crosslight.store import AnswerStore, ImageStore


class Session:
    """Models by role, each behind a `Caller`, with one store, ledger and budget.

    `async with Session({"author": backend}, store) as session:` gives `session.context`. Roles
    with the same spec share one client and one limit. The store is flushed and closed at the end.
    """

    def __init__(
        self,
        backends: Mapping[str, Backend],
        store: AnswerStore,
        *,
        images: ImageStore | None = None,
        budget: Budget | None = None,
        policy: CallPolicy | None = None,
        seed: int = 0,
    ) -> None:
        self.ledger = Ledger()
        self.gate = Gate()
        self.callers: dict[str, Caller] = {}
        self._backends = dict(backends)
        self._store = store
        self._images = images
        self._budget = budget
        self._policy = policy or CallPolicy(seed=seed)
        self._seed = seed
        self._context: Context | None = None

    @property
    def context(self) -> Context:
        """What the runner takes."""
        if self._context is None:
            raise RuntimeError("the session is not open: use `async with`")
        return self._context

    @property
    def in_flight(self) -> int:
        """Calls that wait for an answer now."""
        return sum(caller.limiter.in_flight for caller in set(self.callers.values()))

    @property
    def notes(self) -> list[str]:
        """What the models say of how they were asked, each once."""
        callers = dict.fromkeys(self.callers.values())
        return list(dict.fromkeys(note for caller in callers for note in caller.notes))

    async def __aenter__(self) -> Self:
        by_spec: dict[str, Caller] = {}
        try:
            for role, backend in self._backends.items():
                if backend.spec not in by_spec:
                    by_spec[backend.spec] = await self._call(backend)
                self.callers[role] = by_spec[backend.spec]
        except BaseException:
            await self._close_models()
            self._store.close()
            raise
        limiters = tuple(caller.limiter for caller in by_spec.values())
        self._context = Context(
            dict(self.callers), self._images, self._seed, limiters=limiters, gate=self.gate
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._context is not None:
            self._context.close()
        try:
            await self._close_models()
        finally:
            self._store.close()

    async def _call(self, backend: Backend) -> Caller:
        model = await backend.open()
        try:
            return Caller(
                model,
                self._store,
                ledger=self.ledger,
                budget=self._budget,
                policy=self._policy,
                gate=self.gate,
            )
        except BaseException:
            await model.aclose()
            raise

    async def _close_models(self) -> None:
        for caller in {id(caller): caller for caller in self.callers.values()}.values():
            await caller.aclose()
