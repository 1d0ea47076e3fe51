"""Models opened to be looked at and not asked: for dry runs."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from crosslight.flow.budget import Budget
from crosslight.flow.retry import require_price
from crosslight.models import Backend, Model


@asynccontextmanager
async def opened_models(
    backends: Mapping[str, Backend], budget: Budget | None = None
) -> AsyncIterator[dict[str, Model]]:
    """By role; roles with one spec share a model, as in a `Session`.

    Raises what a session with this budget would raise.
    """
    async with AsyncExitStack() as stack:
        by_spec: dict[str, Model] = {}
        for backend in backends.values():
            if backend.spec not in by_spec:
                by_spec[backend.spec] = model = await backend.open()
                stack.push_async_callback(model.aclose)
                require_price(model.card, budget)
        yield {role: by_spec[backend.spec] for role, backend in backends.items()}
