"""API keys: from the environment or the system's keyring, held so that they are never shown."""

import os
import re
from typing import NoReturn
from urllib.parse import urlsplit

from crosslight.models.errors import Denied

OFFICIAL_HOST = "api.openai.com"
PREFIX = "CROSSLIGHT_API_KEY_"
_KEY_LIKE = re.compile(r"\b(?:(?:sk|pk|gsk|hf|xai)[-_]|AIza)[\w*.-]{6,}|(?i:bearer)\s+\S+")


class Key:
    """A secret. It prints as `Key(...)`, cannot be pickled, and blanks itself out of texts."""

    __slots__ = ("_secret",)

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def __repr__(self) -> str:
        return "Key(...)" if self._secret else "Key(none)"

    def __bool__(self) -> bool:
        return bool(self._secret)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not pickled; open the backend where it runs")

    def headers(self) -> dict[str, str]:
        """The header that carries the key; empty without one."""
        return {"Authorization": f"Bearer {self._secret}"} if self._secret else {}

    def blank(self, text: str) -> str:
        """`text` without this key, and without anything that looks like one."""
        if self._secret:
            text = text.replace(self._secret, "***")
        return _KEY_LIKE.sub("***", text)

    def blank_body(self, data: bytes) -> bytes:
        """What an endpoint sent, without this key: some repeat it in what they say, and what is
        cut afterwards may hold a half of it."""
        return data.replace(self._secret.encode(), b"***") if self._secret else data


def names_for(url: str) -> tuple[str, ...]:
    """The environment variables that may hold the key of this endpoint, in order."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    names = [PREFIX + _snake(host)]
    if parts.port is not None:
        names.insert(0, PREFIX + _snake(f"{host}_{parts.port}"))
    if host == OFFICIAL_HOST:
        names.append("OPENAI_API_KEY")
    return tuple(names)


def find(url: str) -> Key:
    """The key of an endpoint; an empty one if there is none (local servers need none).

    Raises Denied for one that no header can carry (two lines pasted for one).
    """
    for name in names_for(url):
        value = os.environ.get(name, "").strip()
        if value:
            return Key(_sendable(value, name))
    host = urlsplit(url).hostname or ""
    return Key(_sendable(_from_keyring(host).strip(), f"the keyring's entry for {host}"))


def _sendable(secret: str, place: str) -> str:
    """The secret itself: visible ASCII, in one line. The error does not show it."""
    if all("!" <= character <= "~" for character in secret):
        return secret
    broken = "a line break" if len(secret.splitlines()) > 1 else "a blank or a foreign character"
    raise Denied(
        f"the key in {place} holds {broken}: nothing was sent",
        hint="set it to the key alone, in one line",
    )


def _from_keyring(host: str) -> str:
    try:
        import keyring
    except ImportError:
        return ""
    try:
        return keyring.get_password("crosslight", host) or ""
    except Exception:  # a locked or missing system keyring is the same as no key
        return ""


def _snake(text: str) -> str:
    return re.sub(r"\W+", "_", text).strip("_").upper()
