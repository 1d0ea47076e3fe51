"""How long an endpoint asks us to wait, as providers write it."""

import pytest

from crosslight.models.openai.waits import retry_after, seconds, wait_in_text

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("headers", "waits"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"Retry-After": "1m30s"}, 90.0),
        ({"Retry-After": "Tue, 14 Nov 2023 22:13:50 GMT"}, 30.0),
        ({"Retry-After": "inf"}, None),
        ({"RETRY-AFTER-MS": "250", "Retry-After": "9"}, 0.25),
        ({"x-ratelimit-reset-requests": "2m59.56s"}, 179.56),
        ({"x-ratelimit-reset-tokens": "120ms"}, 0.12),
        # Of two limits the one that is used up counts; where none says so, the nearer.
        (
            {
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "20s",
                "x-ratelimit-remaining-tokens": "800",
                "x-ratelimit-reset-tokens": "1h2m3s",
            },
            20.0,
        ),
        ({"x-ratelimit-reset-requests": "1h", "x-ratelimit-reset-tokens": "6s"}, 6.0),
        ({"X-RateLimit-Remaining": "900", "X-RateLimit-Reset": "1700086400"}, None),
        ({"X-RateLimit-Reset": "1700000012"}, 12.0),
        ({"X-RateLimit-Reset": "1700000012500"}, 12.5),
        ({"anthropic-ratelimit-tokens-reset": "2023-11-14T22:13:25Z"}, 5.0),
        ({"x-ratelimit-reset-requests": "soon"}, None),
        # LiteLLM passes on what the endpoint behind it said; its own word goes before.
        ({"llm_provider-retry-after": "Tue, 14 Nov 2023 22:13:50 GMT"}, 30.0),
        ({"llm_provider-x-ratelimit-reset-requests": "2s"}, 2.0),
        ({"LLM_Provider-Retry-After": "30", "Retry-After": "4"}, 4.0),
        ({}, None),
    ],
)
def test_headers(headers: dict[str, str], waits: float | None) -> None:
    assert retry_after(headers, NOW) == (waits if waits is None else pytest.approx(waits))


def test_texts() -> None:
    assert wait_in_text("Limit 3 / min. Please try again in 20s. Visit the site.") == 20.0
    assert wait_in_text("Please retry in 34.5s.") == 34.5
    assert wait_in_text("the limit is 20 requests") is None
    assert seconds("34.07s", NOW) == pytest.approx(34.07)
    assert seconds("-3", NOW) == 0.0
