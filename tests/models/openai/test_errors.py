"""Errors by what they say: bodies as providers write them, over HTTP."""

import json
from typing import Any

import pytest

from crosslight.models.errors import (
    ContentFiltered,
    Denied,
    Missing,
    ModelError,
    RateLimited,
    Refused,
    Rejected,
    ServerFault,
    Truncated,
)
from tests.models.openai.test_model import ASK, SCHEMA, against, caught, chat
from tests.models.ugly import always


def error(message: str = "no", **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


def in_choice(reason: str, **more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": "half an"}
    return {"choices": [{"index": 0, "message": message, "finish_reason": reason, **more}]}


ANSWERS: list[tuple[Any, type[ModelError], str]] = [
    # Routers: the code is the provider's status.
    (error("Upstream died", code=502), ServerFault, "Upstream died"),
    (error("slow down", code=429, metadata={"raw": "5 a minute"}), RateLimited, "5 a minute"),
    (error("Insufficient credits", code=402), Denied, "credits"),
    (error("No auth", code="401"), Denied, "No auth"),
    (error("flagged", code=403, metadata={"reasons": ["violence"]}), ContentFiltered, "flagged"),
    (error("no such model", code=404), Missing, "no such model"),
    (error("a bad field", code=400), Rejected, "a bad field"),
    ({"error": "model is overloaded"}, ServerFault, "overloaded"),
    ([{"error": {"code": 503, "status": "UNAVAILABLE", "message": "busy"}}], ServerFault, "busy"),
    ({"object": "error", "message": "engine died", "type": "x"}, ServerFault, "engine died"),
    ({"type": "error", "error": {"type": "rate_limit_error"}}, RateLimited, ""),
    ({"detail": "worker is gone"}, ServerFault, "worker is gone"),
    ({"code": "InvalidApiKey", "message": "Invalid API-key."}, Denied, "API-key"),
    ({"code": "DataInspectionFailed", "message": "bad"}, ContentFiltered, "bad"),
    # MiniMax.
    ({"base_resp": {"status_code": 1002, "status_msg": "RPM"}}, RateLimited, "RPM"),
    ({"base_resp": {"status_code": 1008, "status_msg": "poor"}, "choices": None}, Denied, "poor"),
    ({"base_resp": {"status_code": 1026, "status_msg": "new"}}, ContentFiltered, "new"),
    ({"base_resp": {"status_code": 1013, "status_msg": "oops"}}, ServerFault, "oops"),
    ({**in_choice("stop"), "output_sensitive": True}, ContentFiltered, ""),
    # Inside a choice, and by how it ended.
    (in_choice("error", error={"code": 502, "message": "cut off"}), ServerFault, "cut off"),
    (in_choice("error"), ServerFault, "finish reason error"),
    (in_choice("insufficient_system_resource"), ServerFault, "insufficient_system"),
    (in_choice("SAFETY"), ContentFiltered, "SAFETY"),
    (in_choice("content_filter: PROHIBITED_CONTENT"), ContentFiltered, "PROHIBITED"),
    (in_choice("sensitive"), ContentFiltered, "sensitive"),
    (
        in_choice("content_filter", content_filter_results={"hate": {"filtered": True}}),
        ContentFiltered,
        "hate",
    ),
]


@pytest.mark.parametrize(("body", "kind", "words"), ANSWERS)
def test_an_error_inside_a_200(body: Any, kind: type[ModelError], words: str) -> None:
    found = caught(always(json.dumps(body)), ModelError)
    assert type(found) is kind, found
    assert words in found.message
    assert found.hint or found.retryable


@pytest.mark.parametrize("more", [{}, {"error": None}, {"base_resp": {"status_code": 0}}])
def test_an_answer_with_an_empty_error_is_an_answer(more: dict[str, Any]) -> None:
    body = json.dumps({**json.loads(chat("fine")), "input_sensitive": False, **more})
    assert against(always(body), lambda m: m.generate(ASK)).text == "fine"


STATUSES: list[tuple[int, Any, type[ModelError]]] = [
    (400, error("Content Exists Risk"), ContentFiltered),
    (400, error("x", innererror={"code": "ResponsibleAIPolicyViolation"}), ContentFiltered),
    (400, error("x", code="data_inspection_failed"), ContentFiltered),
    (400, error("API key not valid. Please pass a valid API key."), Denied),
    (403, error("Content violates usage guidelines."), ContentFiltered),
    (403, error("Your account may not use this model"), Denied),
    (402, error("Insufficient Balance"), Denied),
    (429, error("You exceeded your current quota", type="insufficient_quota"), Denied),
    (429, error("quota", status="RESOURCE_EXHAUSTED"), RateLimited),
    (451, error("x", type="censorship_blocked"), ContentFiltered),
    (500, error("the safety system is down"), ServerFault),
    (529, {"type": "error", "error": {"type": "overloaded_error"}}, ServerFault),
    (400, error("maximum context length is 4096 tokens"), Rejected),
    (
        400,
        error("/chat/completions: Invalid model name passed in model=x. Call `/v1/models`"),
        Missing,
    ),
    (400, {"detail": "Server is pinned to 'tiny'; requested 'x'."}, Missing),
    (400, error("There are no healthy deployments for this model"), Missing),
    (429, error("No deployments available for selected model"), RateLimited),
    (400, error("Model Not Exist", type="invalid_request_error"), Missing),
    (400, error("x is not a valid model ID"), Missing),
    (400, error("The model `x` does not exist"), Missing),
    (400, error("Unknown model parameter: seed"), Rejected),
    (400, error("this model does not support logprobs"), Rejected),
    (400, error("No connected db.", type="no_db_connection", code="400"), Denied),
]


@pytest.mark.parametrize(("status", "body", "kind"), STATUSES)
def test_a_status_and_what_is_said(status: int, body: Any, kind: type[ModelError]) -> None:
    assert type(caught(always(json.dumps(body), status), ModelError)) is kind


def test_a_wait_in_the_body_is_read() -> None:
    retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}
    body = json.dumps([error("quota", code=429, details=[retry])])
    assert caught(always(body, 429), RateLimited).retry_after == 34
    body = json.dumps(error("Rate limit reached. Please try again in 1m2s.", code=429))
    assert caught(always(body), RateLimited).retry_after == 62


def test_what_is_said_is_bounded_and_names_the_field() -> None:
    detail = [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]
    found = caught(always(json.dumps({"detail": detail}), 422), Rejected)
    assert (found.param, found.said) == ("seed", "seed: Extra inputs are not permitted")
    found = caught(always(json.dumps(error("x\n" * 9000)), 400), Rejected)
    assert len(found.message) < 400 and "\n" not in found.message


def test_a_refusal_in_its_own_field_is_no_empty_answer() -> None:
    body = chat(None, refusal="I can't help with that.")

    async def use(model: Any) -> None:
        with pytest.raises(Refused, match="can't help"):
            await model.choose(ASK, ("Yes", "No"))
        assert (await model.generate(ASK)).text == "I can't help with that."

    against(always(body), use)


def test_the_usual_ends_of_other_makers() -> None:
    assert against(always(chat("Yes", "end_turn")), lambda m: m.generate(ASK)).finish == "stop"
    cut = caught(always(chat('{"verdict"', "MAX_TOKENS")), Truncated, schema=SCHEMA)
    assert not cut.retryable
