"""The scripted model in process: `fake:SCRIPT`, or a Python function for tests."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import numpy as np

from crosslight.models.choice import Binding, unusable
from crosslight.models.errors import (
    BadAnswer,
    BadSpec,
    ContentFiltered,
    ModelError,
    NotSupported,
    RateLimited,
    ServerFault,
    Truncated,
    Unreachable,
)
from crosslight.models.fake import wire
from crosslight.models.fake.engine import Ask, Engine, Reply, drawn
from crosslight.models.fake.picture import dominant_colour
from crosslight.models.fake.script import Can, Script, load
from crosslight.models.message import ImageView, Message
from crosslight.models.protocol import (
    GREEDY,
    Answer,
    Capabilities,
    Choice,
    Finish,
    ModelCard,
    Request,
    Sampling,
    TokenLogprob,
    Usage,
    Vectors,
)
from crosslight.models.reasoning import split_reply
from crosslight.models.schema import obey, parse_json
from crosslight.records import canonical, content_hash

SAMPLES = 8
Handler = Callable[[Request], Any | Awaitable[Any]]
"""Gets the request; gives an Answer, a Choice, vectors, a text, a JSON value, option
probabilities (for `choose`), or raises a ModelError. May be `async`."""


@dataclass(frozen=True, slots=True)
class FakeBackend:
    """A picklable description of a scripted model."""

    form: ClassVar[str] = "fake:SCRIPT, a scripted model for examples and tests"
    spec: str
    script: Script

    @classmethod
    def read(cls, rest: str) -> "FakeBackend":
        """From what follows `fake:`. Raises BadSpec or Missing."""
        script = load(rest)
        if script.needs_server:
            raise BadSpec(
                f"fake:{rest}: habits of endpoints are played over HTTP only",
                hint="crosslight fake serve SCRIPT, then openai:MODEL@http://127.0.0.1:8321/v1",
            )
        return cls(f"fake:{rest}", script)

    async def open(self) -> "FakeModel":
        """A model with fresh counts. Its card names the script's file, not the folder."""
        return FakeModel(self.script, spec="fake:" + Path(self.spec.removeprefix("fake:")).name)


class FakeModel:
    """Answers by a script or by a function. `requests` holds every call that a function got."""

    def __init__(
        self, source: Script | str | Handler, *, spec: str = "", name: str = "", **can: bool
    ) -> None:
        self._handler: Handler | None = None
        if isinstance(source, str):
            source = load(source)
        if isinstance(source, Script):
            script, revision = source, content_hash(canonical(source.model_dump(mode="json")))[:16]
        else:
            self._handler, script, revision = source, Script(name=name or "function"), ""
        self.script = script
        self.engine = Engine(script)
        self.requests: list[Request] = []
        self.card = ModelCard(
            spec=spec or f"fake:{name or script.name}",
            name=name or script.name,
            revision=revision,
            licence="scripted, no weights",
            weakness="a scripted stand-in: its answers say nothing about any model",
            usd_per_million_in=0.0,
            usd_per_million_out=0.0,
        )
        self.capabilities = _capabilities(script.can, **can)
        self._slots = asyncio.Semaphore(script.slots) if script.slots else None

    def __reduce__(self) -> NoReturn:
        raise TypeError("an open model is not pickled; pickle its backend")

    async def generate(
        self,
        messages: Sequence[Message],
        *,
        task: str = "",
        schema: Mapping[str, Any] | None = None,
        sampling: Sampling = GREEDY,
        logprobs: int = 0,
    ) -> Answer:
        """By the script or the function. Raises the error that the script names."""
        request = Request("generate", task, tuple(messages), schema, sampling, logprobs)
        self._check(request)
        if self._handler is not None:
            return _as_answer(await self._call(request), request)
        ask, reply = await self._reply(request)
        if reply.fault == "cut" and schema is not None:
            raise Truncated("the answer hit the token limit", hint="the script said `cut`")
        finish: Finish = "length" if reply.fault == "cut" else "stop"
        said = split_reply(reply.text).settled(finish)
        parsed = parse_json(said.answer, schema) if schema is not None else None
        tokens: tuple[TokenLogprob, ...] = ()
        if logprobs:
            tokens = _tokens(ask, reply, logprobs)
        usage = _usage(ask, reply.text)
        name = self.card.name
        return Answer(said.answer, parsed, finish, usage, tokens, name, said.reasoning, said.thinks)

    async def choose(
        self, messages: Sequence[Message], options: Sequence[str], *, task: str = ""
    ) -> Choice:
        """By the script's first-token probabilities, or counted where it gives none."""
        request = Request("choose", task, tuple(messages), options=tuple(options))
        self._check(request)
        binding = Binding(options)
        if self._handler is not None:
            return _as_choice(await self._call(request), binding, self.card.name)
        ask, reply = await self._reply(request)
        usage = _usage(ask, reply.text)
        table = wire.first_tokens(reply.text, reply.choice, ask.key)
        if self.capabilities.logprobs:
            bound = binding.from_logprobs((t, wire.log(p)) for t, p in table.items())
            name, said = self.card.name, bound.said
            return Choice(bound.probabilities, bound.outside_mass, usage, 0, name, said=said)
        texts = [
            drawn(reply.choice or {}, Ask(ask.key, draw=str(i), temperature=1.0))
            for i in range(SAMPLES)
        ]
        bound = binding.from_samples(texts)
        return Choice(
            bound.probabilities,
            bound.outside_mass,
            usage,
            SAMPLES,
            self.card.name,
            method="samples",
            said=bound.said,
            why=unusable(()),
        )

    async def embed(self, items: Sequence[str | ImageView], *, task: str = "") -> Vectors:
        """Texts by their words; images by the word for their colour and their hash."""
        request = Request("embed", task, items=tuple(items))
        self._check(request)
        if self._handler is not None:
            return np.asarray(await self._call(request), dtype=np.float32)
        await self._reply(request)
        size = self.script.dimensions
        texts = [i if isinstance(i, str) else dominant_colour(i.jpeg) or i.photo for i in items]
        rows = [wire.embed_text(text, size) for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(rows), size)

    async def aclose(self) -> None:
        """Nothing is held."""

    async def _call(self, request: Request) -> Any:
        assert self._handler is not None
        self.requests.append(request)
        result = self._handler(request)
        return await result if inspect.isawaitable(result) else result

    async def _reply(self, request: Request) -> tuple[Ask, Reply]:
        ask = _ask(request)
        if not self.engine.admit():
            self.engine.refuse()
            raise RateLimited("the fake's queue is full", status=429, retry_after=0.1)
        kind, key = "abandoned", None
        try:
            reply = self.engine.decide(ask)
            await self._work(reply.delay_s)
            kind = reply.fault or "ok"
            if reply.fault not in (None, "cut"):
                raise await self._fault(reply.fault)
            key = ask.key if reply.fault is None else None
            return ask, reply
        finally:
            self.engine.finish(kind, key)

    async def _work(self, delay_s: float) -> None:
        if self._slots is None:
            await asyncio.sleep(delay_s)
        else:
            async with self._slots:
                await asyncio.sleep(delay_s)

    async def _fault(self, name: str | None) -> ModelError:
        hint = "the fake's script said so"
        if name == "hang":
            await asyncio.sleep(self.script.faults.hang_s)
        match name:
            case "rate_limit":
                wait = self.script.faults.retry_after
                return RateLimited("slow down", status=429, retry_after=wait, hint=hint)
            case "server_error":
                return ServerFault("the fake was told to fail", status=500, hint=hint)
            case "content_filter":
                return ContentFiltered("the fake's filter stopped the answer", hint=hint)
            case "malformed" | "empty":
                return BadAnswer(f"the fake's answer is {name}", hint=hint)
        return Unreachable(f"the fake's connection: {name}", hint=hint)

    def _check(self, request: Request) -> None:
        can = self.capabilities
        lacking = {
            "images": any(m.images for m in request.messages) and not can.images,
            "schema": request.schema is not None and not can.schema,
            "logprobs": request.logprobs > 0 and not can.logprobs,
            "embeddings": request.kind == "embed" and not (can.embed_texts or can.embed_images),
        }
        for what, missing in lacking.items():
            if missing:
                raise NotSupported(f"{self.card.spec} lacks {what}", hint="the script's `can`")


