"""Sending one call until it is answered: slots, time limit, retries, budget."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from crosslight.flow.budget import Budget
from crosslight.flow.call_policy import CallPolicy
from crosslight.flow.estimate import CostGuess, cost, priced
from crosslight.flow.faults import fault_record
from crosslight.flow.key import Key
from crosslight.flow.ledger import Ledger
from crosslight.flow.limiter import Limiter, Slot
from crosslight.flow.presence import Presence
from crosslight.flow.stop import GO_ON, Gate, RunFailed, RunStop
from crosslight.flow.usage import usage_of
from crosslight.models import (
    BadAnswer,
    Denied,
    Missing,
    ModelCard,
    ModelError,
    RateLimited,
    Request,
    Sampling,
    Sent,
    Unreachable,
    Usage,
    counting,
)
from crosslight.records import BadSetting
from crosslight.store import Record

SHORT_QUESTION = "are-you-there"
"""The task of the question that finds out whether an endpoint still answers."""
T = TypeVar("T")
Keep = Callable[[Record], Awaitable[Record]]


class UnknownPrice(BadSetting):
    """A budget in dollars was asked for a model whose price nobody knows."""


def require_price(card: ModelCard, budget: Budget | None) -> None:
    """Raises `UnknownPrice` where this budget could not be kept for this model."""
    if budget is not None and budget.usd is not None and not priced(card):
        raise UnknownPrice(
            f"the price of {card.spec} is not known, so a budget in dollars cannot be kept; "
            "bound the calls instead (--budget 1000calls), or give the price of a million "
            "tokens in and out with the model: openai:MODEL@URL?price=0.15,0.60"
        )


class RetryingCalls:
    """Asks one model. `ask` returns a checked reply and its usage, or raises `ModelError`.

    `samples`: the requests that the model may put in place of one choice; `one_by_one`: it is known
    to. `look` asks it a short
    question, where it takes one: that tells a row's fault from the endpoint's.
    """

    def __init__(
        self,
        card: ModelCard,
        limiter: Limiter,
        ledger: Ledger,
        budget: Budget | None,
        policy: CallPolicy,
        gate: Gate,
        *,
        samples: int = 0,
        one_by_one: bool = False,
        look: Callable[[], Awaitable[Any]] | None = None,
    ) -> None:
        require_price(card, budget)
        self._card = card
        self._limiter = limiter
        self._ledger = ledger
        self._budget = budget
        self._policy = policy
        self._gate = gate
        self._guess = CostGuess(card, samples)
        self._requests = samples if one_by_one else 1
        self._ever_answered = False
        self._look = look
        self._presence = Presence(card, policy, ledger, gate, self._short_question)

    async def ask(
        self,
        key: Key,
        request: Request,
        send: Callable[[], Awaitable[T]],
        check: Callable[[T], None],
        keep: Keep,
    ) -> tuple[T, Usage]:
        """One answer. The fault that a call ends in is recorded before it is raised.

        Raises `RunStop` instead where the endpoint, and no row, is at fault.
        """
        try:
            return await self._in_turn(key, request, send, check, keep)
        finally:
            self._presence.leave()

    async def _in_turn(
        self,
        key: Key,
        request: Request,
        send: Callable[[], Awaitable[T]],
        check: Callable[[T], None],
        keep: Keep,
    ) -> tuple[T, Usage]:
        attempt = 0
        said = ""
        while True:
            await self._turn(request)
            attempt += 1
            answers_before = self._presence.answers
            reply: list[T] = []
            try:
                usage = await self._once(request, send, check, reply)
            except ModelError as error:
                self._ledger.faults[error.kind] += 1
                again = _repeats(request, error, said)
                said = error.said if isinstance(error, BadAnswer) else ""
                if await self._presence.loads(error):
                    attempt -= 1
                    continue
                if self._policy.may_retry(error, attempt) and not again:
                    await asyncio.sleep(self._delay(key, attempt, error))
                    continue
                await self._presence.blame(error, answers_before)
                self._ledger.task(request.task).failed += 1
                spent = self._usage(request, reply[0]) if reply else Usage()
                text = str(getattr(reply[0] if reply else error, "text", ""))
                record = fault_record(self._card, key, request.task, error, usage=spent, text=text)
                await keep(record)
                self._give_up_if_useless(error)
                raise
            self._ever_answered = True
            self._presence.replied()
            self._ledger.task(request.task).answered += 1
            return reply[0], usage

    async def _turn(self, request: Request) -> None:
        try:
            await self._presence.turn()
        except ModelError as error:
            self._ledger.faults[error.kind] += 1
            self._ledger.task(request.task).failed += 1
            raise

    async def _short_question(self) -> None:
        """Raises `ModelError` where it is not answered. Counted as a call like any other."""
        if self._look is None:
            return
        request = Request("generate", SHORT_QUESTION, sampling=Sampling(max_tokens=1))
        await self._once(request, self._look, lambda _: None, [])

    async def _once(
        self,
        request: Request,
        send: Callable[[], Awaitable[T]],
        check: Callable[[T], None],
        reply: list[T],
    ) -> Usage:
        """One request; `reply` receives what came, also where it is no good as an answer."""
        self._gate.check()
        slot = await self._limiter.acquire()
        try:
            self._gate.check()  # the run may have been told to stop while this call queued
            # In the slot: calls that only queue reserve nothing.
            guess = self._guess.of(request) if self._budget else 0.0
            calls = self._guess.requests(request, self._requests)
            if self._budget:
                await self._budget.reserve(guess, calls)
                if self._gate.closed:  # while this call waited for the reservations of others
                    self._budget.give_back(guess, calls)
                    self._gate.check()
            sent = Sent()
            try:
                await self._send(request, send, reply, slot, sent)
            finally:
                self._account(request, reply, guess, calls, max(1, sent.requests))
        finally:
            self._limiter.release(slot, answered=bool(reply))
        check(reply[0])
        return self._usage(request, reply[0])

    async def _send(
        self,
        request: Request,
        send: Callable[[], Awaitable[T]],
        reply: list[T],
        slot: Slot,
        sent: Sent,
    ) -> None:
        calls = self._ledger.task(request.task)
        calls.asked += 1
        try:
            with counting(sent):
                async with asyncio.timeout(None if self._card.queues else self._policy.timeout_s):
                    reply.append(await send())
        except TimeoutError as error:
            self._limiter.faulted()
            raise Unreachable(
                f"no answer in {self._policy.timeout_s:g} s",
                hint="--timeout allows more seconds; a lower --concurrency asks for less at once",
            ) from error
        except RateLimited as error:
            self._limiter.throttled(slot, error.retry_after)
            raise
        except ModelError as error:
            if error.kind in ("server_fault", "unreachable"):
                self._limiter.faulted()
            raise
        finally:
            calls.asked += max(0, sent.requests - 1)  # each sample of a choice is a request

    def _account(
        self, request: Request, reply: list[T], guess: float, reserved: int, requests: int
    ) -> None:
        usd = 0.0
        if reply:
            usage, ours = usage_of(self._card, request, reply[0])
            if ours:
                self._ledger.counted_by_us[self._card.spec] += 1
            usd = cost(self._card, usage)
            self._ledger.spent(Usage(usage.prompt_tokens, usage.completion_tokens, usd))
            self._guess.saw(request.task, usd)
        self._guess.sent(request, requests)
        if self._budget:
            self._budget.settle(guess, usd, reserved, requests)

    def _usage(self, request: Request, reply: T) -> Usage:
        return usage_of(self._card, request, reply)[0]

    def _delay(self, key: Key, attempt: int, error: ModelError) -> float:
        if (error.retry_after or 0.0) > self._policy.longest_wait_s:
            raise RunStop(
                f"{self._card.spec} asks to wait {error.retry_after:g} s",
                hint=GO_ON,
            ) from error
        return self._policy.delay(key.hash, attempt, error.retry_after)

    def _give_up_if_useless(self, error: ModelError) -> None:
        """A wrong key or model name fails every row: say it once, at the first."""
        if isinstance(error, Denied | Missing) and not self._ever_answered:
            raise RunFailed(f"{self._card.spec}: {error.message}", hint=error.hint) from error


def _repeats(request: Request, error: ModelError, said: str) -> bool:
    """Whether a model without chance said the same useless reply twice: it would a third time."""
    settled = request.kind == "generate" and request.sampling.temperature == 0
    return settled and isinstance(error, BadAnswer) and bool(said) and error.said == said
