"""A bound on what a run may spend, in US dollars or in calls. Passing it is a status, no error.

Before each call an estimate is reserved, so that calls in flight cannot pass the bound together.
Where only the reservations of others are in the way, a call waits for them to settle.
"""

import asyncio
import re
from dataclasses import dataclass
from typing import Self

from crosslight.flow.stop import GO_ON, BudgetStop
from crosslight.records import BadSetting

_PART = re.compile(r"^\s*([0-9]+(?:\.[0-9]+)?)\s*(usd|\$|calls?)\s*$", re.IGNORECASE)


@dataclass(slots=True)
class _Spending:
    usd: float = 0.0
    calls: int = 0
    reserved_usd: float = 0.0
    reserved_calls: int = 0


class Budget:
    """At most `usd` dollars and at most `calls` requests; None means no bound."""

    def __init__(self, usd: float | None = None, calls: int | None = None) -> None:
        if (usd is not None and usd < 0) or (calls is not None and calls < 0):
            raise BadSetting("a budget cannot be negative")
        self.usd = usd
        self.calls = calls
        self._spent = _Spending()
        self._waiting: list[asyncio.Future[None]] = []

    @classmethod
    def parse(cls, text: str) -> Self:
        """`5usd`, `200calls`, or both with a comma. Raises `BadSetting`."""
        usd: float | None = None
        calls: int | None = None
        for part in text.split(","):
            match = _PART.match(part)
            if match is None:
                raise BadSetting(f"{part!r} is no budget; write 5usd, 200calls or 5usd,200calls")
            if match[2].lower().startswith("call"):
                if "." in match[1]:
                    raise BadSetting(f"{part!r}: calls are whole")
                calls = int(match[1])
            else:
                usd = float(match[1])
        return cls(usd, calls)

    @property
    def spent_usd(self) -> float:
        """Dollars of the calls that have ended."""
        return self._spent.usd

    @property
    def spent_calls(self) -> int:
        """Requests that have ended."""
        return self._spent.calls

    async def reserve(self, estimate_usd: float, calls: int = 1) -> None:
        """Set aside one call of this price, which may become so many requests (a choice by
        samples). Raises `BudgetStop` when it can never fit."""
        while not self._fits(estimate_usd, calls, with_reserved=True):
            fits_alone = self._fits(estimate_usd, calls, with_reserved=False)
            if not self._spent.reserved_calls or not fits_alone:
                raise BudgetStop(
                    f"the budget of {self} is spent ({self._spent.usd:.4f} usd, "
                    f"{self._spent.calls} calls)",
                    hint=GO_ON,
                )
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            await waiter
        self._spent.reserved_usd += estimate_usd
        self._spent.reserved_calls += calls

    def give_back(self, estimate_usd: float, calls: int = 1) -> None:
        """The call that reserved this was not made after all."""
        self._spent.reserved_usd = max(0.0, self._spent.reserved_usd - estimate_usd)
        self._spent.reserved_calls -= calls
        self._wake()

    def settle(
        self, estimate_usd: float, actual_usd: float, reserved: int = 1, calls: int = 1
    ) -> None:
        """The call that reserved `estimate_usd` and `reserved` requests has ended: it cost
        `actual_usd` and was `calls` requests."""
        self._spent.reserved_usd = max(0.0, self._spent.reserved_usd - estimate_usd)
        self._spent.reserved_calls -= reserved
        self._spent.usd += actual_usd
        self._spent.calls += calls
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)

    def _fits(self, estimate: float, more: int, *, with_reserved: bool) -> bool:
        usd, calls = self._spent.usd + estimate, self._spent.calls + more
        if with_reserved:
            usd += self._spent.reserved_usd
            calls += self._spent.reserved_calls
        # An estimate is rounded up; a hair above the bound is no reason to stop.
        fits_usd = self.usd is None or usd <= self.usd * (1 + 1e-9)
        return fits_usd and (self.calls is None or calls <= self.calls)

    def __str__(self) -> str:
        parts = [] if self.usd is None else [f"{self.usd:g} usd"]
        if self.calls is not None:
            parts.append(f"{self.calls} calls")
        return ", ".join(parts) or "no bound"
