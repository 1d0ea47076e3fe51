"""One string names one model: `parse("openai:Qwen/Qwen3-VL-8B@http://localhost:8000/v1")`."""

from difflib import get_close_matches

from crosslight.models.errors import BadSpec
from crosslight.models.protocol import Backend

KINDS = {
    "embedded": "embedded or embedded:words, offline on this machine",
    "openai": "openai:MODEL@URL, any OpenAI-compatible endpoint",
    "gguf": "gguf:FILE_OR_REPO[+MMPROJ], llama.cpp in process",
    "hf": "hf:REPO_OR_DIR, transformers in process (extra `hf`)",
    "fake": "fake:SCRIPT, a scripted model for examples and tests",
}
LONGEST = 2048


def parse(spec: str) -> Backend:
    """The backend that `spec` names. Nothing is loaded, fetched or connected.

    Raises BadSpec with a remedy, Missing for a file that is not there.
    """
    if len(spec) > LONGEST or not spec.isprintable():
        raise BadSpec("a model's spec is one short printable line", hint=_forms())
    kind, colon, rest = spec.strip().partition(":")
    if kind == "embedded":
        return _embedded(spec.strip(), rest, bool(colon))
    if kind not in KINDS:
        raise _unknown(kind, spec)
    if not rest:
        raise BadSpec(f"{kind}: names no model", hint=KINDS[kind])
    if kind == "openai":
        from crosslight.models.openai.model import OpenAIBackend

        return OpenAIBackend.read(rest)
    if kind == "gguf":
        from crosslight.models.gguf.model import GgufBackend

        return GgufBackend.read(rest)
    if kind == "fake":
        from crosslight.models.fake import FakeBackend

        return FakeBackend.read(rest)
    from crosslight.models.hf import HfBackend

    return HfBackend.read(rest)


def _embedded(spec: str, rest: str, colon: bool) -> Backend:
    if rest not in ("", "words") or (colon and not rest):
        raise BadSpec(f"there is no {spec[:40]!r}", hint="embedded, or embedded:words")
    from crosslight.models.embedded.model import EmbeddedBackend

    backend: Backend = EmbeddedBackend(spec)
    return backend


def _unknown(kind: str, spec: str) -> BadSpec:
    """Names the nearest kind. Only the part before the colon is repeated."""
    if kind in ("http", "https"):
        return BadSpec("a URL alone names no model", hint="openai:MODEL@URL")
    if spec.strip().endswith(".gguf"):
        return BadSpec("a file alone names no backend", hint="gguf:FILE")
    close = get_close_matches(kind.casefold(), KINDS, n=1)
    meant = f"did you mean {close[0]}? " if close else ""
    return BadSpec(f"no model backend is called {kind[:24]!r}", hint=meant + _forms())


def _forms() -> str:
    return "; ".join(KINDS.values())
