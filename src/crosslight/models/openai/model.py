"""Any OpenAI-compatible endpoint, on aiohttp: a small typed layer, no SDK.

One call costs the client about 0.3 ms of CPU; connections are kept and not limited here (the
flow's limiter bounds what is in flight).
"""

import io
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NoReturn
from urllib.request import getproxies, proxy_bypass

import aiohttp
import numpy as np
from yarl import URL

from crosslight.models.choice import Binding
from crosslight.models.errors import ModelError, NotSupported, Rejected
from crosslight.models.message import ImageView, Message, has_images
from crosslight.models.openai import errors, kept, keys, sse, wire
from crosslight.models.openai.choose import SAMPLE_TOKENS, Chooser
from crosslight.models.openai.dialect import LIMITS, Dialect
from crosslight.models.openai.pictures import NOTE, PictureServer, tell_remedy
from crosslight.models.openai.spec import FORM, Target, read_target
from crosslight.models.openai.wire import TOP, Body
from crosslight.models.protocol import (
    GREEDY,
    Answer,
    Capabilities,
    Choice,
    ModelCard,
    Sampling,
    Vectors,
)
from crosslight.models.sent import sending
from crosslight.text import without_control

CONNECT_S = 15.0
BIG_BODY = 2**20
TASK_HEADER = "X-Crosslight-Task"


@dataclass(frozen=True, slots=True)
class OpenAIBackend:
    """A picklable description of a model on an endpoint. Holds no key."""

    form: ClassVar[str] = FORM
    spec: str
    target: Target = field(repr=False)

    @classmethod
    def read(cls, rest: str) -> "OpenAIBackend":
        """From what follows `openai:`. Raises BadSpec."""
        target = read_target(rest)
        return cls(target.spec, target)

    async def open(self) -> "OpenAIModel":
        """Make the client in the running loop; no connection is made yet."""
        return OpenAIModel(self.target, keys.find(self.target.url))


