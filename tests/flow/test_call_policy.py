"""How calls are retried, and which faults are."""

from hypothesis import given
from hypothesis import strategies as st

from crosslight.flow import (
    CallPolicy,
)
from crosslight.models.errors import BadAnswer, Rejected, ServerFault


@given(st.text(max_size=8), st.integers(1, 60), st.floats(0, 500))
def test_delays_are_bounded_seeded_and_heed_the_endpoint(
    key: str, attempt: int, retry_after: float
) -> None:
    policy = CallPolicy(seed=1)
    delay = policy.delay(key, attempt, None)
    assert 0.25 <= delay <= 30
    assert delay == policy.delay(key, attempt, None)
    assert policy.delay(key, attempt, retry_after) >= retry_after


def test_which_faults_are_retried() -> None:
    policy = CallPolicy(attempts=5, bad_answer_attempts=3)
    assert policy.may_retry(ServerFault(""), 4) and not policy.may_retry(ServerFault(""), 5)
    assert policy.may_retry(BadAnswer(""), 2) and not policy.may_retry(BadAnswer(""), 3)
    assert not policy.may_retry(Rejected(""), 1)
