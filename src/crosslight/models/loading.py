"""Whether an error says that a model is not there yet: its server starts, or loads it."""

import re

from crosslight.models.errors import ConnectionBroke, ModelError, NoConnection, ServerFault

READY_WAIT_S = 300.0
"""Seconds for which a model that loads is waited for, unless the user says otherwise."""
POLL_S, SLOWEST_POLL_S, LONGEST_POLL_S = 0.5, 5.0, 30.0
"""Pauses between two looks: the first, the longest of ours, and of the endpoint's wishes."""

_STARTING = frozenset({502, 503, 504})
_WORDS = re.compile(
    r"\bload(ing|ed)?\b|warm(ing)?.?up|start(ing|ed)? up|initiali[sz]|not (yet )?ready|is starting",
    re.IGNORECASE,
)


def is_loading(error: ModelError, *, refused_too: bool = False) -> bool:
    """Whether waiting can help where nothing has been answered yet.

    502, 503, 504 and a connection that breaks off are what llama.cpp, llama-swap, hosted models and
    proxies say meanwhile; so does a 500 that speaks of loading. A refused connection is as a rule a
    wrong address, so it is waited for with `refused_too` only.
    """
    if isinstance(error, NoConnection):
        return refused_too
    if isinstance(error, ConnectionBroke):
        return True
    if not isinstance(error, ServerFault):
        return False
    if error.inside:  # a router that is there hands on what one of its providers said
        return bool(_WORDS.search(error.said))
    return error.status in _STARTING or (error.status == 500 and bool(_WORDS.search(error.said)))


def poll_after(looks: int, error: ModelError) -> float:
    """Seconds to the next look, after so many: as the endpoint asks, within bounds."""
    ours = min(SLOWEST_POLL_S, POLL_S * 1.5**looks)
    return min(LONGEST_POLL_S, max(ours, error.retry_after or 0.0))
