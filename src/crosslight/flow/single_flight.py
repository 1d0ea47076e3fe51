"""Single flight: calls with one key that are under way at the same time share one answer."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Calls under way, by key."""

    def __init__(self) -> None:
        self._under_way: dict[str, asyncio.Future[T]] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._under_way

    async def share(self, key: str, fly: Callable[[], Awaitable[T]]) -> tuple[T, bool]:
        """The result of `fly`, or of the call with this key that is under way (then True).

        Where that one is cancelled, its followers are not: one of them flies.
        """
        while (other := self._under_way.get(key)) is not None:
            await asyncio.wait([other])
            if not other.cancelled():
                return other.result(), True
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._under_way[key] = future
        try:
            result = await fly()
        except asyncio.CancelledError:
            future.cancel()
            raise
        except BaseException as error:
            future.set_exception(error)
            future.exception()  # seen: with no follower, asyncio must not warn
            raise
        else:
            future.set_result(result)
            return result, False
        finally:
            del self._under_way[key]
