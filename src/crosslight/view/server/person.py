"""Who looks, and how much they want to see: kept in their browser, by cookies that no page of
others gets, and known to every page of a request.

Blur, grey and size are a comfort. Nothing shows that they protect anybody; what does is to see
less: hidden until asked for, one at a time, the category first, whole categories left out.
"""

import contextvars
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final
from urllib.parse import quote, unquote

Send = Callable[[Any], Awaitable[None]]
App = Callable[[dict[str, Any], Callable[[], Awaitable[Any]], Send], Awaitable[None]]

WAYS: Final = {
    "hidden": "sensitive hidden",
    "sensitive": "sensitive blurred",
    "blurred": "all blurred",
    "grey": "small and grey",
    "shown": "all shown",
}
LIMIT: Final = 50
"""Sensitive pictures a day after which a break is proposed; nothing is locked."""
MOST_NAME: Final = 80
MOST_UNWANTED: Final = 60
YEAR: Final = 365 * 86_400


@dataclass(frozen=True, slots=True)
class Person:
    """`by`: the name under which this browser reviews; `unwanted`: categories not to be shown."""

    by: str = ""
    care: str = "hidden"
    limit: int = LIMIT
    unwanted: frozenset[str] = frozenset()


_NOW: contextvars.ContextVar[Person] = contextvars.ContextVar("person", default=Person())  # noqa: B039


def person() -> Person:
    """Who asked for the page that is being made."""
    return _NOW.get()


def read_person(cookies: Mapping[str, str]) -> Person:
    """Out of cookies that anybody may have written: what makes no sense is the default."""
    care, limit = cookies.get("crosslight-care", ""), cookies.get("crosslight-limit", "")
    listed = cookies.get("crosslight-unwanted", "").split(",")[:MOST_UNWANTED]
    return Person(
        by=unquote(cookies.get("crosslight-by", ""))[:MOST_NAME].strip(),
        care=care if care in WAYS else "hidden",
        limit=int(limit) if limit.isascii() and limit.isdigit() and len(limit) < 6 else LIMIT,
        unwanted=frozenset(unquote(one)[:200] for one in listed if one),
    )


def cookies_of(who: Person) -> dict[str, str]:
    """The cookies that say it."""
    return {
        "crosslight-by": quote(who.by, safe=""),
        "crosslight-care": who.care,
        "crosslight-limit": str(who.limit),
        "crosslight-unwanted": ",".join(quote(one, safe="") for one in sorted(who.unwanted)),
    }


class Persons:
    """Stands before the application and tells every page who asks for it."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(
        self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Send
    ) -> None:
        """Pass the request on."""
        if scope["type"] == "http":
            _NOW.set(read_person(_cookies(scope)))
        await self.app(scope, receive, send)


def _cookies(scope: Mapping[str, Any]) -> dict[str, str]:
    said = "; ".join(v.decode("latin-1") for k, v in scope["headers"] if k.lower() == b"cookie")
    try:
        return {name: one.value for name, one in SimpleCookie(said).items()}
    except CookieError:
        return {}
