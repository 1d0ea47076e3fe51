"""One small family of errors, with a machine-readable class and a hint for people."""

from typing import Any

from crosslight.records import CrosslightError

EMPTY = "the answer is empty"
"""How the message of an `EmptyAnswer` begins: by it a stored one is known again."""


class ModelError(CrosslightError):
    """A model could not answer. `kind` is a stable name that tables group by.

    `retryable` says whether the same call can succeed later; `status` is the HTTP status where
    there was one; `retry_after` is seconds that the endpoint asked for; `said` are its own words
    (bounded, without keys), and `param` the field of the request that it names;
    `inside`: it stood in a response of status 200, whose server was there.
    """

    kind = "model_error"
    retryable = False

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        status: int | None = None,
        retry_after: float | None = None,
        said: str = "",
        param: str = "",
        inside: bool = False,
    ) -> None:
        super().__init__(message, hint)
        self.inside = inside
        self.status = status
        self.retry_after = retry_after
        self.said = said
        self.param = param


class BadSpec(ModelError):
    """The spec string names no model."""

    kind = "bad_spec"


class Missing(ModelError):
    """A file, key, package or model is not there."""

    kind = "missing"


class NotSupported(ModelError):
    """The model cannot do what the step needs (no images, no log-probabilities ...)."""

    kind = "not_supported"


class Unreachable(ModelError):
    """No answer: connection refused, reset or timed out."""

    kind = "unreachable"
    retryable = True


class NoConnection(Unreachable):
    """Nobody listens there: the address is wrong, or the server is not up."""


class ConnectionBroke(Unreachable):
    """Somebody took the connection and let it go without an answer."""


class RateLimited(ModelError):
    """The endpoint asked us to slow down (429)."""

    kind = "rate_limited"
    retryable = True


class ServerFault(ModelError):
    """The endpoint failed (5xx)."""

    kind = "server_fault"
    retryable = True


class Rejected(ModelError):
    """The endpoint refused the request itself (4xx): asking again does not help."""

    kind = "rejected"


class Denied(ModelError):
    """Wrong or missing key (401, 403)."""

    kind = "denied"


class ContentFiltered(ModelError):
    """The endpoint's filter stopped the answer. Neither safe nor unsafe."""

    kind = "content_filter"


class Refused(ModelError):
    """The model itself declined where a JSON answer was asked for. Neither safe nor unsafe."""

    kind = "refused"


class Truncated(ModelError):
    """The answer hit the token limit."""

    kind = "truncated"
    remedy = (
        "?thinking=off in an openai: spec leaves the thinking out; "
        "`crosslight bench --max-tokens N` and `crosslight judge --reason-tokens N` allow more"
    )


class BadAnswer(ModelError):
    """An answer came, but it is empty or does not have the form that was asked for.

    `said` is the reply where there was one: a model that says the same again is not asked on."""

    kind = "bad_answer"
    retryable = True


class EmptyAnswer(BadAnswer):
    """Nothing came where a text was asked for."""

    def __init__(self, more: str = "", *, hint: str = "") -> None:
        super().__init__(EMPTY + more, hint=hint)


class NoOption(BadAnswer):
    """None of the options is among the likely first tokens: no verdict. Asking again gives the
    same, so it is not paid for twice."""

    kind = "no_option"
    retryable = False

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        text: str = "",
        samples: int = 0,
        room: int = 0,
        reasoning: str = "",
        **told: Any,
    ) -> None:
        super().__init__(message, hint=hint, **told)
        self.text = text
        """The words that the model said instead."""
        self.samples = samples
        """Replies that were counted; 0: its tokens were read."""
        self.room = room
        self.reasoning = reasoning
        """See `Choice`."""
