"""What calls will cost, before they are made."""

import pytest

from crosslight.flow import (
    CallPlan,
    estimate_calls,
)
from crosslight.flow.estimate import CostGuess, prompt_tokens
from crosslight.models.message import user
from crosslight.models.protocol import ModelCard, Request, Sampling
from crosslight.records import ImageView

PAID = ModelCard("openai:m@u", "m", endpoint="u", usd_per_million_in=2.0, usd_per_million_out=8.0)
UNKNOWN = ModelCard("openai:x@u", "x", endpoint="u")


def test_an_estimate_in_calls_tokens_and_dollars() -> None:
    plans = [CallPlan("imagine", PAID, 1, 1500, 200), CallPlan("judge", UNKNOWN, 2.5, 900, 1)]
    known, unknown = estimate_calls(1000, plans[:1]), estimate_calls(1000, plans)
    assert known.calls == 1000 and known.usd == pytest.approx(3.0 + 1.6)
    assert (unknown.calls, unknown.usd) == (3500, None)
    assert "1,000" in str(known) and "unknown" in str(unknown)


def test_a_guess_learns_from_what_calls_cost() -> None:
    guess = CostGuess(PAID)
    view = ImageView("a", "r", b"")
    request = Request("generate", "t", (user("x" * 350, view),), sampling=Sampling(max_tokens=100))
    assert prompt_tokens(request) == 1100
    assert guess.of(request) == pytest.approx((1100 * 2 + 100 * 8) / 1e6)
    for _ in range(8):
        guess.saw("t", 0.001)
    assert guess.of(request) == pytest.approx(0.0012)
