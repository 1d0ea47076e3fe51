"""Any GGUF model in process, by xllamacpp (llama.cpp): `gguf:FILE_OR_REPO[+MMPROJ][?ctx=N]`."""

import secrets
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NoReturn
from urllib.parse import parse_qsl

from pydantic_core import to_json

from crosslight.models.choice import Binding
from crosslight.models.choosing import ROOM, Heard, choose_by_tokens
from crosslight.models.errors import (
    BadAnswer,
    BadSpec,
    Missing,
    ModelError,
    NotSupported,
    Rejected,
    Unreachable,
)
from crosslight.models.gguf import files as model_files
from crosslight.models.gguf.header import check_header
from crosslight.models.gguf.server import open_server
from crosslight.models.gguf.trial import refused, try_load
from crosslight.models.gguf.vocabulary import control_tokens
from crosslight.models.lane import in_turn, threads
from crosslight.models.message import ImageView, Message, has_images
from crosslight.models.openai import errors as http_errors
from crosslight.models.openai import wire as openai_wire
from crosslight.models.openai.finish import how_it_ended
from crosslight.models.openai.keys import Key
from crosslight.models.protocol import (
    GREEDY,
    Answer,
    Capabilities,
    Choice,
    ModelCard,
    Sampling,
    Vectors,
)
from crosslight.text import Breaker, breaker, without_control

NUMBERS = ("ctx", "threads", "room")
TOP = 64
"""Alternatives of the first token that are looked at; in process they cost nothing."""
FORM = "gguf:FILE_OR_REPO[+MMPROJ][?ctx=8192&threads=2&room=2048], llama.cpp in process"


@dataclass(frozen=True, slots=True)
class GgufBackend:
    """A picklable description: which files, how much context and how much room to think before a
    choice (tokens), how many threads."""

    form: ClassVar[str] = FORM
    spec: str
    model: str
    mmproj: str = ""
    ctx: int = 8192
    threads: int = 0
    room: int = ROOM

    @classmethod
    def read(cls, rest: str) -> "GgufBackend":
        """From what follows `gguf:`. Raises BadSpec, Missing."""
        files, _, query = rest.partition("?")
        model, mmproj = _split(files)
        told: dict[str, str] = {}
        for name, value in parse_qsl(query, keep_blank_values=True):
            least = 0 if name == "room" else 1
            if name not in NUMBERS or not value.isdigit() or int(value) < least:
                raise BadSpec(f"the spec has no option {name[:24]}={value[:24]}", hint=FORM)
            told[name] = value
        # How many threads work on it does not change an answer.
        query = "&".join(f"{name}={value}" for name, value in told.items() if name != "threads")
        spec = "gguf:" + files + (f"?{query}" if query else "")
        usual = {"ctx": 8192, "threads": 0, "room": ROOM}
        numbers = usual | {name: int(value) for name, value in told.items()}
        return cls(spec, model, mmproj, numbers["ctx"], numbers["threads"], numbers["room"])

    async def open(self) -> "GgufModel":
        """Fetch what is missing, load the model. Raises Missing, BadSpec, NotSupported."""
        return await in_turn(lambda: _load(self))


