"""What `crosslight doctor SPEC` asks a model before money is spent on it.

Acceptance is not enforcement: each line is decided by what came back, never by what was accepted.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np

from crosslight.models.choosing import ANSWER, ROOM
from crosslight.models.doctor import pictures
from crosslight.models.doctor.prior import ask_prior
from crosslight.models.doctor.report import CONSEQUENCES, PATIENCE_S, Probe, State, failed
from crosslight.models.errors import BadAnswer, Missing, ModelError, Truncated
from crosslight.models.loading import READY_WAIT_S, is_loading, poll_after
from crosslight.models.message import ImageView, Message, user
from crosslight.models.protocol import Answer, Backend, Choice, Model, Sampling, Vectors
from crosslight.models.spec import parse

log = logging.getLogger("crosslight")
CALLS, AT_ONCE, TRIES = 8, 4, 4
T = TypeVar("T")
WORDS = "Name one thing that floats on water. One word."
# Nobody says these by chance: obeying the schema means breaking the prompt.
ENUM = ("qx7-vermilion", "zk3-vermilion")
SCHEMA = {
    "type": "object",
    "properties": {"fruit": {"type": "string", "enum": list(ENUM)}},
    "required": ["fruit"],
    "additionalProperties": False,
}
CONTRADICTION = 'Reply with exactly this JSON and nothing else: {"fruit": "banana"}'


@runtime_checkable
class TellsMore(Protocol):
    """What some backends can say beyond the protocol."""

    async def count_replies(self, messages: list[Message], n: int) -> int:
        """How many replies come when n are asked for in one call."""
        ...

    async def context_tokens(self) -> int | None:
        """Tokens of context, where the endpoint tells."""
        ...


@runtime_checkable
class TellsRefusals(Protocol):
    """What an endpoint refused, and what it was asked instead; one sentence each."""

    @property
    def refusals(self) -> tuple[str, ...]: ...


Finding = tuple[State, str]
Check = Callable[[Model], Awaitable[Finding]]


async def probe_model(
    model: Backend | str, *, on_line: Callable[[Probe], None] = lambda _: None
) -> tuple[Probe, ...]:
    """Ask a model some twenty short questions. Never raises: what fails becomes a line."""
    lines: list[Probe] = []

    def tell(line: Probe) -> None:
        lines.append(line)
        on_line(line)

    opened = await _open(model)
    if isinstance(opened, Probe):
        tell(opened)
        return tuple(lines)
    try:
        await _until_loaded(opened)
        for name, check in _checks(opened):
            line = await _line(name, check, opened)
            tell(line)
            if name == "reach" and line.state == "no":
                break
        if isinstance(opened, TellsRefusals) and opened.refusals:
            tell(Probe("refused", "no", "; ".join(opened.refusals), "", CONSEQUENCES["refused"]))
    finally:
        await _close(opened)
    return tuple(lines)


def _checks(model: Model) -> list[tuple[str, Check]]:
    can = model.capabilities
    if not can.generates or can.scene:
        return [("reach", _reach_embedding), ("pictures", _pictures_embedded), ("embed", _embed)]
    return [
        ("reach", _reach),
        ("thinking", _thinking),
        ("pictures", _pictures),
        ("logprobs", _logprobs),
        ("prior", _prior),
        ("schema", _schema),
        ("n", _n),
        ("seed", _seed),
        ("context", _context),
        ("speed", _speed),
        ("embed", _embed),
    ]


async def _open(model: Backend | str) -> Model | Probe:
    try:
        backend = parse(model) if isinstance(model, str) else model
        async with asyncio.timeout(PATIENCE_S):
            return await backend.open()
    except Exception as error:
        return failed("reach", error)


async def _until_loaded(model: Model) -> None:
    """Wait for an endpoint that still loads its model; whatever else is wrong, the lines tell."""
    began, looks = time.monotonic(), 0
    while model.card.endpoint and model.capabilities.generates:
        try:
            await model.generate([user(WORDS)], task="doctor", sampling=Sampling(max_tokens=16))
        except ModelError as error:
            if not is_loading(error) or time.monotonic() - began > READY_WAIT_S:
                return
            if not looks:
                told = "waiting for the model to load, for at most %g s (%s)"
                log.warning(told, READY_WAIT_S, error.message)
            await asyncio.sleep(poll_after(looks, error))
            looks += 1
        except Exception:
            return
        else:
            return


async def _close(model: Model) -> None:
    # The report is done; nothing could be mended here.
    with contextlib.suppress(Exception):
        await model.aclose()


async def _line(name: str, check: Check, model: Model) -> Probe:
    try:
        async with asyncio.timeout(PATIENCE_S):
            state, detail = await check(model)
    except ExceptionGroup as group:
        return failed(name, group.exceptions[0])
    except Exception as error:
        return failed(name, error)
    return Probe(name, state, detail, "", () if state == "ok" else CONSEQUENCES[name])


async def _patiently(call: Callable[[], Awaitable[T]]) -> T:
    """Again after a fault that can pass: a busy endpoint is not an unable one."""
    for left in reversed(range(TRIES)):
        try:
            return await call()
        except ModelError as error:
            if not (error.retryable and left):
                raise
            wait = error.retry_after or 0.2
        await asyncio.sleep(min(5.0, wait))
    raise AssertionError("the last try returns or raises")


async def _choose(model: Model, question: Message, options: Sequence[str]) -> Choice:
    return await _patiently(lambda: model.choose([question], options, task="doctor"))


async def _embedded(model: Model, items: Sequence[str | ImageView]) -> Vectors:
    return await _patiently(lambda: model.embed(items, task="doctor"))


async def _ask(model: Model, text: str, **options: Any) -> Answer:
    """A short answer; a model that thinks first gets room for that."""
    sampling = options.pop("sampling", Sampling(max_tokens=16))
    ask = [user(text)]

    def send() -> Awaitable[Answer]:
        return model.generate(ask, task="doctor", sampling=sampling, **options)

    try:
        return await _patiently(send)
    except Truncated:
        if sampling.max_tokens > ROOM:
            raise
        sampling = replace(sampling, max_tokens=sampling.max_tokens + ROOM)
        return await _patiently(send)


async def _reach(model: Model) -> Finding:
    start = time.perf_counter()
    answer = await _ask(model, WORDS)
    took = (time.perf_counter() - start) * 1000
    named = f" by {answer.model}" if answer.model else ""
    return "ok", f"answered{named} in {took:.0f} ms: {answer.text.strip()[:40]!r}"


async def _reach_embedding(model: Model) -> Finding:
    start = time.perf_counter()
    await _embedded(model, [pictures.picture(pictures.BLANK)])
    return "ok", f"sees a picture in {(time.perf_counter() - start) * 1000:.0f} ms"


async def _pictures(model: Model) -> Finding:
    if not model.capabilities.images:
        return "no", "takes no images"
    right, said = 0, []
    for name in pictures.NAMES:
        best, share = await _seen(model, name)
        right += best == name
        said.append(f"{name} as {best} ({share:.2f})")
    blank, share = await _seen(model, pictures.BLANK)
    detail = f"{right}/4 told apart: {', '.join(said)}; a blank one as {blank} ({share:.2f})"
    return ("ok" if right == len(pictures.NAMES) else "no"), detail


async def _seen(model: Model, name: str) -> tuple[str, float]:
    """What the model says a picture is, and how sure; `nothing` when it gives no option."""
    question = user(pictures.QUESTION, pictures.picture(name))
    try:
        choice = await _choose(model, question, pictures.NAMES)
    except BadAnswer:
        return "nothing", 0.0
    best = max(choice.probabilities, key=lambda option: choice.probabilities[option])
    return best, choice.probabilities[best]


async def _pictures_embedded(model: Model) -> Finding:
    """Each picture must be nearest to its own copy at another JPEG quality."""
    if not model.capabilities.embed_images:
        return "no", "takes no images"
    names = (*pictures.NAMES, pictures.BLANK)
    first = await _embedded(model, [pictures.picture(name) for name in names])
    again = await _embedded(model, [pictures.picture(name, quality=70) for name in names])
    nearest = (first @ again.T).argmax(axis=1)
    right = int((nearest == np.arange(len(names)))[:4].sum())
    return ("ok" if right == 4 else "no"), f"{right}/4 told apart from the others and a blank one"


async def _thinking(model: Model) -> Finding:
    """Whether a trace comes before the answer, and whether it ends within the room that it gets."""
    sampling = Sampling(max_tokens=ROOM + ANSWER)
    try:
        answer = await _ask(model, WORDS, sampling=sampling)
    except Truncated as error:
        return "no", f"thinks without end: {error.message} ({sampling.max_tokens:,} tokens)"
    if not answer.reasoning:
        return "ok", "answers at once"
    size = f"{len(answer.reasoning):,} characters"
    where = "in its text" if answer.thinks == "text" else "in a field of its own"
    return "ok", f"thinks {where} ({size}): the trace is kept apart from every answer"


async def _logprobs(model: Model) -> Finding:
    """What a verdict of a run would be read from: by asking for one."""
    question = user("Is ice colder than steam? Answer with one word: Yes or No.")
    choice = await _choose(model, question, ("Yes", "No"))
    if choice.method == "samples":
        return "no", choice.why or "left out of the answers"
    yes = choice.probabilities["Yes"]
    told = f"sane; a Yes/No question left {choice.outside_mass:.3f} outside (Yes {yes:.2f})"
    if choice.unknown_mass > 1e-3:
        low, high = choice.interval("Yes")
        told += f"; {choice.unknown_mass:.3f} is unknown: Yes {low:.2f} to {high:.2f}"
    if choice.room:
        told += f"; read behind a trace, with {choice.room:,} tokens of room"
    return "ok", told


async def _prior(model: Model) -> Finding:
    """What it says of pictures that it is not shown."""
    if not model.capabilities.images:
        return "unknown", "takes no images, so it is no judge of them"
    return await ask_prior(lambda question: _choose(model, question, ("Yes", "No")))


async def _schema(model: Model) -> Finding:
    if not model.capabilities.schema:
        return "no", "takes no schema"
    try:
        answer = await _ask(model, CONTRADICTION, schema=SCHEMA, sampling=Sampling(max_tokens=128))
    except BadAnswer as error:
        return "no", f"accepted but not enforced ({error.message[:80]})"
    return "ok", f"enforced against the prompt: {' '.join(answer.text.split())[:48]}"


async def _n(model: Model) -> Finding:
    if not model.capabilities.n:
        return "no", "one reply a call"
    if not isinstance(model, TellsMore):
        return "unknown", "the backend does not tell"
    got = await _patiently(lambda: model.count_replies([user(WORDS)], 3))
    return ("ok" if got == 3 else "no"), f"{got} of 3 replies in one call"


async def _seed(model: Model) -> Finding:
    if not model.capabilities.seed:
        return "no", "takes no seed"
    text = "Write one short sentence about a lighthouse in a storm."
    replies = [
        (await _ask(model, text, sampling=Sampling(temperature=1.0, max_tokens=24, seed=s))).text
        for s in (7, 7, 8)
    ]
    if replies[0] != replies[1]:
        return "no", "the same seed gave two replies"
    if replies[2] != replies[0]:
        return "ok", "the same seed gave the same reply, another seed another one"
    # transformers serve draws only where the model's generation_config.json says so.
    return "ok", "the same seed gave the same reply, so did another seed: is anything drawn at all?"


async def _context(model: Model) -> Finding:
    try:
        tokens = await model.context_tokens() if isinstance(model, TellsMore) else None
    except Missing:  # it lists no models
        tokens = None
    return ("ok", f"{tokens} tokens") if tokens else ("unknown", "the endpoint does not tell")


async def _speed(model: Model) -> Finding:
    start = time.perf_counter()
    await _ask(model, f"{WORDS} (0)", sampling=Sampling(max_tokens=8))
    first = time.perf_counter() - start
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with gate:
            await _ask(model, f"{WORDS} ({number})", sampling=Sampling(max_tokens=8))

    start = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(1, CALLS + 1):
            group.create_task(one(number))
    rate = CALLS / max(1e-9, time.perf_counter() - start)
    return "ok", f"{first * 1000:.0f} ms alone; {rate:.1f} calls a second, {AT_ONCE} at a time"


async def _embed(model: Model) -> Finding:
    if not model.capabilities.embed_texts:
        return "no", "no embeddings"
    rows = await _embedded(model, ["a kitchen knife", "a sharp kitchen knife", "tax law"])
    near, far = float(rows[0] @ rows[1]), float(rows[0] @ rows[2])
    detail = f"{rows.shape[1]} numbers a text; near texts {near:.2f}, far ones {far:.2f}"
    return ("ok" if near > far else "no"), detail
