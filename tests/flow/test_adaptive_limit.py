"""The pace finds the right limit of a simulated endpoint, and keeps its bounds in all weather."""

import heapq
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslight.flow.adaptive_limit import AdaptiveLimit


class Endpoint:
    """Calls against a pace, in simulated time. `busy(n)`: seconds to answer with n in flight."""

    def __init__(self, busy: Callable[[int], float], **options: int) -> None:
        self.now = 0.0
        self.pace = AdaptiveLimit(lambda: self.now, **options)
        self.busy = busy
        self.flying: list[tuple[float, int, float]] = []
        self.answers = 0

    def run(self, answers: int) -> float:
        """Seconds for so many answers."""
        began = self.now
        for _ in range(answers):
            while len(self.flying) < self.pace.limit:
                end = self.now + self.busy(len(self.flying) + 1)
                heapq.heappush(self.flying, (end, self.pace.round, self.now))
            end, made_in, start = heapq.heappop(self.flying)
            self.now = max(self.now, end)
            self.pace.answered(made_in, self.now - start, idle=False)
        return self.now - began


def slots(count: int, seconds: float = 0.2) -> Callable[[int], float]:
    """An endpoint with so many slots and a queue."""
    noise = random.Random(3)

    def busy(flying: int) -> float:
        return seconds * max(1.0, flying / count) * noise.uniform(0.98, 1.02)

    return busy


@pytest.mark.parametrize("count", [4, 16, 64, 256])
def test_it_finds_the_slots(count: int) -> None:
    endpoint = Endpoint(slots(count))
    endpoint.run(40 * count)
    assert count <= endpoint.pace.limit <= max(40, 2.6 * count)


@pytest.mark.parametrize(("count", "seconds"), [(64, 0.8), (256, 1.1)])
def test_it_finds_them_soon(count: int, seconds: float) -> None:
    endpoint = Endpoint(slots(count))
    while endpoint.pace.limit < count:
        endpoint.run(1)
    assert endpoint.now < seconds


def test_a_batching_server_gets_more_although_each_call_takes_longer() -> None:
    endpoint = Endpoint(lambda flying: 1.0 + flying / 100)  # 32: 24/s, 256: 72/s
    endpoint.run(20_000)
    assert endpoint.pace.limit >= 128


def test_429_halves_once_for_all_calls_in_flight() -> None:
    endpoint = Endpoint(slots(64))
    endpoint.run(2000)
    limit, made_in = endpoint.pace.limit, endpoint.pace.round
    for _ in range(10):
        endpoint.pace.throttled(made_in)
    assert endpoint.pace.limit == limit // 2
    endpoint.pace.throttled(endpoint.pace.round)
    assert endpoint.pace.limit == limit // 4
    assert [change.reason for change in endpoint.pace.history][-2:] == ["429", "429"]


def test_it_recovers_slowly_after_429() -> None:
    endpoint = Endpoint(slots(64))
    endpoint.run(2000)
    endpoint.pace.throttled(endpoint.pace.round)
    cut = endpoint.pace.limit
    endpoint.run(3 * cut)
    assert cut < endpoint.pace.limit <= cut * 1.4


def test_faults_hold_growth() -> None:
    endpoint = Endpoint(slots(64))
    endpoint.pace.faulted()
    endpoint.run(500)
    assert endpoint.now < 5 and endpoint.pace.limit == 32
    endpoint.run(2000)
    assert endpoint.pace.limit > 32


def test_too_little_work_does_not_grow_it() -> None:
    pace = AdaptiveLimit(lambda: 0.0)
    for _ in range(1000):
        pace.answered(pace.round, 0.2, idle=True)
    assert pace.limit == 32


events = st.lists(
    st.tuples(st.sampled_from(["answer", "idle", "429", "fault"]), st.floats(0, 100)), max_size=300
)


@given(events, st.integers(1, 400), st.integers(1, 500))
def test_the_limit_keeps_its_bounds(
    happenings: list[tuple[str, float]], start: int, maximum: int
) -> None:
    now = 0.0
    pace = AdaptiveLimit(lambda: now, start=start, maximum=maximum)
    for what, seconds in happenings:
        now += seconds / 10
        if what == "429":
            before = pace.limit
            pace.throttled(pace.round)
            assert pace.limit == max(1, before // 2)
        elif what == "fault":
            pace.faulted()
        else:
            for _ in range(pace.limit):
                pace.answered(pace.round, seconds, idle=what == "idle")
        assert 1 <= pace.limit <= maximum
