"""One line of doctor's report, and what follows from it for each verb."""

from dataclasses import dataclass
from typing import Literal

from crosslight.models.errors import ModelError, NotSupported

State = Literal["ok", "no", "unknown"]
Consequences = tuple[tuple[str, str], ...]
PATIENCE_S = 180.0
"""Seconds for one line of the report."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One line of the report. `unknown`: it could not be found out, which is not `ok`.

    `follows` holds (verb, what that means for it) when the line is not `ok`.
    """

    name: str
    state: State
    detail: str
    hint: str = ""
    follows: Consequences = ()

    @property
    def consequences(self) -> str:
        """`follows` as one text; empty when the line is `ok`."""
        return "; ".join(f"{verb}: {what}" for verb, what in self.follows)


CONSEQUENCES: dict[str, Consequences] = {
    "reach": (("every verb", "nothing can run with this model"),),
    "thinking": (
        ("every verb", "answers are cut before they begin: allow more tokens, or ?thinking=off"),
    ),
    "pictures": (
        ("build", "refused: photos would be described blind"),
        ("judge", "refused: verdicts would be about nothing"),
        ("prefer", "refused for answers about images"),
        ("bench", "scores would measure the text alone"),
    ),
    "logprobs": (
        ("build", "cross-checks count samples: several times the calls, coarse numbers"),
        ("judge", "verdicts count samples: several times the calls, coarse numbers"),
        ("bench", "a judge by samples: wider intervals"),
    ),
    "prior": (
        (
            "judge by the method paper",
            "the prior rejects next to nothing: most plain Nos are reasoned about, at two calls",
        ),
        (
            "judge",
            "clue-2, the default, calls P(Yes) under 0.05 a No whatever the prior; where there is "
            "none, a Yes takes 0.9",
        ),
    ),
    "schema": (
        ("build", "imagine and augment are refused or lose replies that are not JSON"),
        ("judge", "the reasoning stage is refused or loses replies"),
        ("prefer", "grouping is refused or loses replies"),
    ),
    "n": (("judge", "samples are asked for one by one: the prompt is paid each time"),),
    "seed": (("every verb", "a rerun without the stored answers can differ"),),
    "context": (("judge", "long policies may be cut; the endpoint does not say where"),),
    "refused": (("every verb", "asks in the other form; the notes of each run say so"),),
    "speed": (("every verb", "no estimate of the time a run takes"),),
    "embed": (("build", "coverage clusters with the embedded words instead"),),
}


def failed(name: str, error: Exception) -> Probe:
    """A line for an error. Foreign exceptions by type only: their text may hold anything."""
    what = CONSEQUENCES[name]
    if isinstance(error, ModelError):
        gone = isinstance(error, NotSupported) or name == "reach" or not error.retryable
        state: State = "no" if gone else "unknown"
        return Probe(name, state, f"{error.kind}: {error.message}", error.hint, what)
    if isinstance(error, TimeoutError):
        detail = f"no answer in {PATIENCE_S:g} s"
        return Probe(name, "no" if name == "reach" else "unknown", detail, "is it busy?", what)
    hint = "this is a fault of Crosslight: please report it"
    return Probe(name, "no" if name == "reach" else "unknown", type(error).__name__, hint, what)
