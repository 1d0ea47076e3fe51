"""How many calls one endpoint should get at once: found by trying, because nobody knows.

The limit moves by rounds. A round is as many answers as the limit allows calls, all of them to
calls that were made in it. Its flow is the limit over the mean time to answer (Little's law): the
answers a second that the endpoint gives when it is kept busy, whatever the client was doing.

- search: double the limit after each round as long as that brings clearly more flow; a doubtful
  round is repeated. When it does not, the endpoint is full: back to the last limit that helped,
  and a quarter more, so that its queue does not run dry.
- settled: stay, and search again now and then.
- recover: after 429 halved the limit, a tenth more a round, until the next 429.

Flow decides, not the time to answer: a server that batches gives each answer later and all of them
sooner.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

START = 32
MAXIMUM = 320
CLEAR_GAIN = 1.6
GAIN = 1.3
"""Doubling must bring this many times the flow: 2 where there is room, 1 where there is none. A
first round also holds calls that were made while the limit was still being filled, so it must be
clear; a second one need not."""
SLACK = 1.25
PROBE_ROUNDS = 16
FAULT_PAUSE_S = 5.0
HISTORY = 500


@dataclass(frozen=True, slots=True)
class Change:
    """One step of the limit: seconds since the start, the new limit, and why."""

    seconds: float
    limit: int
    reason: str


@dataclass(slots=True)
class _Round:
    number: int
    answers: int = 0
    seconds: float = 0.0
    idle: bool = False


class AdaptiveLimit:
    """The limit of one endpoint. Pure bookkeeping; `now` is a clock in seconds."""

    def __init__(
        self, now: Callable[[], float], *, start: int = START, maximum: int = MAXIMUM
    ) -> None:
        self.maximum = max(1, maximum)
        self.limit = max(1, min(start, self.maximum))
        self.history: list[Change] = []
        self._now = now
        self._began = now()
        self._mode: Literal["search", "settled", "recover"] = "search"
        self._round = _Round(0)
        self._cut_in = 0
        self._settled_rounds = 0
        self._hold_growth_until = 0.0
        self._best_flow = 0.0
        self._best_limit = self.limit
        self._fallback = 0
        self._doubt = False

    @property
    def round(self) -> int:
        """The number of the round that a call made now belongs to."""
        return self._round.number

    def answered(self, made_in: int, seconds: float, *, idle: bool) -> None:
        """An answer took so long. `idle`: no call was waiting, so the limit was not felt."""
        turn = self._round
        if made_in != turn.number or self._now() < self._hold_growth_until:
            return
        turn.answers += 1
        turn.seconds += seconds
        turn.idle = turn.idle or idle
        if turn.answers < self.limit:
            return
        if not turn.idle and turn.seconds > 0:
            self._decide(self.limit * turn.answers / turn.seconds)
        self._next_round()

    def throttled(self, made_in: int) -> None:
        """A call got 429. Calls that were made before the last cut do not cut again."""
        if made_in < self._cut_in:
            return
        self._mode = "recover"
        self._set(self.limit // 2, "429")
        self._next_round()
        self._cut_in = self._round.number

    def faulted(self) -> None:
        """The endpoint failed or did not answer: grow later."""
        self._hold_growth_until = self._now() + FAULT_PAUSE_S
        self._next_round()

    def _decide(self, flow: float) -> None:
        if self._mode == "recover":
            self._set(self.limit + max(1, self.limit // 10), "growth")
        elif self._mode == "settled":
            self._stay(flow)
        elif flow >= (GAIN if self._doubt else CLEAR_GAIN) * self._best_flow:
            self._grow(flow)
        elif flow >= self._best_flow and not self._doubt:
            self._doubt = True
        elif self._best_limit == self._fallback:
            self._settle(self._fallback)
        else:
            self._settle(round(self._best_limit * SLACK))

    def _stay(self, flow: float) -> None:
        """Remember the usual flow of this limit; after some rounds, try twice as much."""
        self._settled_rounds += 1
        share = max(0.2, 1 / self._settled_rounds)
        self._best_flow += share * (flow - self._best_flow)
        if self._settled_rounds >= PROBE_ROUNDS and self.limit < self.maximum:
            self._mode, self._fallback = "search", self.limit
            self._grow(self._best_flow)

    def _grow(self, flow: float) -> None:
        """This limit was a gain: try twice as much."""
        self._best_flow, self._best_limit, self._doubt = flow, self.limit, False
        if self.limit >= self.maximum:
            self._settle(self.maximum)
        else:
            self._set(2 * self.limit, "search")

    def _settle(self, limit: int) -> None:
        self._mode, self._settled_rounds, self._fallback = "settled", 0, 0
        self._doubt = False
        self._set(limit, "full")

    def _set(self, limit: int, reason: str) -> None:
        limit = min(self.maximum, max(1, limit))
        if limit != self.limit:
            self.limit = limit
            if len(self.history) < HISTORY:
                seconds = round(self._now() - self._began, 3)
                self.history.append(Change(seconds, limit, reason))

    def _next_round(self) -> None:
        self._round = _Round(self._round.number + 1)
