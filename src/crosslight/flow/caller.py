"""A model that never asks twice: store, limit, retries, budget and counters around any model.

One call goes: key -> store -> budget -> slot -> request (again, on a retryable fault) -> durable
record -> answer. What the caller returns is always what the store holds, so that a first run and a
replay see the same value.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from crosslight.flow.budget import Budget
from crosslight.flow.call_policy import STICKY, CallPolicy
from crosslight.flow.codec import (
    BadRecord,
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
from crosslight.flow.retry import SHORT_QUESTION, RetryingCalls
from crosslight.flow.single_flight import SingleFlight
from crosslight.flow.sound import check_answer_numbers, check_choice, check_vectors, sound
from crosslight.flow.stop import Gate, RunFailed
from crosslight.models import (
    Answer,
    BadAnswer,
    Capabilities,
    Choice,
    Message,
    Model,
    ModelCard,
    ModelError,
    Request,
    Sampling,
    TellsNotes,
    Usage,
    Vectors,
    is_bare,
    obey,
    user,
)
from crosslight.records import ImageView
from crosslight.store import OK, AnswerStore, Record, StoreError

T = TypeVar("T")
GREEDY = Sampling()


@dataclass(frozen=True, slots=True)
class _Stored(Generic[T]):
    """What the store has: an answer, or a record in its place that is none, or nothing."""

    value: T | None = None
    bad: Record | None = None


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
            one_by_one=not (model.capabilities.logprobs or model.capabilities.n),
            look=_short_question(model),
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

        def check(answer: Answer) -> None:
            check_answer(answer, request)
            check_answer_numbers(answer)

        def decode(record: Record) -> Answer:
            answer = decode_answer(record)
            _replayable(answer, request)
            if answer.reasoning:
                self.ledger.reasons(self.card.spec, record.key)
            if schema is not None and not is_bare(answer.text):
                self.ledger.unwrap(self.card.spec, record.key)
            return answer

        return await self._record(request, send, check, encode_answer, decode)

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

        def decode(record: Record) -> Choice:
            choice = decode_choice(record, request.options)
            self.ledger.chose(self.card.spec, choice, record.key)
            return choice

        return await self._record(
            request,
            send,
            lambda choice: check_choice(choice, request.options),
            encode_choice,
            decode,
        )

    async def embed(self, items: Sequence[str | ImageView], *, task: str = "") -> Vectors:
        """See `Model.embed`. Each item has a key of its own; only missing ones are asked."""
        requests = [Request("embed", task, items=(item,)) for item in items]
        keys = [request_key(self.card, request) for request in requests]
        stored = {key.hash: self._stored(key, task, decode_vector) for key in keys}
        known = {hash_: found.value for hash_, found in stored.items() if found.value is not None}
        missing = {
            key.hash: (key, request.items[0], stored[key.hash].bad)
            for key, request in zip(keys, requests, strict=True)
            if key.hash not in known
        }
        if missing:
            known |= await self._embed_missing(list(missing.values()), task)
        vectors = [known[key.hash] for key in keys]
        if len({len(vector) for vector in vectors}) > 1:
            raise BadAnswer(
                "the store holds vectors of another length for this model",
                hint="name another store with --store",
            )
        return np.stack(vectors) if vectors else np.zeros((0, 0), np.float32)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the model says of how it was asked."""
        return self._model.notes if isinstance(self._model, TellsNotes) else ()

    async def aclose(self) -> None:
        """Close the model; the store stays open, since other callers use it."""
        await self._model.aclose()

    async def _record(
        self,
        request: Request,
        send: Callable[[], Awaitable[T]],
        check: Callable[[T], None],
        encode: Callable[[T], str],
        decode: Callable[[Record], T],
    ) -> T:
        """The stored answer to this request, asked for if need be."""
        try:
            return await self._found_or_asked(request, send, check, encode, decode)
        except ModelError as error:
            self.unanswered += error.kind not in STICKY
            raise

    async def _found_or_asked(
        self,
        request: Request,
        send: Callable[[], Awaitable[T]],
        check: Callable[[T], None],
        encode: Callable[[T], str],
        decode: Callable[[Record], T],
    ) -> T:
        key = request_key(self.card, request)
        self.ledger.look(request.messages)
        stored = self._stored(key, request.task, decode)
        if stored.value is not None:
            return stored.value

        async def fly() -> Record:
            answer, usage = await self._sender.ask(key, request, send, check, self._keep)
            self.answered += 1
            record = self._row(key, request.task, usage, value=encode(answer))
            return await self._keep(record, stored.bad)

        record, shared = await self._in_flight.share(key.hash, fly)
        if shared:
            self.ledger.task(request.task).replayed += 1
        return _decoded(record, decode)

    async def _embed_missing(
        self, missing: list[tuple[Key, str | ImageView, Record | None]], task: str
    ) -> dict[str, Vectors]:
        """Ask for several items in one call; the usage stands on the first."""
        batch = Request("embed", task, items=tuple(item for _, item, _ in missing))

        async def send() -> Vectors:
            return await self._model.embed(batch.items, task=task)

        vectors, usage = await self._sender.ask(
            missing[0][0],
            batch,
            send,
            lambda vectors: check_vectors(vectors, len(missing)),
            self._keep,
        )
        self.answered += 1
        records = [
            self._row(key, task, usage if not at else Usage(), vector=encode_vector(vectors[at]))
            for at, (key, _, _) in enumerate(missing)
        ]
        kept = await asyncio.gather(
            *(self._keep(record, bad) for record, (_, _, bad) in zip(records, missing, strict=True))
        )
        return {record.key: _decoded(record, decode_vector) for record in kept}

    def _stored(self, key: Key, task: str, decode: Callable[[Record], T]) -> "_Stored[T]":
        """The stored answer. Raises the stored fault where asking again does not help.

        A record that cannot be one of ours counts as absent: it is asked again, and replaced.
        """
        try:
            record = self._store.lookup(key.hash)
        except StoreError as error:
            raise RunFailed(error.message, hint=error.hint) from error
        if record is None:
            return _Stored()
        calls = self.ledger.task(task)
        if record.ok:
            try:
                value = decode(record)
            except BadRecord:
                self.ledger.bad_records += 1
                return _Stored(bad=record)
            self.ledger.used.add(record)
            calls.replayed += 1
            self.ledger.saved_usd += record.cost_usd
            return _Stored(value)
        if not sound(record):
            self.ledger.bad_records += 1
            return _Stored()
        if record.sticky and not self.policy.retry_failed:
            calls.failed += 1
            calls.refailed += 1
            self.ledger.faults[record.status] += 1
            raise replayed_fault(record)
        return _Stored()

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

    async def _keep(self, record: Record, instead_of: Record | None = None) -> Record:
        try:
            kept = await self._store.put(record, instead_of=instead_of)
        except StoreError as error:
            raise RunFailed(error.message, hint=error.hint) from error
        if kept.ok:
            self.ledger.used.add(kept)
        return kept


def _short_question(model: Model) -> Callable[[], Awaitable[Answer]] | None:
    """Asks whether the endpoint is there; None for a model in this process, which is."""
    if not (model.card.endpoint and model.capabilities.generates):
        return None
    hello = [user("Reply with one word: OK")]
    return lambda: model.generate(hello, task=SHORT_QUESTION, sampling=Sampling(max_tokens=1))


def _decoded(record: Record, decode: Callable[[Record], T]) -> T:
    """What was just kept. Another process may have been first, with a record that is none."""
    try:
        return decode(record)
    except BadRecord as error:
        raise BadAnswer(
            f"the store holds no answer under this key: {error}", hint="run again"
        ) from error


def _replayable(answer: Answer, request: Request) -> None:
    """Raises `BadRecord` for a stored text that this request could not have been answered by."""
    try:
        check_answer(answer, request)
        if request.schema is not None:
            obey(answer.parsed, request.schema)
    except ModelError as error:
        raise BadRecord(error.message) from error