def _capabilities(can: Can, **changed: bool) -> Capabilities:
    base = {
        "images": can.images,
        "logprobs": can.logprobs,
        "schema": can.schema_,
        "n": can.n,
        "seed": can.seed,
        "embed_images": can.embed and can.images,
        "embed_texts": can.embed,
    }
    return Capabilities(**(base | changed))


def _ask(request: Request) -> Ask:
    users = [m.text for m in request.messages if m.role == "user"]
    images = [i for m in request.messages for i in m.images]
    items = [i if isinstance(i, str) else i.photo for i in request.items]
    whole = {
        "kind": request.kind,
        "messages": [m.key() for m in request.messages],
        "schema": request.schema,
        "options": request.options,
        "items": items,
        "sampling": [
            request.sampling.temperature,
            request.sampling.max_tokens,
            request.sampling.seed,
        ],
    }
    return Ask(
        key=content_hash(canonical(whole))[:32],
        task=request.task or request.kind,
        text=users[-1] if users else "",
        shown=tuple(i.jpeg for i in images),
        schema=request.schema,
        options=request.options,
        temperature=request.sampling.temperature,
        draw=str(request.sampling.seed),
    )


def _tokens(ask: Ask, reply: Reply, top: int) -> tuple[TokenLogprob, ...]:
    return tuple(
        TokenLogprob(
            t["token"], t["logprob"], tuple((a["token"], a["logprob"]) for a in t["top_logprobs"])
        )
        for t in wire.token_logprobs(reply.text, reply.choice, top, ask.key)
    )


def _usage(ask: Ask, text: str) -> Usage:
    return Usage(len(ask.text) // 4 + wire.IMAGE_TOKENS * len(ask.shown), len(text) // 4 + 1)


def _as_answer(result: Any, request: Request) -> Answer:
    if isinstance(result, Answer):
        return result
    if isinstance(result, str):
        said = split_reply(result).settled("stop")
        parsed = parse_json(said.answer, request.schema) if request.schema is not None else None
        reasoning = (said.reasoning, said.thinks)
        return Answer(said.answer, parsed, "stop", Usage(), (), "function", *reasoning)
    if request.schema is not None:
        obey(result, request.schema)
    return Answer(canonical(result).decode(), result, model="function")


def _as_choice(result: Any, binding: Binding, name: str) -> Choice:
    if isinstance(result, Choice):
        return result
    if isinstance(result, str):
        result = {result: 1.0}
    bound = binding.from_logprobs((option, wire.log(p)) for option, p in dict(result).items())
    return Choice(bound.probabilities, bound.outside_mass, model=name)