class OpenAIModel:
    """An open endpoint."""

    def __init__(self, target: Target, key: keys.Key) -> None:
        can = target.lacks.isdisjoint
        price = target.price
        self.card = ModelCard(
            spec=target.spec,
            name=target.model,
            revision=target.revision,
            endpoint=target.url,
            usd_per_million_in=price.usd_in if price else None,
            usd_per_million_out=price.usd_out if price else None,
        )
        self.capabilities = Capabilities(
            images=can({"images"}),
            logprobs=can({"logprobs"}),
            schema=can({"schema"}),
            n=can({"n"}),
            seed=can({"seed"}),
            embed_texts=can({"embed"}),
            samples=target.samples,
        )
        self._target = target
        self._key = key
        self._chooser = Chooser(target, self._chat)
        self._chat_url = URL(target.url + "/chat/completions")
        self._dialect = Dialect(target.spec, LIMITS[target.official])
        self._pictures: PictureServer | None = None
        if target.by_url:
            self._pictures = PictureServer(target.pictures_port, target.pictures_base)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=60, ttl_dns_cache=300),
            timeout=aiohttp.ClientTimeout(total=target.timeout_s, sock_connect=CONNECT_S),
            headers={"Content-Type": "application/json", **key.headers()},
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("Accept-Encoding",),
            proxy=_proxy(self._chat_url),
            trace_configs=[kept.noting()],
        )

    def __repr__(self) -> str:
        return f"OpenAIModel({self._target.model!r}, {self._target.url!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("an open model is not pickled; pickle its backend")

    @property
    def notes(self) -> tuple[str, ...]:
        """How it was asked otherwise than others are."""
        by_url = (f"{self.card.spec}: {NOTE}",) if self._pictures else ()
        return (*by_url, *self.refusals)

    @property
    def refusals(self) -> tuple[str, ...]:
        """What the endpoint refused, and what it was asked instead."""
        return tuple(self._dialect.notes)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._session.close()
        if self._pictures is not None:
            await self._pictures.aclose()

    async def generate(
        self,
        messages: Sequence[Message],
        *,
        task: str = "",
        schema: Mapping[str, Any] | None = None,
        sampling: Sampling = GREEDY,
        logprobs: int = 0,
    ) -> Answer:
        """One chat completion. See `wire.read_answer` for what is raised."""
        extra: dict[str, Any] = {}
        if schema is not None:
            self._need("schema", self.capabilities.schema)
            extra["response_format"] = wire.schema_field(schema, task)
        if logprobs > 0:
            self._need("logprobs", self.capabilities.logprobs)
            extra |= {"logprobs": True, "top_logprobs": min(logprobs, TOP)}
        raw = await self._chat(messages, sampling, extra, task)
        return wire.read_answer(raw, schema, self._target.price)

    async def choose(
        self, messages: Sequence[Message], options: Sequence[str], *, task: str = ""
    ) -> Choice:
        """By the log-probabilities of the answer's first token; without them by samples."""
        choice = await self._chooser.choose(messages, Binding(options), task, self.capabilities)
        if choice.method == "samples":
            self.capabilities = replace(self.capabilities, logprobs=False)
        return choice

    async def embed(self, items: Sequence[str | ImageView], *, task: str = "") -> Vectors:
        """Unit vectors of texts through `/embeddings`."""
        self._need("embed", self.capabilities.embed_texts)
        texts = [item for item in items if isinstance(item, str)]
        if len(texts) != len(items):
            raise NotSupported(
                "an OpenAI-compatible endpoint embeds texts only", hint="use `embedded` for images"
            )
        if not texts:
            return np.zeros((0, 0), dtype=np.float32)
        sent = [without_control(text) for text in texts]
        fields = {"model": self._target.model, "input": sent, "encoding_format": "float"}
        body = wire.plain_body(fields)
        raw = await self._post(URL(self._target.url + "/embeddings"), body, task)
        return wire.read_vectors(raw, len(texts))

    async def count_replies(self, messages: Sequence[Message], n: int) -> int:
        """How many replies come when n are asked for in one call."""
        sampling = Sampling(temperature=1.0, max_tokens=SAMPLE_TOKENS)
        return len(wire.read_choices(await self._chat(messages, sampling, {"n": n}, "")))

    async def context_tokens(self) -> int | None:
        """Tokens of context as the endpoint lists its models, where it tells."""
        raw = await self._send("GET", URL(self._target.url + "/models"), None, "")
        return wire.read_context(raw, self._target.model)

    async def _chat(
        self, messages: Sequence[Message], sampling: Sampling, extra: Mapping[str, Any], task: str
    ) -> dict[str, Any]:
        shows = has_images(messages)
        if shows:
            self._need("images", self.capabilities.images)
        target = self._target
        fields: dict[str, Any] = {"model": target.model}
        fields |= wire.sampling_fields(sampling, LIMITS[0], seed=self.capabilities.seed)
        if "temperature" in target.lacks:
            fields.pop("temperature")
        if target.thinking is not None:
            fields["chat_template_kwargs"] = {"enable_thinking": target.thinking}
        if target.stream:
            fields |= {"stream": True, "stream_options": {"include_usage": True}}
        fields |= extra

        async def send(told: Sequence[Message], taken: dict[str, Any]) -> dict[str, Any]:
            body = wire.chat_body(told, taken, self._pictures.url if self._pictures else None)
            if sampling.seed is not None:  # a sample of its own, also where no seed is sent
                body = replace(body, key=f"{body.key}-{sampling.seed}")
            return await self._post(self._chat_url, body, task)

        lending = self._pictures.lending(messages) if self._pictures and shows else nullcontext()
        try:
            async with lending:
                return await self._dialect.ask(messages, fields, send)
        except Rejected as error:
            if shows and self._pictures is None:
                tell_remedy(error)
            raise

    async def _post(self, url: URL, body: Body, task: str) -> dict[str, Any]:
        return await self._send("POST", url, body, task)

    async def _send(self, method: str, url: URL, body: Body | None, task: str) -> dict[str, Any]:
        headers = {"Accept-Encoding": "identity"}
        if body is not None:
            headers["Idempotency-Key"] = body.key
        if task:
            headers[TASK_HEADER] = task
        sending()
        for left in reversed(range(kept.TRIES)):
            sent = kept.Connection()
            try:
                return await self._receive(method, url, body, headers, sent)
            except ModelError as error:
                if not (left and sent.was_closed):
                    raise error from None
        raise AssertionError("the last try returns or raises")

    async def _receive(
        self,
        method: str,
        url: URL,
        body: Body | None,
        headers: Mapping[str, str],
        sent: kept.Connection,
    ) -> dict[str, Any]:
        data: bytes | io.BytesIO | None = None
        if body is not None:
            # aiohttp wants big bodies as a file, so that it can write them piece by piece.
            data = io.BytesIO(body.data) if len(body.data) > BIG_BODY else body.data
        failure: ModelError
        try:
            async with self._session.request(
                method,
                url,
                data=data,
                headers=headers,
                allow_redirects=False,
                trace_request_ctx=sent,
            ) as response:
                sent.answered()
                received = self._key.blank_body(await errors.read_bounded(response))
                if self._pictures is not None:
                    received = self._pictures.blank(received)
                if response.status == 200:
                    raw = sse.read_body(received, response.content_type)
                    url_told = self._target.url
                    errors.refuse_error(raw, response.headers, url=url_told, key=self._key)
                    return raw
                failure = errors.from_status(
                    response.status,
                    response.headers,
                    received,
                    url=self._target.url,
                    key=self._key,
                )
        except (aiohttp.ClientError, OSError, ValueError) as error:
            sent.broke(error)
            failure = errors.from_exception(
                error, url=self._target.url, timeout_s=self._target.timeout_s
            )
        # Raised out here: an aiohttp exception as context could carry the request's headers.
        raise failure

    def _need(self, what: str, there: bool) -> None:
        if not there:
            raise NotSupported(
                f"{self._target.model} at {self._target.url} lacks {what}",
                hint="take another endpoint; `crosslight doctor` tells what each can do",
            )


def _proxy(url: URL) -> str | None:
    """The proxy of the environment. (aiohttp's own `trust_env` would also read ~/.netrc.)"""
    host = url.host or ""
    if host in ("localhost", "127.0.0.1", "::1") or proxy_bypass(host):
        return None
    return getproxies().get(url.scheme)