class GgufModel:
    """A loaded model. Calls take their turn: llama.cpp works on one at a time."""

    def __init__(
        self,
        server: Any,
        card: ModelCard,
        *,
        images: bool,
        ctx: int,
        room: int = ROOM,
        broken: Breaker = without_control,
    ) -> None:
        self.card = card
        self._broken = broken
        self._ctx = ctx
        self._room = room
        self._thinks: bool | None = None
        self.capabilities = Capabilities(images=images, logprobs=True, schema=True, seed=True)
        self._server = server

    def __repr__(self) -> str:
        return f"GgufModel({self.card.name!r})"

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
        """One chat completion. See `openai_wire.read_answer` for what is raised."""
        extra: dict[str, Any] = {}
        if schema is not None:
            extra["response_format"] = openai_wire.schema_field(schema, task)
        if logprobs > 0:
            extra |= {"logprobs": True, "top_logprobs": logprobs}
        raw = await self._chat(messages, sampling, extra)
        return replace(openai_wire.read_answer(raw, schema, None), model=self.card.name)

    async def choose(
        self, messages: Sequence[Message], options: Sequence[str], *, task: str = ""
    ) -> Choice:
        """By the log-probabilities of the answer's first token."""
        binding = Binding(options)

        async def hear(limit: int) -> Heard:
            # llama.cpp reports nothing for a reply that ends at once, so the first token may not
            # be an end; what it reports is the distribution before that ban.
            extra = {"logprobs": True, "top_logprobs": TOP, "ignore_eos": limit == 1}
            raw = await self._chat(messages, Sampling(max_tokens=limit), extra)
            choice = openai_wire.read_choices(raw)[0]
            return Heard(
                openai_wire.read_reply(choice),
                openai_wire.read_logprobs(choice),
                how_it_ended(choice),
                openai_wire.read_usage(raw, None),
                self.card.name,
            )

        read = await choose_by_tokens(hear, binding, self._room, thinks=self._thinks)
        if read.thinks is not None:
            self._thinks = self._thinks or read.thinks
        if read.choice is None:
            raise BadAnswer(
                f"no verdict can be read: {read.why}",
                hint="the chat template in the file may not fit the model; take another file of it",
            )
        return read.choice

    async def embed(self, items: Sequence[str | ImageView], *, task: str = "") -> Vectors:
        """Not offered: a model loaded to generate does not embed."""
        raise NotSupported("a gguf: model does not embed", hint="use `embedded` for embeddings")

    async def count_replies(self, messages: Sequence[Message], n: int) -> int:
        """Always one: there is one slot."""
        return 1

    async def context_tokens(self) -> int | None:
        """Tokens of context: what was asked for, or the model's own limit if that is lower."""
        return self._ctx

    async def aclose(self) -> None:
        """Free the model's memory."""
        await in_turn(self._drop)

    def _drop(self) -> None:
        self._server = None

    async def _chat(
        self, messages: Sequence[Message], sampling: Sampling, extra: Mapping[str, Any]
    ) -> dict[str, Any]:
        if has_images(messages) and not self.capabilities.images:
            raise NotSupported(
                f"{self.card.name} was loaded without an image projector",
                hint="add it: gguf:MODEL+MMPROJ",
            )
        # top_k and min_p off: temperature and top_p then mean what they say.
        fields = openai_wire.sampling_fields(sampling, "max_tokens", seed=True)
        fields |= {"top_k": 0, "min_p": 0.0, "chat_template_kwargs": {"enable_thinking": False}}
        fields |= extra
        fields["messages"] = openai_wire.message_dicts(messages, self._broken)
        raw = await in_turn(lambda: self._call(fields))
        if not isinstance(raw, dict):
            raise BadAnswer("llama.cpp gave no JSON object", hint="update xllamacpp")
        error = raw.get("error")
        if isinstance(error, dict):
            status = error.get("code")
            raise http_errors.from_status(
                status if isinstance(status, int) else 500,
                {},
                to_json({"error": error}),
                url=self.card.spec,
                key=Key(""),
            )
        return raw

    def _call(self, fields: dict[str, Any]) -> Any:
        if self._server is None:
            raise Unreachable("the model was closed", hint="open it again")
        try:
            return self._server.handle_chat_completions(fields)
        except (ValueError, RuntimeError) as error:
            raise Rejected(f"llama.cpp refused the request: {error}"[:300]) from None


def _split(files: str) -> tuple[str, str]:
    """Model and projector. A path may itself contain `+`: what exists decides."""
    if not files:
        raise BadSpec("gguf: names no file", hint=FORM)
    if model_files.known_form(files):
        return files, ""
    pairs = [(files[:i], files[i + 1 :]) for i, c in enumerate(files) if c == "+"]
    for pair in pairs:
        if all(map(model_files.known_form, pair)):
            return pair
    if any(not model or not mmproj for model, mmproj in pairs):
        raise BadSpec("gguf: a `+` without a file on both sides", hint=FORM)
    named = pairs[-1] if pairs else (files,)
    gone = next(name for name in named if not model_files.known_form(name))
    raise Missing(
        f"no GGUF file {gone!r}",
        hint="give a path, or OWNER/REPO/FILE.gguf of a hub (with @REVISION if wanted)",
    )


def _load(backend: GgufBackend) -> GgufModel:
    try:
        import xllamacpp
    except ImportError:
        raise Missing("xllamacpp is not installed", hint="pip install xllamacpp") from None
    model = model_files.resolve(backend.model)
    mmproj = model_files.resolve(backend.mmproj) if backend.mmproj else None
    names = model.name + (f" with {mmproj.name}" if mmproj else "")
    paths = [path for path in (model, mmproj) if path is not None]
    for path in paths:
        check_header(path)
    parts = [(path.name, model_files.fingerprint(path)) for path in paths]
    digests = "+".join(digest for _, digest in parts)
    try_load(model, mmproj, ctx=backend.ctx, digests=digests, version=_version(xllamacpp))
    key = secrets.token_urlsafe(32)
    try:
        server = open_server(
            model, mmproj, ctx=backend.ctx, threads=threads(backend.threads), key=key
        )
    except (RuntimeError, ValueError) as error:
        raise refused(names, str(error)) from None
    # Names, not paths: the hashes say which files, on any machine.
    card = ModelCard(
        spec="gguf:"
        + "+".join(name for name, _ in parts)
        + (f"?room={backend.room}" if backend.room != ROOM else ""),
        name=model.stem,
        revision="+".join(digest[:16] for _, digest in parts),
        queues=True,
        usd_per_million_in=0.0,
        usd_per_million_out=0.0,
        parts=(*parts, ("xllamacpp", _version(xllamacpp))),
    )
    return GgufModel(
        server,
        card,
        images=mmproj is not None,
        ctx=_context(server, key, backend.ctx),
        room=backend.room,
        broken=breaker(control_tokens(model)),
    )


def _context(server: Any, key: str, wanted: int) -> int:
    """`wanted` tokens, or fewer where the model was trained with fewer."""
    request = urllib.request.Request(  # noqa: S310 - our own server on loopback
        f"{server.listening_address}/v1/models", headers={"Authorization": f"Bearer {key}"}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=5) as response:
            told = openai_wire.read_context(openai_wire.read_object(response.read()), "")
    except (OSError, ValueError, ModelError):
        told = None
    return min(wanted, told or wanted)


def _version(module: Any) -> str:
    return str(getattr(module, "__version__", ""))
