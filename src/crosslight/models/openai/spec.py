"""`openai:MODEL@URL[?options]`: what the string says, checked, without secrets."""

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from crosslight.models.choosing import ROOM
from crosslight.models.errors import BadSpec
from crosslight.models.openai.keys import OFFICIAL_HOST
from crosslight.models.openai.wire import Price

OFFICIAL_URL = f"https://{OFFICIAL_HOST}/v1"
FORM = (
    "openai:MODEL@URL, any OpenAI-compatible endpoint, "
    "e.g. openai:Qwen/Qwen3-VL-8B@http://localhost:8000/v1"
)
CAN_LACK = frozenset({"images", "logprobs", "schema", "seed", "n", "temperature", "embed"})


_MOST = {"samples": 256, "room": 2**20, "pictures_port": 65_535}


@dataclass(frozen=True, slots=True)
class Target:
    """Which model on which endpoint, and how to talk to it.

    `samples` replies replace missing log-probabilities (0: never); a model that thinks before it
    chooses gets `room` tokens for that (0: none); `timeout_s` bounds one call;
    `lacks` names what must not be sent; `thinking` None leaves the endpoint's default.
    """

    model: str
    url: str
    price: Price | None = None
    samples: int = 8
    room: int = ROOM
    timeout_s: float = 300.0
    thinking: bool | None = None
    revision: str = ""
    lacks: frozenset[str] = frozenset()
    stream: bool = False
    """Replies are asked for as streams; for endpoints that have no other form."""
    by_url: bool = False
    """Pictures are given by URL, from a file server of ours, and not as data URLs."""
    pictures_port: int = 0
    pictures_base: str = ""
    """The server's own port (0: a free one), and the address that the endpoint is told."""

    @property
    def spec(self) -> str:
        """The spec string with only the options that can change an answer."""
        said = [f"lacks={','.join(sorted(self.lacks))}"] if self.lacks else []
        said += [f"samples={self.samples}"] if self.samples != 8 else []
        said += [f"room={self.room}"] if self.room != ROOM else []
        said += (
            [f"thinking={'on' if self.thinking else 'off'}"] if self.thinking is not None else []
        )
        return f"openai:{self.model}@{self.url}" + ("?" + "&".join(said) if said else "")

    @property
    def official(self) -> bool:
        """Whether this is OpenAI's own endpoint, which renamed some fields."""
        return urlsplit(self.url).hostname == OFFICIAL_HOST


def read_target(rest: str) -> Target:
    """The target after `openai:`. Raises BadSpec with a remedy; never repeats a secret."""
    model, url = _split(rest)
    try:
        parts = urlsplit(url)
        port = parts.port
        host = parts.hostname
    except ValueError:
        raise BadSpec("the URL of the spec cannot be read", hint=FORM) from None
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise BadSpec(
            "a URL with a user or password is refused",
            hint="put the key in CROSSLIGHT_API_KEY_<HOST>; see docs/models.md",
        )
    if parts.scheme not in ("http", "https") or not host or (port is not None and port == 0):
        raise BadSpec("the URL of the spec must be http(s)://HOST[:PORT][/PATH]", hint=FORM)
    if parts.fragment:
        raise BadSpec("the URL of the spec has a #fragment", hint=FORM)
    if not model or any(c.isspace() for c in model):
        raise BadSpec("the spec names no model", hint=FORM)
    path = parts.path.rstrip("/").removesuffix("/chat/completions") or "/v1"
    target = Target(model, urlunsplit((parts.scheme, parts.netloc.lower(), path, "", "")))
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        target = _with(target, name, value)
    if (target.pictures_port or target.pictures_base) and not target.by_url:
        raise BadSpec(
            "pictures_port and pictures_base are of the file server for pictures by URL",
            hint="add pictures=url, or leave them out",
        )
    return target


def _split(rest: str) -> tuple[str, str]:
    for scheme in ("@https://", "@http://"):
        model, found, url = rest.partition(scheme)
        if found:
            return model, scheme[1:] + url
    model, found, query = rest.partition("?")
    if "@" in model:
        raise BadSpec("the endpoint must begin with http:// or https://", hint=FORM)
    return model, OFFICIAL_URL + found + query


def _with(target: Target, name: str, value: str) -> Target:
    """`target` with one option. Values are not repeated in errors: one may be a stray key."""
    try:
        if name == "price":
            low, high = (float(part) for part in value.split(","))
            if not (0 <= low < 1e6 and 0 <= high < 1e6):
                raise ValueError
            return replace(target, price=Price(low, high))
        if name in _MOST:
            count = int(value)
            if not 0 <= count <= _MOST[name]:
                raise ValueError
            return _set(target, name, count)
        if name == "timeout":
            seconds = float(value)
            if not 0 < seconds <= 86_400:
                raise ValueError
            return replace(target, timeout_s=seconds)
        if name in _SWITCHES:
            return _set(target, name, _SWITCHES[name][value])
        if name in ("revision", "pictures_base"):
            return _set(target, name, value if name == "revision" else _base(value))
        if name == "lacks":
            lacks = frozenset(value.split(","))
            if not lacks <= CAN_LACK:
                raise ValueError
            return replace(target, lacks=lacks)
    except (ValueError, KeyError):
        raise BadSpec(
            f"the option {name} of the spec has no usable value", hint=_HOW[name]
        ) from None
    close = get_close_matches(name, _HOW, n=1)
    meant = f"did you mean {close[0]}? " if close else ""
    raise BadSpec(
        f"the spec has no option {name[:24]!r}", hint=f"{meant}options: {', '.join(_HOW)}"
    )


def _set(target: Target, name: str, value: Any) -> Target:
    changed = {"by_url" if name == "pictures" else name: value}
    return replace(target, **changed)


def _base(url: str) -> str:
    """An address to which `/NAME.jpg` is added. Raises ValueError."""
    parts = urlsplit(url)
    plain = not (parts.query or parts.fragment or "@" in parts.netloc)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0 or not plain:
        raise ValueError
    return url.rstrip("/")


_SWITCHES = {
    "thinking": {"on": True, "off": False},
    "stream": {"1": True, "0": False},
    "pictures": {"url": True, "data": False},
}
_HOW = {
    "price": "price=IN,OUT in US dollars per million tokens, e.g. price=0.15,0.60",
    "samples": "samples=K, 0 to 256: replies that replace missing log-probabilities",
    "room": "room=TOKENS, 0 or more: what a model may think before it chooses",
    "timeout": "timeout=SECONDS for one call, above 0",
    "thinking": "thinking=on or thinking=off",
    "stream": "stream=1 for an endpoint that only streams",
    "pictures": "pictures=url for an endpoint that takes no data URLs",
    "pictures_port": "pictures_port=N, 1 to 65535: of the file server that pictures=url starts",
    "pictures_base": "pictures_base=http(s)://HOST[:PORT][/PATH], no user, query or fragment",
    "revision": "revision=TEXT, part of every stored answer's key",
    "lacks": f"lacks=A,B out of {', '.join(sorted(CAN_LACK))}",
}
