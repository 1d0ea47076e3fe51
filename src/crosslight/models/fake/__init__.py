"""A public scripted model, in process and as a real HTTP server, for examples and tests."""

from typing import TYPE_CHECKING

from crosslight.models.fake.model import FakeBackend, FakeModel
from crosslight.models.fake.script import BUILTIN, Script, load, parse

if TYPE_CHECKING:
    from crosslight.models.fake.server import FakeServer, serve_script

__all__ = [
    "BUILTIN",
    "FakeBackend",
    "FakeModel",
    "FakeServer",
    "Script",
    "load",
    "parse",
    "serve_script",
]


def __getattr__(name: str) -> object:
    # The server needs aiohttp's web half, which a client has no use for.
    if name in ("FakeServer", "serve_script"):
        from crosslight.models.fake import server

        return getattr(server, name)
    raise AttributeError(name)
