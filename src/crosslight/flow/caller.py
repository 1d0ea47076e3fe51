"""A model that never asks twice: store, limit, retries, budget and counters around any model.

One call goes: key -> store -> budget -> slot -> request (again, on a retryable fault) -> durable
record -> answer. What the caller returns is always what the store holds, so that a first run and a
replay see the same value.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from crosslight.flow.budget import Budget
from crosslight.flow.call_policy import STICKY, CallPolicy
from crosslight.flow.codec import (
    decode_answer,
    decode_choice,
    decode_vector,
    encode_answer,
    encode_choice,
    encode_vector,
)
from crosslight.flow.estimate import cost
from crosslight.flow.faults import check_answer, replayed_fault
from crosslight.flow.key import Key, request_key
from crosslight.flow.ledger import Ledger
from crosslight.flow.limiter import Limiter
from crosslight.flow.retry import RetryingCalls
from crosslight.flow.single_flight import SingleFlight
from crosslight.flow.stop import Gate, RunFailed
from crosslight.models import (
    Answer,
    Capabilities,
    Choice,
    Message,
    Model,
    ModelCard,
    ModelError,
    Request,
    Sampling,
    Usage,
    Vectors,
)
from crosslight.records import ImageView
from crosslight.store import OK, AnswerStore, Record, StoreError

T = TypeVar("T")
GREEDY = Sampling()


class Caller:
    """A `Model` around an open model. Ledger and budget are shared by all callers of a run.

    Raises `ModelError` when a call ends without an answer (also one that an earlier run recorded
    as failed for good, unless `policy.retry_failed`), `BudgetStop` when the next call could pass
    the budget, `RunFailed` when going on is useless.
    """

    def __init__(
        self,
        model: Model,
        store: AnswerStore,
        *,
        ledger: Ledger | None = None,
        budget: Budget | None = None,
        policy: CallPolicy | None = None,
        gate: Gate | None = None,
    ) -> None:
        self.card: ModelCard = model.card
        self.capabilities: Capabilities = model.capabilities
        self.ledger = ledger or Ledger()
        self.policy = policy or CallPolicy()
        self.limiter = Limiter(fixed=self.policy.concurrency, maximum=self.policy.max_concurrency)
        self._model = model
        self._store = store
        self._sender = RetryingCalls(
            self.card,
            self.limiter,
            self.ledger,
            budget,
            self.policy,
            gate or Gate(),
            samples=model.capabilities.samples,
        )
        self._in_flight: SingleFlight[Record] = SingleFlight()
        self.answered = 0
        """Calls that the endpoint has answered in this run."""
        self.unanswered = 0
        """Calls that ended without an answer by a fault of the endpoint, not of the request."""

    async def generate(
        self,
        messages: Sequence[Message],
        *,
        task: str = "",
        schema: Mapping[str, Any] | None = None,
        sampling: Sampling = GREEDY,
        logprobs: int = 0,
    ) -> Answer:
        """See `Model.generate`."""
        request = Request("generate", task, tuple(messages), schema, sampling, logprobs)

        async def send() -> Answer:
            return await self._model.generate(
                request.messages, task=task, schema=schema, sampling=sampling, logprobs=logprobs
            )

        record = await self._record(
            request, send, lambda answer: check_answer(answer, request), encode_answer
        )
        return decode_answer(record)

    async def choose(
        self, messages: Sequence[Message], options: Sequence[str], *, task: str = ""
    ) -> Choice:
        """See `Model.choose`."""
        request = Request("choose", task, tuple(messages), options=tuple(options))

        async def send() -> Choice:
            choice = await self._model.choose(request.messages, request.options, task=task)
            # An endpoint may turn out to give no log-probabilities.
            self.capabilities = self._model.capabilities
            return choice

        return decode_choice(await self._record(request, send, lambda _: None, encode_choice))

    async def embed(self, items: Sequence[str | ImageView], *, task: str = "") -> Vectors:
        """See `Model.embed`. Each item has a key of its own; only missing ones are asked."""
        requests = [Request("embed", task, items=(item,)) for item in items]
        keys = [request_key(self.card, request) for request in requests]
        known = {key.hash: self._stored(key, task) for key in keys}
        missing = {
            key.hash: (key, request.items[0])
            for key, request in zip(keys, requests, strict=True)
            if known[key.hash] is None
        }
        if missing:
            known |= await self._embed_missing(list(missing.values()), task)
        vectors = [decode_vector(record) for key in keys if (record := known[key.hash])]
        return np.stack(vectors) if vectors else np.zeros((0, 0), np.float32)

    async def aclose(self) -> None:
        """Close the model; the store stays open, since other callers use it."""
        await self._model.aclose()

    async def _record(
        self,
        request: Request,
        send: Callable[[], Awaitable[T]],
        check: Callable[[T], None],
        encode: Callable[[T], str],
    ) -> Record:
        """The stored record of this request, asked for if need be."""
        try:
            return await self._found_or_asked(request, send, check, encode)
        except ModelError as error:
            self.unanswered += error.kind not in STICKY
            raise

    async def _found_or_asked(
        self,
        request: Request,
        send: Callable[[], Awaitable[T]],
        check: Callable[[T], None],
        encode: Callable[[T], str],
    ) -> Record:
        key = request_key(self.card, request)
        self.ledger.look(request.messages)
        stored = self._stored(key, request.task)
        if stored is not None:
            return stored

        async def fly() -> Record:
            answer, usage = await self._sender.ask(key, request, send, check, self._keep)
            self.answered += 1
            record = self._row(key, request.task, usage, value=encode(answer))
            return await self._keep(record)

        record, shared = await self._in_flight.share(key.hash, fly)
        if shared:
            self.ledger.task(request.task).replayed += 1
        return record

    async def _embed_missing(
        self, missing: list[tuple[Key, str | ImageView]], task: str
    ) -> dict[str, Record | None]:
        """Ask for several items in one call; the usage stands on the first."""
        batch = Request("embed", task, items=tuple(item for _, item in missing))

        async def send() -> Vectors:
            return await self._model.embed(batch.items, task=task)

        vectors, usage = await self._sender.ask(
            missing[0][0], batch, send, lambda _: None, self._keep
        )
        self.answered += 1
        records = [
            self._row(key, task, usage if not at else Usage(), vector=encode_vector(vectors[at]))
            for at, (key, _) in enumerate(missing)
        ]
        kept = await asyncio.gather(*(self._keep(record) for record in records))
        return {record.key: record for record in kept}

    def _stored(self, key: Key, task: str) -> Record | None:
        """The stored answer. Raises the stored fault where asking again does not help."""
        try:
            record = self._store.lookup(key.hash)
        except StoreError as error:
            raise RunFailed(error.message, hint=error.hint) from error
        if record is None:
            return None
        calls = self.ledger.task(task)
        if record.ok:
            self.ledger.used.add(record)
            calls.replayed += 1
            self.ledger.saved_usd += record.cost_usd
            return record
        if record.sticky and not self.policy.retry_failed:
            calls.failed += 1
            calls.refailed += 1
            self.ledger.faults[record.status] += 1
            raise replayed_fault(record)
        return None

    def _row(
        self, key: Key, task: str, usage: Usage, *, value: str = "", vector: bytes = b""
    ) -> Record:
        return Record(
            key.hash,
            task,
            self.card.spec,
            OK,
            value,
            key.text,
            vector,
            usage.prompt_tokens,
            usage.completion_tokens,
            cost(self.card, usage),
        )

    async def _keep(self, record: Record) -> Record:
        try:
            kept = await self._store.put(record)
        except StoreError as error:
            raise RunFailed(error.message, hint=error.hint) from error
        if kept.ok:
            self.ledger.used.add(kept)
        return kept
