"""One string names one model: `parse("openai:Qwen/Qwen3-VL-8B@http://localhost:8000/v1")`."""

from difflib import get_close_matches
from importlib import import_module
from typing import Protocol

from crosslight.models.errors import BadSpec
from crosslight.models.protocol import Backend

BACKENDS = {
    "embedded": "crosslight.models.embedded.model:EmbeddedBackend",
    "openai": "crosslight.models.openai.model:OpenAIBackend",
    "gguf": "crosslight.models.gguf.model:GgufBackend",
    "hf": "crosslight.models.hf.backend:HfBackend",
    "tuned": "crosslight.models.tuned.backend:TunedBackend",
    "fake": "crosslight.models.fake.model:FakeBackend",
}
"""Name, and `module:Class`, loaded when the name is met. `Class.form` says how its specs are
written, `Class.read(rest)` reads what follows the colon ("" where the name stands alone)."""
LONGEST = 2048


def parse(spec: str) -> Backend:
    """The backend that `spec` names. Nothing is loaded, fetched or connected.

    Raises BadSpec with a remedy, Missing for a file that is not there.
    """
    if len(spec) > LONGEST or not spec.isprintable():
        raise BadSpec("a model's spec is one short printable line", hint=_forms())
    kind, colon, rest = spec.strip().partition(":")
    if kind not in BACKENDS:
        raise _unknown(kind, spec)
    if colon and not rest:
        raise BadSpec(f"{kind}: names no model", hint=_class(kind).form)
    return _class(kind).read(rest)


class _BackendClass(Protocol):
    form: str

    def read(self, rest: str) -> Backend: ...


def _class(kind: str) -> _BackendClass:
    module, _, name = BACKENDS[kind].partition(":")
    found: _BackendClass = getattr(import_module(module), name)
    return found


def _unknown(kind: str, spec: str) -> BadSpec:
    """Names the nearest kind. Only the part before the colon is repeated."""
    if kind in ("http", "https"):
        return BadSpec("a URL alone names no model", hint="openai:MODEL@URL")
    if spec.strip().endswith(".gguf"):
        return BadSpec("a file alone names no backend", hint="gguf:FILE")
    close = get_close_matches(kind.casefold(), BACKENDS, n=1)
    meant = f"did you mean {close[0]}? " if close else ""
    return BadSpec(f"no model backend is called {kind[:24]!r}", hint=meant + _forms())


def _forms() -> str:
    return "; ".join(_class(kind).form for kind in BACKENDS)
