"""Choosing on an endpoint: by log-probabilities where they can be used, else by counting."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from crosslight.models.choice import Binding
from crosslight.models.choosing import (
    ANSWER,
    Heard,
    Read,
    added,
    choose_by_tokens,
    sampled,
    trace_of,
    unfinished,
)
from crosslight.models.errors import NoOption, NotSupported, Rejected
from crosslight.models.message import Message
from crosslight.models.openai import wire
from crosslight.models.openai.finish import how_it_ended, refuse_refusal
from crosslight.models.openai.spec import Target
from crosslight.models.openai.wire import TOP
from crosslight.models.protocol import Capabilities, Choice, Sampling, Usage

SAMPLE_TOKENS = 8
Chat = Callable[[Sequence[Message], Sampling, Mapping[str, Any], str], Awaitable[Mapping[str, Any]]]


class Chooser:
    """Asks one endpoint. Remembers whether its model thinks, and why it counts samples."""

    def __init__(self, target: Target, chat: Chat) -> None:
        self._target = target
        self._chat = chat
        self._thinks: bool | None = target.thinking or None
        self._takes_n = True
        self._why = "lacks=logprobs in its spec" if "logprobs" in target.lacks else ""

    async def choose(
        self, messages: Sequence[Message], binding: Binding, task: str, can: Capabilities
    ) -> Choice:
        """See `Model.choose`. Raises the endpoint's refusal where samples are refused as well."""
        refused: Rejected | None = None
        spent = Usage()
        if can.logprobs:
            try:
                read = await self._by_tokens(messages, binding, task)
            except Rejected as error:
                refused = error
                self._why = error.message
            else:
                self._saw(read.thinks)
                if read.choice is not None:
                    return read.choice
                self._why, spent = read.why, read.usage
        if self._target.samples == 0:
            raise refused or NotSupported(
                f"{self._target.model} gives no usable log-probabilities and samples=0 "
                f"({self._why})",
                hint="take another endpoint, or allow ?samples=8 in its spec",
            )
        try:
            return await self._by_samples(messages, binding, task, spent, use_n=can.n)
        except Rejected as error:
            raise refused or error from None

    async def _by_tokens(self, messages: Sequence[Message], binding: Binding, task: str) -> Read:
        extra = {"logprobs": True, "top_logprobs": TOP}

        async def hear(limit: int) -> Heard:
            # At temperature 0 no server that is known scales the log-probabilities it reports.
            raw = await self._chat(messages, Sampling(max_tokens=limit), extra, task)
            refuse_refusal(wire.read_choices(raw)[0])
            return self._heard(raw)

        return await choose_by_tokens(
            hear,
            binding,
            self._target.room,
            thinks=self._thinks,
            alone=self._target.samples == 0,
        )

    async def _by_samples(
        self, messages: Sequence[Message], binding: Binding, task: str, spent: Usage, *, use_n: bool
    ) -> Choice:
        """So many short replies; with room to think where they are beginnings of a trace."""
        room = self._target.room if self._thinks else 0
        heard, usage = await self._replies(messages, task, room, use_n)
        spent = added(spent, usage)
        seen = any(one.thinks for one in heard)
        guess = self._thinks is not False and unfinished(heard, binding)
        if not room and self._target.room and (seen or guess):
            room = self._target.room
            heard, usage = await self._replies(messages, task, room, use_n)
            spent = added(spent, usage)
        thinks = any(one.thinks for one in heard)
        self._saw(thinks if room else None)
        room = room if thinks else 0
        try:
            bound, count = sampled(heard, binding)
        except NoOption as error:
            error.room = room
            raise
        return Choice(
            bound.probabilities,
            bound.outside_mass,
            spent,
            count,
            heard[-1].model,
            method="samples",
            room=room,
            said=bound.said,
            why=self._why,
            reasoning=trace_of(heard),
        )

    def _saw(self, thinks: bool | None) -> None:
        """Once it was seen to think it is given room, whatever came later."""
        if thinks is not None:
            self._thinks = self._thinks or thinks

    async def _replies(
        self, messages: Sequence[Message], task: str, room: int, use_n: bool
    ) -> tuple[list[Heard], Usage]:
        """Ask for all samples at once, then one by one for those that did not come."""
        wanted, limit = self._target.samples, room + ANSWER if room else SAMPLE_TOKENS
        heard: list[Heard] = []
        usage = Usage()
        while len(heard) < wanted:
            sampling = Sampling(temperature=1.0, max_tokens=limit, seed=len(heard))
            extra = {"n": wanted} if use_n and self._takes_n and not heard else {}
            try:
                raw = await self._chat(messages, sampling, extra, task)
            except Rejected:
                if not extra:
                    raise
                self._takes_n = False
                continue
            choices = wire.read_choices(raw)
            heard += [self._heard(raw, at) for at in range(min(len(choices), wanted - len(heard)))]
            usage = added(usage, wire.read_usage(raw, self._target.price))
        return heard, usage

    def _heard(self, raw: Mapping[str, Any], at: int = 0) -> Heard:
        choice = wire.read_choices(raw)[at]
        return Heard(
            wire.read_reply(choice),
            wire.read_logprobs(choice),
            how_it_ended(choice),
            wire.read_usage(raw, self._target.price),
            str(raw.get("model") or ""),
        )
