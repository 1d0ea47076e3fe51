"""How many requests one call becomes: a verdict by samples is several, and each is counted."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Sent:
    """Requests that have gone out so far."""

    requests: int = 0


_sent: ContextVar[Sent | None] = ContextVar("sent", default=None)


class counting:
    """Count in `found` the requests that are sent in this task from here on: a `with` block.

    A class: a generator costs several times as much, and every call of a run has one.
    """

    __slots__ = ("_found", "_token")

    def __init__(self, found: Sent) -> None:
        self._found = found

    def __enter__(self) -> None:
        self._token = _sent.set(self._found)

    def __exit__(self, *_: object) -> None:
        _sent.reset(self._token)


def sending() -> None:
    """A backend says that one more request goes out."""
    found = _sent.get()
    if found is not None:
        found.requests += 1
