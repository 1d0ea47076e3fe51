"""What an endpoint does not take, found out once: the next smaller value or the other form.

A refusal (400, 422) that names a parameter changes how everything after it is asked, and is told in
the notes of the run. Until a form of request has been taken once, one request of it is under way.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from crosslight.models.errors import ModelError, Rejected
from crosslight.models.message import Message
from crosslight.models.openai.prompts import render

Fields = dict[str, Any]
Form = tuple[list[Message], Fields]
Send = Callable[[Sequence[Message], Fields], Awaitable[dict[str, Any]]]

SMALLER = (5, 1)
"""Alternatives a token that are asked for next, where a refusal names no number."""
TRIES = 6
"""Other forms that one request is asked in, at most."""
HOLD_S = 10.0
"""Seconds after which requests of a new form no longer wait for the first."""
LIMITS = ("max_tokens", "max_completion_tokens")
LEAST_TEMPERATURE = 0.01
"""Where 0 is refused as too small; close enough to the same."""
ALTERNATIVES = "top_logprobs"
_SCHEMA_FORMS = ("json_schema", "json_object", "text")

_GONE = re.compile(
    r"support|permitted|not allowed|extra input|un(known|recognized|expected)|not enabled"
    r"|unavailable|not available|does not exist|only the default",
    re.IGNORECASE,
)
_LEAST = re.compile(
    r"at least|minimum|>|greater than|below|positive|larger than|\(0(\.0+)?\s*,", re.IGNORECASE
)
_CONTEXT = re.compile(r"context.?(length|window|size)|prompt (is )?too long", re.IGNORECASE)
_NAMES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        (ALTERNATIVES, r"top_?logprobs|top log.?prob"),
        ("logprobs", r"log_?probs|log.?probabilit"),
        ("response_format", r"response.?format|json.?schema|structured.?output|guided|grammar"),
        ("limit", r"max(_completion|_output)?_tokens"),
        ("temperature", r"temperature"),
        ("top_p", r"\btop_p\b"),
        ("seed", r"\bseed\b"),
        (
            "system",
            r"system.{0,3}(role|message|prompt|instruction)|developer instruction"
            r"|role.{0,20}system|roles must alternate",
        ),
        (
            "n",
            r"['\"`]n['\"`]|\bn\b\s*(=|>|must|should|is|parameter)|multiple (choices|completions)",
        ),
    )
)


class Dialect:
    """How one model on one endpoint wants to be asked. Shared by all its calls."""

    def __init__(self, spec: str, limit_field: str) -> None:
        self.notes: list[str] = []
        """What was refused, and what is asked instead."""
        self.refused: dict[str, Rejected] = {}
        """Parameters that are left out, and how the endpoint refused them."""
        self._spec = spec
        self._limit = limit_field
        self._swapped = False
        self._top: int | None = None
        self._least_tokens, self._most_tokens = 0, 2**31
        self._coldest = 0.0
        self._form: dict[str, int] = {}
        self._guessed = False
        self._guesses: list[int] = []
        """Where in the notes those of changes stand that have not been found right yet."""
        self._taken: set[str] = set()
        self._first: dict[str, asyncio.Event] = {}

    async def ask(self, messages: Sequence[Message], fields: Fields, send: Send) -> dict[str, Any]:
        """The reply, in the first form that is taken. Raises the refusal where none is.

        `fields` are as for an endpoint that takes everything (`max_tokens` for the limit).
        """
        first: Rejected | None = None
        for _ in range(TRIES):
            now, shape, lead = await self._in_turn(messages, fields)
            try:
                reply = await send(*now)
            except Rejected as error:
                first = first or error
                same = self.form(messages, fields) == now  # else others have found out meanwhile
                if same and (shape in self._taken or not self._change(error, *now)):
                    break
            else:
                self._taken.add(shape)
                self._guesses.clear()
                return reply
            finally:
                if lead:
                    self._first.pop(shape).set()
        assert first is not None
        raise first

    def form(self, messages: Sequence[Message], fields: Fields) -> Form:
        """The request as this endpoint takes it, by what is known so far.

        Raises the refusal where log-probabilities are asked for and are known to be refused.
        """
        if fields.get("logprobs") and "logprobs" in self.refused:
            known = self.refused["logprobs"]
            raise Rejected(known.message, hint=known.hint, status=known.status, said=known.said)
        now = {name: value for name, value in fields.items() if name not in self.refused}
        if ALTERNATIVES in now and self._top is not None:
            now[ALTERNATIVES] = min(now[ALTERNATIVES], self._top)
        if "temperature" in now:
            now["temperature"] = max(now["temperature"], self._coldest)
        if LIMITS[0] in now:
            asked = now.pop(LIMITS[0])
            now[self._limit] = min(max(asked, self._least_tokens), self._most_tokens)
        told = list(messages)
        if "system" in self.refused:
            told = _without_system(told)
        if "response_format" in now:
            self._reshape(now, told)
        return told, now

    def _reshape(self, now: Fields, told: list[Message]) -> None:
        """The schema in a weaker form: it then stands in the question, and the reply is checked."""
        schema = now["response_format"]["json_schema"]
        form = self._form.get(schema["name"], self._form.get("", 0))
        if not form:
            return
        if _SCHEMA_FORMS[form] == "json_object":
            now["response_format"] = {"type": "json_object"}
        else:
            del now["response_format"]
        asked = render("schema", schema=json.dumps(schema["schema"], ensure_ascii=False))
        told[-1] = replace(told[-1], text=f"{told[-1].text}\n\n{asked}")

    async def _in_turn(self, messages: Sequence[Message], fields: Fields) -> tuple[Form, str, bool]:
        """The request as it is to be sent now, its shape, and whether it is the first of it.

        Waits while another one is, and then takes what that one has found out.
        """
        while True:
            now = self.form(messages, fields)
            shape = _shape(*now)
            other = self._first.get(shape)
            if shape in self._taken or other is None:
                break
            try:
                await asyncio.wait_for(other.wait(), HOLD_S)
            except TimeoutError:
                return now, shape, False
        lead = shape not in self._taken
        if lead:
            self._first[shape] = asyncio.Event()
        return now, shape, lead

    def _change(
        self, error: Rejected, messages: Sequence[Message], sent: Mapping[str, Any]
    ) -> bool:
        """Ask otherwise from now on; False where nothing else can be asked."""
        if error.status not in (400, 422) or _CONTEXT.search(error.said):
            return False
        name = _named(error, messages, sent)
        told = ""
        if name in ("logprobs", ALTERNATIVES):
            told = self._fewer_alternatives(error, sent, name)
        elif not name:
            told = self._guess(sent)
        elif name == "limit":
            told = self._other_limit(error, sent)
        elif name == "temperature":
            told = self._warmer(error, sent)
        elif name == "response_format":
            told = self._weaker_schema(sent, error)
        else:
            self.refused[name] = error
            told = _WITHOUT[name]
        if told:
            shown, words = _SHOWN.get(name, name), error.said or error.message
            self.notes.append(f"{self._spec} refused {shown} ({error.status}: {words}): {told}")
        return bool(told)

    def _fewer_alternatives(self, error: Rejected, sent: Mapping[str, Any], name: str) -> str:
        top = sent.get(ALTERNATIVES, 0)
        numbers = [n for n in _numbers(error.said) if n < top]
        gone = name == "logprobs" and not numbers and bool(_GONE.search(error.said))
        smaller = [*sorted(numbers, reverse=True)[:1], *(n for n in SMALLER if n < top)]
        if smaller and not gone:
            self._top = smaller[0]
            return f"{self._top} alternatives a token are asked for instead of {top}"
        self.refused["logprobs"] = error
        return "choices are counted from samples, where the spec allows them"

    def _guess(self, sent: Mapping[str, Any]) -> str:
        """A refusal that names nothing may mean the alternatives, which endpoints limit most often:
        fewer are tried, once, and what does not help is taken back."""
        top = sent.get(ALTERNATIVES, 0)
        smaller = [n for n in SMALLER if n < top]
        if smaller and (self._guesses or not self._guessed):
            self._guessed = True
            self._guesses.append(len(self.notes))
            self._top = smaller[0]
            return f"{self._top} alternatives a token are asked for instead of {top}"
        if self._guesses:
            del self.notes[self._guesses[0] :]
            self._guesses.clear()
            self._top = None
        return ""

    def _other_limit(self, error: Rejected, sent: Mapping[str, Any]) -> str:
        here = next(name for name in LIMITS if name in sent)
        there = LIMITS[1 - LIMITS.index(here)]
        asked, numbers = sent[here], _numbers(error.said)
        if not self._swapped and (
            there in error.said or (_GONE.search(error.said) and not numbers)
        ):
            self._swapped, self._limit = True, there
            return f"{there} is sent instead"
        more, less = [n for n in numbers if n > asked], [n for n in numbers if n < asked]
        if more and _LEAST.search(error.said):
            self._least_tokens = min(more)
            return f"at least {self._least_tokens} tokens are allowed"
        if less:
            self._most_tokens = max(less)
            return f"at most {self._most_tokens} tokens are allowed: longer replies are cut"
        return ""

    def _warmer(self, error: Rejected, sent: Mapping[str, Any]) -> str:
        if sent["temperature"] == 0 and _LEAST.search(error.said):
            self._coldest = LEAST_TEMPERATURE
            return f"{LEAST_TEMPERATURE} is sent instead of 0"
        self.refused["temperature"] = error
        return (
            "replies are drawn at the endpoint's own temperature, also where the most likely one "
            "was asked for"
        )

    def _weaker_schema(self, sent: Mapping[str, Any], error: Rejected) -> str:
        form = sent["response_format"]
        which = form.get("json_schema", {}).get("name", "")
        this_one = "invalid schema" in error.said.casefold() and which
        at = _SCHEMA_FORMS.index(form["type"]) + 1
        self._form[which if this_one else ""] = at
        how = "as a JSON object" if at == 1 else "in words"
        return f"the schema is asked for {how}, and checked in the reply"


_WITHOUT = {
    "seed": "no seed is sent, so a rerun without the stored answers can differ",
    "n": "samples are asked for one by one",
    "top_p": "replies are drawn with the endpoint's own top_p",
    "system": "the system's words stand at the beginning of the question",
}


_SHOWN = {"limit": "the limit of tokens", "system": "the system role", "": "a request"}


def _named(error: ModelError, messages: Sequence[Message], sent: Mapping[str, Any]) -> str:
    """The parameter that a refusal is about, among those that were sent; empty for none."""
    there = {"limit", *sent}
    if any(message.role == "system" for message in messages):
        there.add("system")
    for text in (error.param, error.said):
        for name, pattern in _NAMES:
            if name in there and (text == name or pattern.search(text)):
                return name
    return ""


def _numbers(said: str) -> list[int]:
    return [int(n) for n in re.findall(r"(?<![\w.])\d{1,7}(?![\w])", said) if int(n) > 0]


def _shape(messages: Sequence[Message], fields: Mapping[str, Any]) -> str:
    """What of a request an endpoint may refuse: the names, and the values that have bounds."""
    values = {
        name: value
        for name, value in fields.items()
        if name not in ("model", "response_format", "seed", "stop", "chat_template_kwargs")
    }
    form = fields.get("response_format", {})
    named = (form.get("type"), form.get("json_schema", {}).get("name"))
    system = any(message.role == "system" for message in messages)
    return repr((sorted(values.items()), sorted(fields), named, system))


def _without_system(messages: list[Message]) -> list[Message]:
    """System turns at the beginning of the first user turn."""
    words = [message for message in messages if message.role == "system"]
    rest = [message for message in messages if message.role != "system"]
    at = next((i for i, message in enumerate(rest) if message.role == "user"), None)
    if not words or at is None:
        return messages
    before = "\n\n".join(message.text for message in words) + "\n\n"
    ours = all(message.own == len(message.text) for message in words)
    own = len(before) + rest[at].own if ours else 0
    rest[at] = rest[at].led_by(before, own)
    return rest
