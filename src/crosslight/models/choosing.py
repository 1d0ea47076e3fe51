"""Choosing by tokens: at the first one, or, with a model that thinks first, at the first one
behind its trace. For every backend that gives tokens with their log-probabilities."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from crosslight.models.choice import LONGEST_SAID, SPECIAL, Binding, Bound, unusable
from crosslight.models.errors import BadAnswer, EmptyAnswer, NoOption, Truncated
from crosslight.models.protocol import Choice, Finish, TokenLogprob, Usage
from crosslight.models.reasoning import Reply, misplaced, split_reply

ROOM = 2048
"""Tokens that a model may think for before it chooses."""
ANSWER = 16
"""Tokens for the answer itself, behind a trace or behind what leads up to a word."""
ELSEWHERE = 0.5
"""With more probability than this on no option, the model may be thinking: it is given room."""
_END = re.compile(rf"\s*(?:{SPECIAL.pattern})?\s*")
_SPACES = str.maketrans({"\u2581": " ", "\u0120": " ", "\u010a": "\n"})


@dataclass(frozen=True, slots=True)
class Heard:
    """A reply with its tokens, as a backend got it."""

    reply: Reply
    tokens: tuple[TokenLogprob, ...] = ()
    finish: Finish = "stop"
    usage: Usage = field(default_factory=Usage)
    model: str = ""

    @property
    def thinks(self) -> bool:
        """Whether a trace came, whole or not."""
        return self.reply.open or bool(self.reply.reasoning) or self.reply.start > 0


Hear = Callable[[int], Awaitable[Heard]]
"""Asks for a reply of so many tokens at most, at temperature 0."""


@dataclass(frozen=True, slots=True)
class Read:
    """What came of it: a choice, or `why` none can be read from tokens. `usage` is that of all
    requests; `thinks`: whether the model does, where that was seen."""

    choice: Choice | None = None
    why: str = ""
    usage: Usage = field(default_factory=Usage)
    thinks: bool | None = None


async def choose_by_tokens(
    hear: Hear, binding: Binding, room: int, *, thinks: bool | None = None, alone: bool = False
) -> Read:
    """One request for one token; where that decides nothing, one more with room to think.

    `thinks`: what is known of the model; if it does it gets its room at once, if not it gets only
    some tokens for what leads up to its answer. `alone`: a token without alternatives is used for
    what it tells. Raises BadAnswer, NoOption, Truncated.
    """
    usage = Usage()
    if not (thinks and room):
        heard = await hear(1)
        usage = heard.usage
        if not heard.tokens and not heard.reply.answer and not heard.thinks:
            raise BadAnswer(
                "the model ended before its first token",
                hint="its chat template, which the server applies, may not fit the model",
            )
        thinks = heard.thinks or thinks
        read = None if room and thinks else _at_once(heard, binding, room, alone=alone)
        if read is not None:
            return read
    return await choose_behind(hear, binding, room, usage, thinks=thinks, alone=alone)


async def choose_behind(
    hear: Hear,
    binding: Binding,
    room: int,
    usage: Usage,
    *,
    thinks: bool | None,
    alone: bool = False,
) -> Read:
    """The rest of `choose_by_tokens`, where the first token decided nothing or is part of a trace.

    `usage`: what was spent until here. Raises NoOption, Truncated.
    """
    if not thinks:
        limit = room + ANSWER if thinks is None else ANSWER
        heard = await hear(limit)
        usage = added(usage, heard.usage)
        if not heard.thinks or limit > room:
            return _behind(heard, binding, room, usage, alone=alone)
    heard = await hear(room + ANSWER)
    return _behind(heard, binding, room, added(usage, heard.usage), alone=alone)


def _at_once(heard: Heard, binding: Binding, room: int, *, alone: bool) -> Read | None:
    """What the first token decides; None: with more tokens it may be seen."""
    why = unusable(heard.tokens, alone=alone)
    if why:
        return Read(why=why, usage=heard.usage)
    try:
        bound = binding.from_tokens(heard.tokens)
    except NoOption:
        if not room:
            raise
        return None
    if room and bound.outside_mass + bound.unknown_mass > ELSEWHERE:
        return None
    return Read(_choice(bound, heard, 0, heard.usage), usage=heard.usage)


def _behind(heard: Heard, binding: Binding, room: int, usage: Usage, *, alone: bool) -> Read:
    """What a longer reply says, behind its trace if it has one."""
    if heard.thinks:
        heard.reply.settled(heard.finish)
    why = unusable(heard.tokens, alone=alone)
    tokens = () if why else answer_tokens(heard.tokens, heard.reply)
    if not tokens:
        why = why or "the log-probabilities do not reach the answer behind the trace"
        return Read(why=why, usage=usage, thinks=heard.thinks)
    try:
        bound = binding.from_tokens(tokens)
    except NoOption as error:
        if heard.finish == "length" and len(heard.tokens) > ANSWER:
            # A trace of which only the end would be marked looks like this.
            raise Truncated(
                f"no answer in {room} tokens of room", hint="?room=N in its spec allows more"
            ) from None
        said = heard.reply.answer.strip()[:LONGEST_SAID]
        raise NoOption(
            error.message,
            hint=error.hint,
            text=said,
            room=room if heard.thinks else 0,
            reasoning=heard.reply.reasoning,
        ) from None
    choice = _choice(bound, heard, room if heard.thinks else 0, usage)
    return Read(choice, usage=usage, thinks=heard.thinks)


def answer_tokens(tokens: Sequence[TokenLogprob], reply: Reply) -> tuple[TokenLogprob, ...]:
    """The tokens of the answer, without those of a trace before it; none where it is not found."""
    texts = [token.token.translate(_SPACES) for token in tokens]
    whole, answer = "".join(texts), reply.answer.strip()
    if not (reply.reasoning or reply.start or split_reply(whole).start):
        return tuple(tokens)
    start = whole.rfind(answer) if answer else -1
    if start < 0 or not _END.fullmatch(whole[start + len(answer) :]):
        return ()
    at = 0
    for number, text in enumerate(texts):
        at += len(text)
        if at > start:
            return tuple(tokens[number:])
    return ()


def sampled(heard: Sequence[Heard], binding: Binding) -> tuple[Bound, int]:
    """Counts of the replies that came to an answer, and how many these are.

    Raises Truncated where none did, NoOption where none gives an option.
    """
    said = [one.reply.answer for one in heard if one.reply.answer.strip()]
    if not said:
        for one in heard:
            one.reply.settled(one.finish)
        if any(one.reply.thinks == "field" for one in heard):
            raise misplaced("the field of its reasoning")
        raise EmptyAnswer(hint="asking again may help")
    try:
        return binding.from_samples(said), len(said)
    except NoOption as error:
        error.samples, error.reasoning = len(said), trace_of(heard)
        raise


def trace_of(heard: Sequence[Heard]) -> str:
    """The first trace that led to an answer."""
    traces = (one.reply.reasoning for one in heard if one.reply.answer.strip())
    return next(filter(None, traces), "")


def unfinished(heard: Sequence[Heard], binding: Binding) -> bool:
    """Whether these short replies may be beginnings of a trace that only its end would mark."""
    lost = [one for one in heard if binding.leading(one.reply.answer) is None]
    return len(lost) > ELSEWHERE * len(heard) and any(one.finish == "length" for one in lost)


def added(one: Usage, other: Usage) -> Usage:
    """The sum of two requests."""
    return Usage(
        one.prompt_tokens + other.prompt_tokens,
        one.completion_tokens + other.completion_tokens,
        one.cost_usd + other.cost_usd,
    )


def _choice(bound: Bound, heard: Heard, room: int, usage: Usage) -> Choice:
    return Choice(
        bound.probabilities,
        bound.outside_mass,
        usage,
        model=heard.model,
        room=room,
        unknown_mass=bound.unknown_mass,
        intervals=bound.intervals,
        said=bound.said,
        reasoning=heard.reply.reasoning if room else "",
    )
