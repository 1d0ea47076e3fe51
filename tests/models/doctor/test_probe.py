"""Doctor's probe: what a model can do is found out, and nothing is raised."""

import asyncio
from typing import Any

import pytest
from aiohttp import web

from crosslight.models.doctor.probe import probe_model
from crosslight.models.doctor.report import Probe
from crosslight.models.errors import Missing, ServerFault
from crosslight.models.fake import FakeModel, FakeServer
from crosslight.models.fake import parse as script
from crosslight.models.message import Message
from crosslight.models.protocol import Model, Request
from tests.runs.moody import Moody, says


class Held:
    """A backend that opens a given model."""

    spec = "held"

    def __init__(self, model: Model | Exception) -> None:
        self.model = model

    async def open(self) -> Model:
        if isinstance(self.model, Exception):
            raise self.model
        return self.model


def lines(model: Any) -> dict[str, Probe]:
    told: list[Probe] = []
    found = asyncio.run(probe_model(model, on_line=told.append))
    assert tuple(told) == found
    for line in found:
        assert line.detail
        assert bool(line.follows) == bool(line.consequences) == (line.state != "ok")
    return {line.name: line for line in found}


def states(found: dict[str, Probe]) -> dict[str, str]:
    return {name: line.state for name, line in found.items()}


def test_an_able_endpoint() -> None:
    with FakeServer("echo") as fake:
        found = lines(fake.spec)
        assert fake.stats()["requests"] < 35
    assert set(states(found).values()) == {"ok"}
    assert "4/4" in found["pictures"].detail
    assert "blank" in found["pictures"].detail
    assert "32768" in found["context"].detail


def test_a_blind_endpoint_is_found_out() -> None:
    with FakeServer("blind") as fake:
        found = lines(fake.spec)
    assert found["pictures"].state == "no"
    assert "1/4" in found["pictures"].detail
    assert "judge" in found["pictures"].consequences
    assert found["logprobs"].state == "ok"


def test_acceptance_is_not_enforcement() -> None:
    with FakeServer("plain") as fake:
        found = states(lines(fake.spec))
    assert found["schema"] == "no"
    assert found["logprobs"] == "no"
    assert found["n"] == "no"
    assert found["pictures"] == "ok"


def test_passing_faults_do_not_make_a_model_unable() -> None:
    raw = {"faults": {"rate_limit": 0.2, "server_error": 0.2, "retry_after": 0.01, "at_most": 1}}
    with FakeServer(script(raw)) as fake:
        found = states(lines(fake.spec))
    assert "no" not in found.values()
    assert found["pictures"] == "ok"


@pytest.mark.parametrize(
    "spec", ["nonsense", "fake:none", "openai:m@http://127.0.0.1:9/v1", "gguf:none.gguf", "hf:x"]
)
def test_what_cannot_be_reached_is_one_line_with_a_hint(spec: str) -> None:
    found = lines(spec)
    assert states(found) == {"reach": "no"}
    assert found["reach"].hint


class Unlisted(FakeModel):
    """As an endpoint without `/models`."""

    async def count_replies(self, messages: list[Message], n: int) -> int:
        return n

    async def context_tokens(self) -> int | None:
        raise Missing("404 from /v1/models")


def test_an_endpoint_that_lists_no_models_has_an_unknown_context() -> None:
    found = lines(Held(Unlisted(script({}))))
    assert found["context"].state == "unknown" and "does not tell" in found["context"].detail


def test_nothing_is_raised() -> None:
    secret = "sk-secret"
    assert secret not in str(lines(Held(RuntimeError(secret))))

    def broken(request: Request) -> Any:
        raise RuntimeError(secret)

    found = lines(Held(FakeModel(broken)))
    assert states(found) == {"reach": "no"}
    assert secret not in str(found)


def test_a_model_that_breaks_later() -> None:
    def moody(request: Request) -> Any:
        if request.schema is not None or request.messages[-1].images:
            raise ServerFault("down", status=500)
        return "a duck"

    found = states(lines(Held(FakeModel(moody))))
    assert found["reach"] == "ok"
    assert found["pictures"] == "unknown"
    assert found["schema"] == "unknown"


def test_a_model_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crosslight.models.doctor.probe.PATIENCE_S", 0.1)

    async def deaf(request: Request) -> Any:
        await asyncio.sleep(60)

    assert states(lines(Held(FakeModel(deaf)))) == {"reach": "no"}


@pytest.mark.parametrize(
    ("form", "where"), [("tags", "in its text"), ("reasoning_content", "in a field")]
)
def test_a_model_that_thinks_is_told_and_its_verdicts_stand_behind_the_trace(
    form: str, where: str
) -> None:
    habits = {"trace": "Is it so? Yes. Or rather: No. Let me look again.", "trace_in": form}
    with FakeServer(script({"habits": habits})) as fake:
        found = lines(fake.spec)
    assert found["thinking"].state == "ok" and f"thinks {where}" in found["thinking"].detail
    assert found["logprobs"].state == "ok" and "2,048 tokens of room" in found["logprobs"].detail
    assert found["pictures"].state == "ok"


def test_a_trace_without_end_is_told() -> None:
    endless = {"habits": {"trace": "Let me see. " * 2000}}
    with FakeServer(script(endless)) as fake:
        found = lines(fake.spec)
    assert found["reach"].state == "no" and "thinking" in found["reach"].detail


def test_a_perceiving_model_is_asked_by_vectors() -> None:
    model = FakeModel("echo", generates=False)
    assert states(lines(Held(model))) == {"reach": "ok", "pictures": "ok", "embed": "ok"}

    blind = FakeModel(lambda request: [[1.0, 0.0]] * len(request.items), scene=True)
    assert states(lines(Held(blind)))["pictures"] == "no"


def test_a_loading_endpoint_is_waited_for_and_a_refused_parameter_is_told() -> None:
    def mood(body: dict[str, Any], number: int) -> web.Response | None:
        if number <= 2:
            return says(503, "Loading model")
        many = body.get("top_logprobs", 0) > 4
        return says(400, "top_logprobs: at most 4") if many else None

    with Moody(script({}), mood) as server:
        found = lines(server.spec)
    assert found["reach"].state == "ok" and found["logprobs"].state == "ok"
    assert "400: top_logprobs: at most 4" in found["refused"].detail


@pytest.mark.parametrize(
    ("yes", "no", "state", "said"),
    [
        (0.3, 0.7, "ok", "P(Yes) without a picture 0.300, 0.300, 0.300"),
        (0.01, 0.99, "no", "hardly a No lies below 0.7 times it"),
        (0.02, 0.03, "no", "outside Yes and No 0.950, 0.950, 0.950: it has none"),
    ],
)
def test_the_prior_of_a_judge_is_measured(yes: float, no: float, state: str, said: str) -> None:
    """With a prior of .01 debias 1 could reject nothing above .007, and nobody knew beforehand."""

    def model(request: Request) -> Any:
        blind = not any(message.images for message in request.messages)
        if request.kind == "choose" and blind and "visible" in request.messages[-1].text:
            return {"Yes": yes, "No": no}
        return {"Yes": 0.9, "No": 0.1} if request.kind == "choose" else "a duck"

    found = lines(Held(FakeModel(model)))["prior"]
    assert found.state == state and said in found.detail
    assert ("judge by the method paper: " in found.consequences) is (state == "no")
