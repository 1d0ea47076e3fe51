"""What a remedy is, and the ones there are."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from crosslight.bench.prompts import render
from crosslight.bench.remedies.decoding import RemediedBackend, coca, vcd
from crosslight.bench.remedies.tuned import FORM
from crosslight.bench.remedies.tuned import NAME as TUNED
from crosslight.models import Backend, Message, system
from crosslight.records import BadSetting


@dataclass(frozen=True, slots=True)
class Remedy:
    """Changes the messages, or how the model decodes, or neither.

    `prompt` names a template; `place` says where its text goes: as a system turn, or in front of
    the last user text. `decoding` is (name, settings) of what the backend must offer.
    """

    name: str
    title: str
    source: str
    prompt: str = ""
    place: Literal["system", "user"] = "user"
    decoding: str = ""
    settings: tuple[tuple[str, float], ...] = field(default=())

    def messages(self, messages: Sequence[Message]) -> list[Message]:
        """The messages under this remedy."""
        if not self.prompt:
            return list(messages)
        text = render(self.prompt)
        if self.place == "system":
            first, *rest = messages
            if first.role == "system":  # one system turn: many templates and servers take no two
                return [replace(first, text=f"{first.text}\n\n{text}"), *rest]
            return [system(text), *messages]
        *before, last = messages
        return [*before, last.led_by(f"{text}\n\n", last.own)]

    def backend(self, backend: Backend) -> Backend:
        """The model under this remedy. Opening it raises `NotSupported` where it cannot."""
        if not self.decoding:
            return backend
        given = dict(self.settings)
        if self.decoding == "vcd":
            return RemediedBackend(backend, vcd, tuple(given.items()))
        return RemediedBackend(backend, coca, tuple(given.items()))


REMEDIES: tuple[Remedy, ...] = (
    Remedy(
        "light",
        "Read the text in the light of the image",
        "MMSafeAware (2502.11184), remedy 1; the authors' wording is not published: ours",
        prompt="remedy_light",
    ),
    Remedy(
        "safety",
        "Plain safety prompt",
        "MMSafeAware (2502.11184), the contrast to remedy 1; wording ours",
        prompt="remedy_safety",
        place="system",
    ),
    Remedy(
        "defence",
        "MM-SafetyBench's defence prompt",
        "MM-SafetyBench (2311.17600); the authors' wording is not verified: ours",
        prompt="remedy_defence",
    ),
    Remedy(
        "vcd",
        "Visual contrastive decoding",
        "2311.16922; defaults of the code: alpha 0.5, beta 0.1, noise step 500",
        decoding="vcd",
        settings=(("alpha", 0.5), ("beta", 0.1), ("step", 500)),
    ),
    Remedy(
        "coca",
        "CoCA: constitutional calibration",
        "2409.11365; alpha 4 of the public re-implementation; principle ours",
        decoding="coca",
        settings=(("alpha", 4.0),),
    ),
    Remedy(
        TUNED,
        "Tuning on safety reasoning, beside the base",
        "MMSafeAware (2502.11184), remedy 3; the data are not published: chains are ours",
    ),
)


def remedy(name: str) -> Remedy:
    """The remedy of that name; an empty name is none. Raises `BadSetting`."""
    if not name:
        return Remedy("", "none", "")
    for each in REMEDIES:
        if each.name == name:
            return each
    hint = "one of: " + ", ".join(each.name for each in REMEDIES)
    if name in ("reasoning", "tuning"):
        hint = f"tuning on safety reasoning is {FORM}: see docs/bench.md; " + hint
    raise BadSetting(f"no remedy is called {name!r}", hint)
