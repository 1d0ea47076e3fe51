"""Any OpenAI-compatible endpoint, on aiohttp: a small typed layer, no SDK.

One call costs the client about 0.3 ms of CPU; connections are kept and not limited here (the
flow's limiter bounds what is in flight).
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NoReturn
from urllib.request import getproxies, proxy_bypass

import aiohttp
import numpy as np
from yarl import URL

from crosslight.models.choice import Binding
from crosslight.models.errors import BadAnswer, ModelError, NotSupported, Rejected
from crosslight.models.message import ImageView, Message, has_images
from crosslight.models.openai import errors, keys, sse, wire
from crosslight.models.openai.spec import FORM, Target, read_target
from crosslight.models.openai.wire import TOP, Body
from crosslight.models.protocol import (
    GREEDY,
    Answer,
    Capabilities,
    Choice,
    ModelCard,
    Sampling,
    Usage,
    Vectors,
)
from crosslight.text import without_control

CONNECT_S = 15.0
SAMPLE_TOKENS = 8
BIG_BODY = 2**20
TASK_HEADER = "X-Crosslight-Task"

# At temperature 0 no server that is known scales the log-probabilities it reports.
CHOOSE = Sampling(max_tokens=1)


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
        self._chat_url = URL(target.url + "/chat/completions")
        self._limit_field = "max_completion_tokens" if target.official else "max_tokens"
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=60, ttl_dns_cache=300),
            timeout=aiohttp.ClientTimeout(total=target.timeout_s, sock_connect=CONNECT_S),
            headers={"Content-Type": "application/json", **key.headers()},
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("Accept-Encoding",),
            proxy=_proxy(self._chat_url),
        )

    def __repr__(self) -> str:
        return f"OpenAIModel({self._target.model!r}, {self._target.url!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("an open model is not pickled; pickle its backend")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._session.close()

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
        """By the first token's log-probabilities; without them by counting samples."""
        binding = Binding(options)
        refused: Rejected | None = None
        if self.capabilities.logprobs:
            try:
                choice = await self._choose_by_logprobs(messages, binding, task)
            except Rejected as error:
                refused = error
            else:
                if choice is not None:
                    return choice
        if self._target.samples == 0:
            raise refused or NotSupported(
                f"{self._target.model} gives no log-probabilities and samples=0",
                hint="take another endpoint, or allow ?samples=8 in its spec",
            )
        try:
            choice = await self._choose_by_samples(messages, binding, task)
        except Rejected as error:
            raise refused or error from None
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

    async def _choose_by_logprobs(
        self, messages: Sequence[Message], binding: Binding, task: str
    ) -> Choice | None:
        """None when the endpoint leaves the log-probabilities out."""
        extra = {"logprobs": True, "top_logprobs": TOP}
        raw = await self._chat(messages, CHOOSE, extra, task)
        first = wire.read_choices(raw)[0]
        wire.refuse_filtered(first)
        tokens = wire.read_logprobs(first)
        if not tokens and not wire.read_text(first):
            raise BadAnswer(
                "the model ended before its first token",
                hint="its chat template, which the server applies, may not fit the model",
            )
        if not tokens:
            return None
        token = tokens[0]
        bound = binding.from_logprobs(token.top or [(token.token, token.logprob)])
        usage = wire.read_usage(raw, self._target.price)
        name = str(raw.get("model") or "")
        return Choice(bound.probabilities, bound.outside_mass, usage, model=name)

    async def _choose_by_samples(
        self, messages: Sequence[Message], binding: Binding, task: str
    ) -> Choice:
        """Ask for all samples at once, then one by one for those that did not come."""
        wanted = self._target.samples
        texts: list[str] = []
        usage = Usage()
        name = ""
        use_n = self.capabilities.n
        while len(texts) < wanted:
            sampling = Sampling(temperature=1.0, max_tokens=SAMPLE_TOKENS, seed=len(texts))
            extra = {"n": wanted} if use_n and not texts else {}
            try:
                raw = await self._chat(messages, sampling, extra, task)
            except Rejected:
                if not extra:
                    raise
                use_n = False
                continue
            choices = wire.read_choices(raw)
            for choice in choices:
                wire.refuse_filtered(choice)
            texts += [wire.read_text(choice) for choice in choices[: wanted - len(texts)]]
            more = wire.read_usage(raw, self._target.price)
            usage = wire.add_usage(usage, more)
            name = str(raw.get("model") or "")
        bound = binding.from_samples(texts)
        return Choice(bound.probabilities, bound.outside_mass, usage, len(texts), name)

    async def _chat(
        self, messages: Sequence[Message], sampling: Sampling, extra: Mapping[str, Any], task: str
    ) -> dict[str, Any]:
        if has_images(messages):
            self._need("images", self.capabilities.images)
        target = self._target
        fields: dict[str, Any] = {"model": target.model}
        fields |= wire.sampling_fields(sampling, self._limit_field, seed=self.capabilities.seed)
        if "temperature" in target.lacks:
            fields.pop("temperature")
        if target.thinking is not None:
            fields["chat_template_kwargs"] = {"enable_thinking": target.thinking}
        if target.stream:
            fields |= {"stream": True, "stream_options": {"include_usage": True}}
        fields |= extra
        return await self._post(self._chat_url, wire.chat_body(messages, fields), task)

    async def _post(self, url: URL, body: Body, task: str) -> dict[str, Any]:
        return await self._send("POST", url, body, task)

    async def _send(self, method: str, url: URL, body: Body | None, task: str) -> dict[str, Any]:
        headers = {"Accept-Encoding": "identity"}
        data: bytes | io.BytesIO | None = None
        if body is not None:
            headers["Idempotency-Key"] = body.key
            # aiohttp wants big bodies as a file, so that it can write them piece by piece.
            data = io.BytesIO(body.data) if len(body.data) > BIG_BODY else body.data
        if task:
            headers[TASK_HEADER] = task
        failure: ModelError
        try:
            async with self._session.request(
                method, url, data=data, headers=headers, allow_redirects=False
            ) as response:
                received = await errors.read_bounded(response)
                if response.status == 200:
                    return sse.read_body(received, response.content_type)
                failure = errors.from_status(
                    response.status,
                    response.headers,
                    received,
                    url=self._target.url,
                    key=self._key,
                )
        except (aiohttp.ClientError, OSError, ValueError) as error:
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
