"""Whether an endpoint is there: not yet, there, or gone. What is true of it is no fault of a row.

Until it has answered once, one call at a time goes to it. While it loads, that call waits; where it
never answers, the other calls fail at once. Where it answered before and a call ends without an
answer, a short question tells whether the endpoint or the row is at fault.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from crosslight.flow.call_policy import CallPolicy
from crosslight.flow.ledger import Ledger
from crosslight.flow.stop import GO_ON, Gate, RunFailed, RunStop
from crosslight.models import (
    READY_WAIT_S,
    Denied,
    Missing,
    ModelCard,
    ModelError,
    RateLimited,
    ServerFault,
    Unreachable,
    is_loading,
    poll_after,
)

log = logging.getLogger("crosslight")

OUTAGE = (Unreachable, ServerFault, RateLimited)
"""Errors of an endpoint that does not work."""
HOLD_S = 10.0
"""Seconds after which other calls no longer wait for the first, which may only take long."""
LOOKS, LOOK_AGAIN_S = 2, 1.0
"""Short questions, and the pause between them, before an endpoint is called gone."""


class Presence:
    """What is known of one endpoint. `look` asks it a short question; it raises `ModelError`."""

    def __init__(
        self,
        card: ModelCard,
        policy: CallPolicy,
        ledger: Ledger,
        gate: Gate,
        look: Callable[[], Awaitable[None]],
    ) -> None:
        self.answers = 0
        """Replies so far, of whatever kind: somebody is there."""
        self._card = card
        self._policy = policy
        self._ledger = ledger
        self._gate = gate
        self._look = look
        self._absent: ModelError | None = None
        self._first: asyncio.Task[object] | None = None
        self._changed = asyncio.Event()
        self._waiting_since: float | None = None
        self._looks = 0
        self._looking: asyncio.Task[bool] | None = None

    async def turn(self) -> None:
        """Wait until this task may ask. Raises the error of an endpoint that was never there."""
        if self.answers and self._absent is None:
            return
        me = asyncio.current_task()
        while not self.answers and self._absent is None and self._first not in (None, me):
            try:
                await asyncio.wait_for(self._changed.wait(), HOLD_S)
            except TimeoutError:
                if self._waiting_since is None:
                    return
            self._gate.check()
        if self._absent is not None:
            gone = self._absent
            raise type(gone)(gone.message, hint=gone.hint, status=gone.status, said=gone.said)
        if not self.answers:
            self._first = me
            self._changed.clear()

    def leave(self) -> None:
        """This task asks no more."""
        if self._first is not None and self._first is asyncio.current_task():
            self._first = None
            self._changed.set()

    def replied(self) -> None:
        """Somebody is there: an answer, or a refusal that only an endpoint at work gives."""
        self.answers += 1
        if self._waiting_since is not None:
            self._waiting_since, self._ledger.waiting = None, ""
        self._changed.set()

    async def loads(self, error: ModelError) -> bool:
        """Before the first answer: waits a while and returns True where the model may still come.

        Raises `RunFailed` when it was waited for long enough.
        """
        asked_for = self._policy.ready_wait_s
        if self.answers or not is_loading(error, refused_too=asked_for is not None):
            return False
        bound = READY_WAIT_S if asked_for is None else asked_for
        now = asyncio.get_running_loop().time()
        if self._waiting_since is None and bound > 0:
            self._waiting_since = now
            self._ledger.waiting = f"waiting for the model to load: {self._card.spec}"
            log.warning("%s, for at most %g s (%s)", self._ledger.waiting, bound, error.message)
        if self._waiting_since is None:
            return False
        left = self._waiting_since + bound - now
        if left <= 0:
            self._ledger.waiting = ""
            raise RunFailed(
                f"{self._card.spec} was not ready in {bound:g} s: {error.message}",
                hint="--wait-for-model SECONDS waits longer",
            ) from error
        await asyncio.sleep(min(left, poll_after(self._looks, error)))
        self._looks += 1
        return True

    async def blame(self, error: ModelError, answers_before: int) -> None:
        """A call ended in this error. Returns where that is a matter of its row.

        `answers_before`: how many there were when it was last asked. Raises `RunStop` where the
        endpoint was there and is gone; then what it did not answer is asked by the next run.
        """
        outage = isinstance(error, OUTAGE)
        if not outage and not isinstance(error, Denied | Missing):
            self.replied()
            return
        refused_alone = not outage and (not self.answers or self.answers != answers_before)
        if refused_alone or await self._answers_a_short_question():
            return
        if not self.answers:
            self._absent = error
            self._changed.set()
            return
        reason = f"{self._card.spec} no longer answers: {error.message}"
        hint = f"{error.hint}; then {GO_ON}" if error.hint else GO_ON
        self._gate.close(reason, hint=hint)
        raise RunStop(reason, hint=hint) from error

    async def _answers_a_short_question(self) -> bool:
        """One question for all who want to know at the same time."""
        if self._looking is None:
            self._looking = asyncio.create_task(self._ask_short_questions())
        looking = self._looking
        try:
            return await asyncio.shield(looking)
        finally:
            if looking.done():
                self._looking = None

    async def _ask_short_questions(self) -> bool:
        for left in reversed(range(LOOKS)):
            before = self.answers
            try:
                await self._look()
            except ModelError as error:
                if not isinstance(error, (*OUTAGE, Denied, Missing)):
                    break  # it only does not like the question
                if self.answers != before:
                    return True
                if not left:
                    return False
                await asyncio.sleep(LOOK_AGAIN_S)
            else:
                break
        self.replied()
        return True
