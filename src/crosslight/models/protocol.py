"""What a step sees of a model: `generate`, `choose`, `embed`, and what the model can do.

A `Backend` is a small picklable description made from a spec string; `open()` makes the client
where it runs. Backends do no caching, no retry and no limiting: `flow.Caller` does, for all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from crosslight.models.message import ImageView, Message

Finish = Literal["stop", "length", "content_filter", "other"]
Thinks = Literal["", "text", "field"]
Method = Literal["logprobs", "samples", "text"]
"""How a verdict is read: from probabilities of tokens, by counting replies, from one reply."""
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to decode. Part of every answer's key."""

    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 512
    seed: int | None = None
    stop: tuple[str, ...] = ()


GREEDY = Sampling()
"""The default decoding."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call as the backend counts them, and its price in US dollars if known."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """One generated token with its most likely alternatives (natural logarithms)."""

    token: str
    logprob: float
    top: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A model's reply. `parsed` is the JSON object when a schema was asked for.

    `finish` other than `stop` is recorded but never used as an answer: `length` is a cut reply,
    `content_filter` a refusal by the endpoint. `reasoning` is the trace that the model wrote before
    it answered (see `models.reasoning`): kept for people, no part of the answer; `thinks` says
    where it came. `logprobs` are those of the whole reply, the trace included.
    """

    text: str
    parsed: Any = None
    finish: Finish = "stop"
    usage: Usage = Usage()
    logprobs: tuple[TokenLogprob, ...] = ()
    model: str = ""
    reasoning: str = ""
    thinks: Thinks = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """Probabilities over given options from the first token of the model's answer.

    `probabilities` sum to 1 over the options; `outside_mass` is the probability that lay on
    anything else before that, `unknown_mass` what may lie here or there: then each probability is
    somewhere in its interval. `method`: by log-probabilities, or counted from `samples` replies,
    and `why` that was needed. `room` > 0: so many tokens were allowed for a trace, and the answer
    is the one behind it, and `reasoning` the trace (of samples the first). `said`: the words that
    came.
    """

    probabilities: Mapping[str, float]
    outside_mass: float
    usage: Usage = Usage()
    samples: int = 0
    model: str = ""
    method: Method = "logprobs"
    room: int = 0
    unknown_mass: float = 0.0
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    said: str = ""
    why: str = ""
    reasoning: str = ""

    def interval(self, option: str) -> tuple[float, float]:
        """Between what the probability of an option lies, as far as it was read from tokens."""
        p = self.probabilities[option]
        return self.intervals.get(option, (p, p))

    @property
    def best(self) -> str | None:
        """The likeliest option; None where what is unknown could make it another."""
        first = max(self.probabilities, key=lambda option: self.probabilities[option])
        low = self.interval(first)[0]
        others = (self.interval(option)[1] for option in self.probabilities if option != first)
        return first if not self.intervals or low > max(others) else None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a model can do; a step that needs what is missing is refused before the first call.

    `scene`: the embedded perception, which answers `generate` with a scene instead of prose.
    `samples`: so many replies stand in for log-probabilities where there are none (0: never).
    `verdicts_only`: it says safe or unsafe and answers no other question, whatever it is asked.
    """

    images: bool = False
    logprobs: bool = False
    schema: bool = False
    n: bool = False
    seed: bool = False
    embed_images: bool = False
    embed_texts: bool = False
    generates: bool = True
    scene: bool = False
    samples: int = 0
    verdicts_only: bool = False


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Who answers. `spec`, `revision` and `endpoint` are in every key; no key or password is."""

    spec: str
    name: str
    revision: str = ""
    endpoint: str = ""
    licence: str = ""
    weakness: str = ""
    usd_per_million_in: float | None = None
    usd_per_million_out: float | None = None
    parts: tuple[tuple[str, str], ...] = ()
    """Composed models: (component, sha256 or version)."""
    queues: bool = False
    """Calls wait in a lane of the model's own: a long wait there is no fault."""

    def as_json(self, role: str) -> dict[str, Any]:
        """As it stands in run.json, for the role that it plays there."""
        names = ("spec", "name", "revision", "endpoint", "licence", "weakness")
        told = {"role": role} | {name: getattr(self, name) for name in names}
        return told | {"parts": [list(part) for part in self.parts]}


@runtime_checkable
class Model(Protocol):
    """An open model. All methods may be called concurrently from one event loop."""

    card: ModelCard
    capabilities: Capabilities

    async def generate(
        self,
        messages: Sequence[Message],
        *,
        task: str = "",
        schema: Mapping[str, Any] | None = None,
        sampling: Sampling = GREEDY,
        logprobs: int = 0,
    ) -> Answer:
        """Answer in text, or in JSON of `schema` (a JSON Schema). `task` names the question
        (e.g. `imagine`) for accounting and scripted models. Raises `ModelError`."""
        ...

    async def choose(
        self, messages: Sequence[Message], options: Sequence[str], *, task: str = ""
    ) -> Choice:
        """Probabilities over `options` (e.g. Yes and No). Raises `ModelError`."""
        ...

    async def embed(self, items: Sequence[str | ImageView], *, task: str = "") -> Vectors:
        """Unit vectors, shape (len(items), dim), float32. Raises `ModelError`."""
        ...

    async def aclose(self) -> None:
        """Release what the model holds."""
        ...


@runtime_checkable
class TellsNotes(Protocol):
    """What a model may have to say to the readers of its numbers: how it was asked otherwise."""

    @property
    def notes(self) -> tuple[str, ...]:
        """One sentence each."""
        ...


@runtime_checkable
class ScoresMany(Protocol):
    """What a model may offer on top of `Model`: many questions that share a beginning, at once."""

    async def choose_many(
        self,
        prefix: Sequence[Message],
        questions: Sequence[str],
        options: Sequence[str],
        *,
        task: str = "",
    ) -> list[Choice]:
        """One `Choice` a question, in order: what `choose(with_question(prefix, q), options)`
        gives, up to rounding. `prefix` ends in a user turn, which each question completes. Without
        image tokens is the same prefix without its images. Raises `ModelError` for all of them."""
        ...


def with_question(prefix: Sequence[Message], question: str) -> list[Message]:
    """The messages of one question: `question` is written behind the text of the last turn."""
    *before, last = prefix
    return [*before, replace(last, text=last.text + question)]


@runtime_checkable
class Backend(Protocol):
    """A picklable description of a model."""

    @property
    def spec(self) -> str:
        """The string that names it."""
        ...

    async def open(self) -> Model:
        """Make the client here. Raises `ModelError` with a hint when it cannot."""
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """One call, as the store keys it. `kind` is generate, choose or embed."""

    kind: Literal["generate", "choose", "embed"]
    task: str
    messages: tuple[Message, ...] = ()
    schema: Mapping[str, Any] | None = None
    sampling: Sampling = Sampling()
    logprobs: int = 0
    options: tuple[str, ...] = ()
    items: tuple[str | ImageView, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)
