"""Who may speak to the viewer. Loopback is no fence: any page that the browser has open can send
requests to it, and any name can be made to point at it."""

import hmac
import ipaddress
import secrets
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final
from urllib.parse import urlsplit

Scope = dict[str, Any]
Send = Callable[[Any], Awaitable[None]]
Receive = Callable[[], Awaitable[Any]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE: Final = "crosslight-token"
"""Behind it stands the port: browsers send a host's cookies to all of its ports."""
LOCAL: Final = ("localhost", "127.0.0.1", "::1")
HEADERS: Final = (
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    # `no-referrer` would make a browser send `Origin: null` with the page's own forms.
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=()"),
    ("cache-control", "private, no-cache"),
)
MOST_PATH: Final = 4_000
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def new_token() -> str:
    """What a reviewer from elsewhere must know."""
    return secrets.token_urlsafe(24)


class Fence:
    """Stands before the application. `hosts`: names under which it is reached; `token`: wanted of
    everybody where it is not empty, by the cookie that `/enter` sets."""

    def __init__(self, app: App, *, hosts: Iterable[str] = LOCAL, token: str = "") -> None:
        self.app = app
        self.hosts = frozenset(host.lower() for host in hosts)
        self.token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope, _headers(scope))
        if refusal is None:
            await self.app(scope, receive, _fenced(send))
        else:
            await _refuse(_fenced(send), *refusal, scope)

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        if len(scope["path"]) > MOST_PATH:
            return 414, "This address is longer than any of the viewer's."
        host = _host(headers.get("host", ""))
        if host not in self.hosts:
            return 400, "This address is not one of the viewer's. Add it with --allow-host."
        if scope["method"] not in ("GET", "HEAD") and not _own(headers):
            return 403, "Only the viewer's own pages may write."
        if _strange(headers):
            return 403, "Only the viewer's own pages may ask for this. Open it by itself."
        open_to_all = ("/enter", "/style.css")
        if self.token and scope["path"] not in open_to_all:
            given = cookies_of(scope).get(cookie_name(scope), "").encode()
            if not hmac.compare_digest(given, self.token.encode()):
                return 401, "Open /enter and give the token that the viewer printed."
        return None


def _own(headers: dict[str, str]) -> bool:
    """Whether a page of ours sent this. What the browser itself says of the sender decides first:
    no page can forge it."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc.lower() == headers.get("host", "").lower()


def _strange(headers: dict[str, str]) -> bool:
    """Whether a page of others has this loaded: it could not read the answer, but keep the viewer
    busy, and learn from how long an answer takes. A link that somebody follows is welcome."""
    if headers.get("sec-fetch-site", "none") in ("same-origin", "none"):
        return False
    sought = headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")
    return sought != ("navigate", "document")


def _host(said: str) -> str:
    try:
        return (urlsplit(f"//{said}").hostname or "").lower()
    except ValueError:
        return ""


def cookie_name(scope: Scope) -> str:
    """Of the token of this viewer."""
    return f"{COOKIE}-{(scope.get('server') or ('', 0))[1]}"


def cookies_of(scope: Scope) -> dict[str, str]:
    """The cookies that can be read, whatever other programs of this host have left beside them."""
    from starlette.requests import cookie_parser  # of the extra `web`

    said = "; ".join(v.decode("latin-1") for k, v in scope["headers"] if k.lower() == b"cookie")
    return cookie_parser(said)


def _headers(scope: Scope) -> dict[str, str]:
    return {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}


def _fenced(send: Send) -> Send:
    async def fenced(message: Any) -> None:
        if message["type"] == "http.response.start":
            have = {name.lower() for name, _ in message["headers"]}
            more = [(k.encode(), v.encode()) for k, v in HEADERS if k.encode() not in have]
            if b"content-security-policy" not in have:
                more.append((b"content-security-policy", POLICY.encode()))
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    return fenced


async def _refuse(send: Send, status: int, why: str, scope: Scope) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    wants_page = "text/html" in _headers(scope).get("accept", "")
    if status == 401 and wants_page and scope["method"] == "GET":
        status, headers = 303, [*headers, (b"location", b"/enter")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": why.encode() + b"\n"})
