"""Who looks, and how much they want to see: kept in their browser, by cookies that no page of
others gets, and known to every page of a request.

Blur, grey and size are a comfort. Nothing shows that they protect anybody; what does is to see
less: hidden until asked for, one at a time, the category first, whole categories left out.
"""

import contextvars
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, unquote

from crosslight.records import BadSetting
from crosslight.view.server.fence import cookies_of as cookies_in

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
MOST_BYTES: Final = 3_800
"""Of a cookie: browsers throw longer ones away, all of it."""
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
        unwanted=frozenset(unquote(one) for one in listed if one),
    )


def cookies_of(who: Person) -> dict[str, str]:
    """The cookies that say it. Raises `BadSetting` where a browser would not keep them: a wish not
    to see something is kept or refused, and never half of it."""
    unwanted = ",".join(quote(one, safe="") for one in sorted(who.unwanted))
    if len(unwanted) > MOST_BYTES or len(who.unwanted) > MOST_UNWANTED:
        raise BadSetting(
            f"{len(who.unwanted)} categories are more than a browser keeps", "leave out fewer"
        )
    if len(who.by) > MOST_NAME:
        raise BadSetting(f"a reviewer's name has at most {MOST_NAME} letters", "give a shorter one")
    return {
        "crosslight-by": quote(who.by, safe=""),
        "crosslight-care": who.care,
        "crosslight-limit": str(who.limit),
        "crosslight-unwanted": unwanted,
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
            _NOW.set(read_person(cookies_in(scope)))
        await self.app(scope, receive, send)
