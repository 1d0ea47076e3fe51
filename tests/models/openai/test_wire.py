"""What a hostile endpoint can count."""

from typing import Any

import pytest

from crosslight.models.openai.wire import Price, read_context, read_usage

NONE: list[Any] = [10**26, 2**53, 2**63, -1, True, False, 1.5, 1e300, "7", None, [1], {}]


@pytest.mark.parametrize(
    ("told", "read"),
    [
        *((n, n) for n in (0, 7, 2**53 - 1)),
        (10.0, 10),
        *((n, 0) for n in NONE),
        *((n, 0) for n in (float("inf"), float("nan"), -1.0)),
    ],
)
def test_a_count_is_a_whole_number_that_can_be(told: Any, read: int) -> None:
    usage = read_usage({"usage": {"prompt_tokens": told, "completion_tokens": told}}, Price(1, 1))
    assert (usage.prompt_tokens, usage.completion_tokens) == (read, read)
    assert type(usage.prompt_tokens) is int
    assert usage.cost_usd == 2 * read / 1e6
    assert (read_context({"data": [{"id": "m", "n_ctx": told}]}, "m") or 0) == read
