"""How many requests one call becomes: a verdict by samples is several, and each is counted."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Sent:
    """Requests that have gone out so far."""

    requests: int = 0


_sent: ContextVar[Sent | None] = ContextVar("sent", default=None)


@contextmanager
def counting(found: Sent) -> Iterator[None]:
    """Count in `found` the requests that are sent in this task from here on."""
    token = _sent.set(found)
    try:
        yield
    finally:
        _sent.reset(token)


def sending() -> None:
    """A backend says that one more request goes out."""
    found = _sent.get()
    if found is not None:
        found.requests += 1
