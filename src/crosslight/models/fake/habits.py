"""What real endpoints do besides answering, as data: a script names it for a model or a rule."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

Refusable = Literal[
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "seed",
    "n",
    "stop",
    "logprobs",
    "top_logprobs",
    "response_format",
    "stream",
    "system",
    "chat_template_kwargs",
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Says(_Part):
    """A response in place of an answer: an error, a page of a gateway, a broken connection.

    In header values, `{date+S}` is the HTTP date and `{epoch+S}` the Unix time in S seconds.
    """

    status: int = Field(default=200, ge=200, le=599)
    json_: Any = Field(default=None, alias="json")
    text: str | None = None
    """A body that is no JSON (sent as HTML)."""
    headers: dict[str, str] = {}
    drop: bool = False
    """The connection breaks instead."""
    first: int = Field(default=0, ge=0)
    """Only the first requests for this model; 0: all."""
    every: int = Field(default=1, ge=1)
    """Only each k-th request for this model."""

    def now(self, number: int) -> bool:
        """Whether request `number` (from 1) for this model gets it."""
        return number % self.every == 0 and (not self.first or number <= self.first)


class Habits(_Part):
    """How an endpoint answers. Everything left out is as OpenAI's own does it.

    Checked in this order: `loading_s`, `says`, `refuses` and its kin; then the answer is made, and
    dressed by the rest.
    """

    loading_s: float = Field(default=0.0, ge=0)
    """503 "Loading model" for so many seconds from the start of the server."""
    says: Says | None = None
    refuses: tuple[Refusable, ...] = ()
    """Parameters that get a 400 (`temperature`: any but 1; `system`: a system turn)."""
    refuses_with: Literal[400, 422] = 400
    """422: in the form of FastAPI servers, with a `detail` list."""
    top_limit: int | None = Field(default=None, ge=0)
    """More `top_logprobs` than this get a 400."""
    pictures: Literal["any", "url", "data"] = "any"
    """The only form of picture that is taken."""
    stream: Literal["asked", "only", "always", "breaks"] = "asked"
    """`only`: 400 without `stream`; `always`: also unasked; `breaks`: ends in the middle."""
    closes: bool = False
    """The connection is closed behind each response, which does not say so (llama.cpp's streams,
    uvicorn after a fault of its application): a second request over it breaks."""

    sees: bool = True
    answers: tuple[str, ...] = ()
    """Given in turn, instead of the script's answer, where no schema is asked for."""
    trace: str = ""
    """What the model writes to itself before it answers."""
    trace_in: Literal["tags", "closing", "reasoning_content", "reasoning"] = "tags"
    """`closing`: the opening tag stood in the prompt."""
    trace_ends: bool = True
    room: int | None = Field(default=None, ge=0)
    """A request for fewer tokens ends in the trace; without it, its own length decides."""
    wrap: str = "{answer}"
    """What stands around JSON."""
    trailing_comma: bool = False
    bold: bool = False
    """`**answer**`"""
    answer_in: Literal["content", "reasoning_content", "reasoning", "refusal"] = "content"
    """The field of the answer; the content is null where it is another."""
    cut: int | None = Field(default=None, ge=0)
    """Characters after which the answer is cut, with finish reason `length`."""
    finish: str | None = None
    logprobs: Literal["asked", "null", "no_top", "legacy"] = "asked"
    """`no_top`: chosen tokens without alternatives; `legacy`: the form of old completions."""
    first_token: dict[str, float | None] | None = None
    """Alternatives of the answer's first token as they are sent; null: a null logarithm."""
    honours_n: bool = True
    usage: bool = True

    @field_validator("wrap")
    @classmethod
    def _holds_the_answer(cls, value: str) -> str:
        if value.count("{answer}") != 1:
            raise ValueError("must hold {answer} once")
        return value
