"""How calls are retried, and which faults a later run asks again."""

import hashlib
from dataclasses import dataclass

from crosslight.models import ModelError

STICKY = frozenset(
    {"content_filter", "refused", "rejected", "truncated", "bad_answer", "no_option"}
)
"""Faults that say something about the request: the same request would meet them again.

All others (unreachable, 5xx, 429, a refused key, a missing model) say something about the endpoint
or the set-up on that day, and are asked again by the next run.
"""


@dataclass(frozen=True, slots=True)
class CallPolicy:
    """Settings of all calls of a run; none of them is in a key.

    `attempts` bounds requests for one answer (bad answers: `bad_answer_attempts`); `timeout_s` is
    for one request; a `Retry-After` above `longest_wait_s` stops the run instead of waiting.
    A model that is not there yet is waited for `ready_wait_s` seconds; None: for the usual time
    where it loads, and not at all where nobody listens at its address. `retry_failed` asks again
    what an earlier run recorded as failed for good. `concurrency` fixes the limit, else it adapts
    up to `max_concurrency`.
    """

    timeout_s: float = 120.0
    attempts: int = 5
    bad_answer_attempts: int = 3
    backoff_s: float = 0.5
    backoff_max_s: float = 30.0
    longest_wait_s: float = 300.0
    ready_wait_s: float | None = None
    retry_failed: bool = False
    concurrency: int | None = None
    max_concurrency: int = 320
    seed: int = 0

    def may_retry(self, error: ModelError, attempt: int) -> bool:
        """Whether request number `attempt` (from 1) may be followed by another."""
        if not error.retryable:
            return False
        bound = self.bad_answer_attempts if error.kind == "bad_answer" else self.attempts
        return attempt < bound

    def delay(self, key: str, attempt: int, retry_after: float | None) -> float:
        """Seconds to wait after request number `attempt`: doubling, with seeded jitter.

        Never less than the endpoint asked for.
        """
        bound = min(self.backoff_max_s, self.backoff_s * 2.0 ** (attempt - 1))
        digest = hashlib.sha256(f"{self.seed}:{key}:{attempt}".encode()).digest()
        jitter = int.from_bytes(digest[:4], "big") / 2**32
        return max(retry_after or 0.0, bound * (0.5 + 0.5 * jitter))
