"""What calls will cost, before they are made."""

from typing import Any

import pytest

from crosslight.flow import CallPlan, estimate_calls, sample_notes, samples_of
from crosslight.flow.estimate import CostGuess, prompt_tokens
from crosslight.models.fake import FakeModel
from crosslight.models.message import user
from crosslight.models.protocol import ModelCard, Request, Sampling
from crosslight.records import ImageView

PAID = ModelCard("openai:m@u", "m", endpoint="u", usd_per_million_in=2.0, usd_per_million_out=8.0)
UNKNOWN = ModelCard("openai:x@u", "x", endpoint="u")
FREE = ModelCard("fake:x", "x")


def test_an_estimate_is_a_range_of_calls_and_dollars() -> None:
    plans = [
        CallPlan("canary", PAID, 4, 4, shared=True),
        CallPlan("imagine", PAID, 0, 1, text_tokens=500, images=1, completion_tokens=200),
        CallPlan("check", PAID, 1, 3, text_tokens=100),
    ]
    told = estimate_calls(1000, plans)
    assert (told.least, told.most) == (4 + 1000, 4 + 1000 + 3000)
    short, check = 4 * 1 * 8 / 1e6, (100 * 2 + 8) / 1e6
    assert told.least_usd == pytest.approx(short + 1000 * check)
    imagine = (2100 * 2 + 200 * 8) / 1e6
    assert told.most_usd == pytest.approx(short + 1000 * imagine + 3000 * check)


def test_the_table_ends_in_one_line_that_says_all() -> None:
    told = estimate_calls(45, [CallPlan("a", FREE, 1, 9)], attempts=5, notes=["by the way"])
    assert str(told).splitlines()[-2:] == [
        "45 rows: 45 to 405 calls, 0.00 usd; retries after faults come on top "
        "(at most x5 by --attempts); less what is stored already",
        "by the way",
    ]
    assert "45 - 405" in str(told)


def test_a_step_without_calls_is_no_line_and_an_unknown_price_no_number() -> None:
    told = estimate_calls(10, [CallPlan("a", UNKNOWN, 1, 1), CallPlan("b", PAID, 0, 0)])
    assert [line.step for line in told.lines] == ["a"]
    assert told.least_usd is None and told.most_usd is None
    assert "10 rows: 10 calls, unknown usd" in str(told)


def test_choices_counted_from_samples_may_be_a_request_for_each_and_cost_them_all() -> None:
    one, many = (CallPlan("c", PAID, 1, 1, text_tokens=100, samples=k) for k in (0, 8))
    plain, sampled = estimate_calls(10, [one]), estimate_calls(10, [many])
    assert (plain.most, sampled.least, sampled.most) == (10, 10, 80)
    assert (sampled.most_usd or 0) > 8 * (plain.most_usd or 0)


def test_a_model_that_counts_samples_says_so() -> None:
    def open_as(**can: Any) -> FakeModel:
        return FakeModel("echo", name="m", **can)

    assert sample_notes([open_as()]) == []
    (sure,) = sample_notes([open_as(logprobs=False, samples=8)])
    (perhaps,) = sample_notes([open_as(samples=8)])
    assert "up to 8 samples" in sure and "should fake:m turn out" in perhaps
    assert samples_of(open_as(logprobs=False, samples=8)) == 8
    assert samples_of(open_as(samples=8)) == 0


def test_a_guess_learns_from_what_calls_cost() -> None:
    guess = CostGuess(PAID)
    view = ImageView("a", "r", b"")
    request = Request("generate", "t", (user("x" * 350, view),), sampling=Sampling(max_tokens=100))
    assert prompt_tokens(request) == 1100
    assert guess.of(request) == pytest.approx((1100 * 2 + 100 * 8) / 1e6)
    for _ in range(8):
        guess.saw("t", 0.001)
    assert guess.of(request) == pytest.approx(0.0012)


def test_a_first_choice_is_reserved_with_all_the_samples_that_it_may_take() -> None:
    request = Request("choose", "t", (user("x" * 350),), options=("Yes", "No"))
    assert CostGuess(PAID, 8).of(request) == pytest.approx(8 * CostGuess(PAID).of(request))
