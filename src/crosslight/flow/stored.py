"""What a run would find in its store, with nobody asked: for dry runs."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from crosslight.flow.call_policy import CallPolicy
from crosslight.flow.caller import Caller
from crosslight.flow.context import Context
from crosslight.flow.key import request_key
from crosslight.models import Model, ModelError, Request
from crosslight.store import AnswerStore, ImageStore, Record

T = TypeVar("T")


class NotStored(ModelError):
    """The store holds no answer to this call, and nobody is asked."""

    kind = "not_stored"


@dataclass(frozen=True, slots=True)
class StoreAlone:
    """Models by role that answer out of the store. A call that is made twice counts once."""

    context: Context
    _held: dict[str, str]
    _missing: dict[str, str]

    @property
    def held(self) -> Counter[str]:
        """Calls that need nobody, by task: stored answers, and faults that stay."""
        return Counter(self._held.values())

    @property
    def missing(self) -> Counter[str]:
        """Calls that are not in the store. What would hang on their answers is not known."""
        return Counter(self._missing.values())


class _StoredCaller(Caller):
    """Looks a call up as a run does, and asks nothing. Tasks by key: of what is there, and not."""

    held: dict[str, str]
    missing: dict[str, str]

    async def _found_or_asked(
        self,
        request: Request,
        send: Callable[[], Awaitable[T]],
        check: Callable[[T], None],
        encode: Callable[[T], str],
        decode: Callable[[Record], T],
    ) -> T:
        key = request_key(self.card, request)
        try:
            stored = self._stored(key, request.task, decode)
        except ModelError:
            self.held[key.hash] = request.task
            raise
        if stored.value is None:
            self.missing[key.hash] = request.task
            raise NotStored(f"{request.task} is not in the store")
        self.held[key.hash] = request.task
        return stored.value


@contextmanager
def store_alone(
    models: Mapping[str, Model],
    answers: Path,
    images: ImageStore,
    *,
    policy: CallPolicy | None = None,
    seed: int = 0,
) -> Iterator[StoreAlone]:
    """Open the store beside models that are open already; it must be there. Raises `StoreError`."""
    held, missing = dict[str, str](), dict[str, str]()
    with AnswerStore(answers) as store:
        callers: dict[int, _StoredCaller] = {}
        for model in models.values():
            if id(model) not in callers:
                made = _StoredCaller(model, store, policy=policy)
                made.held, made.missing = held, missing
                callers[id(model)] = made
        by_role: dict[str, Model] = {role: callers[id(model)] for role, model in models.items()}
        context = Context(by_role, images, seed)
        try:
            yield StoreAlone(context, held, missing)
        finally:
            context.close()
