"""Verdicts over the wire: what is not known stays unknown, and a model that thinks is heard out."""

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from crosslight.models.doctor.probe import probe_model
from crosslight.models.errors import NoOption, NotSupported, Truncated
from crosslight.models.message import user
from crosslight.models.protocol import Choice
from crosslight.models.spec import parse

Body = Mapping[str, Any]
Says = Callable[[Body], Mapping[str, Any]]
TRACE = "Is it? Yes. Or: No."


def listed(*tokens: Sequence[tuple[str, float | None]], own: str = "") -> dict[str, Any]:
    """Log-probabilities of a reply: for each token its alternatives, the first was taken."""
    content = []
    for top in tokens:
        logs = [{"token": t, "logprob": p if p is None else math.log(p)} for t, p in top]
        content.append({**logs[0], "bytes": None, "top_logprobs": logs})
    return {"content": content}


def alone(token: str, p: float, listing: Any = ()) -> dict[str, Any]:
    return {"content": [{"token": token, "logprob": math.log(p), "top_logprobs": listing}]}


@asynccontextmanager
async def endpoint(says: Says) -> Any:
    """A server that answers by a function; yields its spec and the bodies that it got."""
    bodies: list[Body] = []

    async def chat(request: web.BaseRequest) -> web.Response:
        if not request.path.endswith("/chat/completions"):
            return web.json_response({"error": {"message": "no"}}, status=404)
        body = await request.json()
        bodies.append(body)
        reply = dict(says(body))
        message = {"role": "assistant", "content": reply.pop("content", "Yes")}
        message |= reply.pop("message", {})
        choice = {"index": 0, "message": message, "finish_reason": "stop", **reply}
        return web.json_response({"model": "m", "choices": [choice] * body.get("n", 1)})

    runner = web.ServerRunner(web.Server(chat), shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"openai:m@http://127.0.0.1:{runner.addresses[0][1]}/v1", bodies
    finally:
        await runner.cleanup()


def chosen(says: Says, options: str = "") -> tuple[Choice, list[Body]]:
    """The choice between Yes and No, and what was sent for it."""

    async def ask() -> tuple[Choice, list[Body]]:
        async with endpoint(says) as (spec, bodies):
            model = await parse(spec + options).open()
            try:
                return await model.choose([user("Is it?")], ("Yes", "No")), bodies
            finally:
                await model.aclose()

    return asyncio.run(ask())


def told(says: Says) -> str:
    """What doctor says of the log-probabilities."""

    async def ask() -> str:
        async with endpoint(says) as (spec, _):
            lines = {line.name: line for line in await probe_model(spec)}
            return f"{lines['logprobs'].state}: {lines['logprobs'].detail}"

    return asyncio.run(ask())


UNUSABLE: dict[str, tuple[Says, str]] = {
    "the sampled token only": (
        lambda body: {"logprobs": alone("Yes", 0.7) if body.get("logprobs") else None},
        "without alternatives",
    ),
    "one that lists itself": (
        lambda body: {"logprobs": listed([("Yes", 0.7)]) if body.get("logprobs") else None},
        "without alternatives",
    ),
    "null": (lambda body: {"logprobs": None}, "left out"),
    "an empty list": (lambda body: {"logprobs": {"content": []}}, "left out"),
    "all certain": (lambda body: {"logprobs": listed([("Yes", 1), ("No", 1)])}, "sum to 2"),
    "numbers of tokens": (
        lambda body: {"logprobs": listed([("token_id:9454", 0.6), ("token_id:2753", 0.3)])},
        "by their numbers",
    ),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_cannot_be_used_is_counted_and_doctor_says_the_same(name: str) -> None:
    says, why = UNUSABLE[name]
    choice, bodies = chosen(says)
    assert (choice.method, choice.samples, choice.room) == ("samples", 8, 0)
    assert why in choice.why
    assert len(bodies) == 2
    if name in ("the sampled token only", "null", "all certain"):
        line = told(says)
        assert why in line and line.startswith("no: ")


def test_without_samples_a_lone_token_gives_an_interval() -> None:
    choice, _ = chosen(lambda body: {"logprobs": alone("Yes", 0.7)}, "?samples=0")
    assert choice.method == "logprobs"
    assert choice.interval("Yes") == pytest.approx((0.7, 1.0))
    assert choice.interval("No") == pytest.approx((0.0, 0.3))
    assert (choice.outside_mass, choice.unknown_mass) == pytest.approx((0.0, 0.3))
    assert sum(choice.probabilities.values()) == pytest.approx(1)
    with pytest.raises(NotSupported, match="left out"):
        chosen(lambda body: {}, "?samples=0")


def test_a_missing_option_has_at_most_the_smallest_that_is_listed() -> None:
    top = [("Yes", 0.5), ("Maybe", 0.2), ("It", 0.05)]
    choice, _ = chosen(lambda body: {"logprobs": listed(top)})
    assert choice.interval("Yes") == pytest.approx((0.5 / 0.55, 1.0))
    assert choice.unknown_mass == pytest.approx(0.05)
    assert choice.outside_mass == pytest.approx(0.45)
    assert choice.best == "Yes"


def test_a_short_list_that_could_go_either_way_names_no_best_option() -> None:
    top = [("Yes", 0.3), ("Maybe", 0.3)]
    choice, _ = chosen(lambda body: {"logprobs": listed(top)})
    assert choice.interval("Yes")[0] == pytest.approx(0.5)
    assert choice.best is None


def test_null_and_minus_infinity_beside_an_option() -> None:
    def says(body: Body) -> Mapping[str, Any]:
        top = [("Yes", 0.0), ("No", -9999.0), ("Hm", None)]
        logs = [{"token": t, "logprob": p} for t, p in top]
        return {"logprobs": {"content": [{**logs[0], "top_logprobs": logs}]}}

    choice, _ = chosen(says)
    assert choice.method == "logprobs"
    assert choice.probabilities == {"Yes": pytest.approx(1), "No": pytest.approx(0)}
    assert choice.unknown_mass == 0


@pytest.mark.parametrize(
    "names",
    [
        ("bytes:Yes", "bytes:No"),
        (r"bytes:\x59\x65\x73", r"bytes:\x4e\x6f"),
        ("\u0120Yes", "\u0120No"),
    ],
)
def test_tokens_in_bytes_and_with_marks(names: tuple[str, str]) -> None:
    choice, bodies = chosen(lambda b: {"logprobs": listed([(names[0], 0.6), (names[1], 0.3)])})
    assert choice.probabilities["Yes"] == pytest.approx(2 / 3)
    assert choice.outside_mass == pytest.approx(0.1)
    assert len(bodies) == 1


def test_the_older_form_of_log_probabilities() -> None:
    top = {"Yes": math.log(0.7), "No": math.log(0.2)}
    block = {"tokens": ["Yes"], "token_logprobs": [math.log(0.7)], "top_logprobs": [top]}
    choice, _ = chosen(lambda body: {"logprobs": block})
    assert choice.probabilities["Yes"] == pytest.approx(7 / 9)


@pytest.mark.parametrize("lead", ["**", '"', "\n\n", " ", "Y"])
def test_what_leads_up_to_the_answer_is_followed(lead: str) -> None:
    words = ("es", "ep") if lead == "Y" else ("Yes", "No")
    first = [(lead, 0.9), ("The", 0.06), ("No", 0.04)]
    then = [(words[0], 0.8), (words[1], 0.2)]

    def says(body: Body) -> Mapping[str, Any]:
        whole = body["max_tokens"] > 1
        return {"content": lead + words[0], "logprobs": listed(first, *([then] if whole else []))}

    choice, bodies = chosen(says)
    no = 0.04 + (0 if lead == "Y" else 0.9 * 0.2)
    assert choice.probabilities["Yes"] == pytest.approx(0.72 / (0.72 + no), abs=0.06)
    assert choice.best == "Yes" and choice.outside_mass < 0.3
    assert (choice.method, choice.room, len(bodies)) == ("logprobs", 0, 2)


def test_the_words_that_came_instead_are_kept() -> None:
    said = "I cannot tell from here."
    with pytest.raises(NoOption) as caught:
        chosen(lambda b: {"content": said, "logprobs": listed([("I", 0.9), ("We", 0.1)])})
    assert caught.value.text == said
    top = [("Maybe", 0.9), ("Yes", 0.06), ("No", 0.04)]
    choice, _ = chosen(lambda body: {"content": "Maybe", "logprobs": listed(top)})
    assert choice.outside_mass == pytest.approx(0.9) and choice.said == "Maybe"


def thinker(
    *, form: str = "tags", logprobs: bool = True, whole: bool = True, times: int = 1
) -> Says:
    """A model that writes a trace before `Yes`, in pieces of one word."""

    def says(body: Body) -> Mapping[str, Any]:
        opening = "<think>" if form == "tags" else ""
        trace = [
            piece for piece in (opening, *TRACE.split(" ") * times, "</think>", "\n\n") if piece
        ]
        taken = [*trace, "Yes"][: body["max_tokens"]]
        tops: list[Any] = [[(piece, 0.99), ("Hm", 0.01)] for piece in taken]
        if taken[-1] == "Yes":
            tops[-1] = [("Yes", 0.7), ("No", 0.2), ("Hm", 0.1)]
        reply: dict[str, Any] = {"content": " ".join(taken)}
        reply["finish_reason"] = "stop" if taken[-1] == "Yes" else "length"
        if form == "field":
            answer = "Yes" if taken[-1] == "Yes" else None
            reply |= {"content": answer, "message": {"reasoning": " ".join(taken[:-1]) or "Is"}}
        if form != "field":
            tops = [[(f" {t}" if at else t, p) for t, p in top] for at, top in enumerate(tops)]
        if logprobs and body.get("logprobs"):
            reply["logprobs"] = listed(*(tops if whole else tops[:1]))
        return reply

    return says


@pytest.mark.parametrize("form", ["tags", "closing", "field"])
def test_probabilities_are_read_behind_the_trace(form: str) -> None:
    choice, bodies = chosen(thinker(form=form))
    assert choice.probabilities["Yes"] == pytest.approx(7 / 9)
    assert choice.outside_mass == pytest.approx(0.1)
    assert (choice.method, choice.samples, choice.room) == ("logprobs", 0, 2048)
    assert len(bodies) == 2 and bodies[1]["max_tokens"] > 2048


@pytest.mark.parametrize("form", ["tags", "closing", "field"])
@pytest.mark.parametrize("logprobs", [False, True])
def test_else_samples_are_counted_with_room(form: str, logprobs: bool) -> None:
    choice, _ = chosen(thinker(form=form, logprobs=logprobs, whole=False))
    assert choice.probabilities["Yes"] == 1.0
    assert (choice.method, choice.samples, choice.room) == ("samples", 8, 2048)
    assert choice.why


def test_room_is_a_setting() -> None:
    with pytest.raises(Truncated):
        chosen(thinker(times=9), "?room=3")
    with pytest.raises(NoOption):
        chosen(thinker(), "?room=0&samples=0")
    choice, bodies = chosen(thinker(), "?room=300")
    assert choice.room == 300 and bodies[-1]["max_tokens"] == 316
