"""What is no answer: an endpoint that is broken must not become the safest responder."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from crosslight.api import tune_judge
from crosslight.models import parse
from crosslight.models.errors import BadAnswer, NotSupported
from crosslight.models.fake import FakeModel, FakeServer
from crosslight.prefer.answered import same_text
from crosslight.prefer.answers import no_reply
from crosslight.prefer.asking import check_roles, responder_roles, responders_of
from crosslight.prefer.contests import all_fine
from crosslight.prefer.rates import responder_rates
from crosslight.records import BadSetting, Failed
from tests.prefer.scripted import (
    GUARD_RULES,
    NO_HARM,
    PLAIN,
    graded,
    items_of,
    questions,
    replies,
    script,
)
from tests.tune.judge.family import rows, write

SPANISH = "Lo siento, no puedo ayudar con eso porque no es una buena idea para todos."
NO_ANSWERS = {
    "mute": ({"error": "empty"}, "answer_empty"),
    "short": ({"answer": "Sure! A good ad starts with", "error": "cut"}, "answer_cut"),
    "abroad": ({"answer": SPANISH}, "answer_language"),
    "error": ({"answer": "API RetryError occurred."}, "answer_error"),
    "filtered": ({"error": "content_filter"}, "answer_filtered"),
}


def test_a_guard_that_calls_all_safe_makes_no_broken_responder_safe(tmp_path: Path) -> None:
    rules = [replies(name, **rule) for name, (rule, _) in NO_ANSWERS.items()]
    good = replies("good", answer="I would not do that. Ask them first, and tell them why.")
    names = ("good", *NO_ANSWERS)
    with FakeServer(script(*rules, good, *GUARD_RULES, NO_HARM)) as server:
        results = graded(tmp_path, server, questions(tmp_path, 4), *names)
        asked_of_guard = server.stats()["requests"] - 4 * len(names)
    items = items_of(results)
    assert len(items) == 4
    assert asked_of_guard == 4 * 4, "only the good one's replies are read by the guard"
    for item in items:
        told = [reply.outcome for reply in item.answers]
        assert told == ["", *(outcome for _, outcome in NO_ANSWERS.values())]
        assert [reply.responder.spec.split("@")[0] for reply in item.comparable] == ["openai:good"]
    rates = responder_rates(items, [a.responder for a in items[0].answers], PLAIN)
    assert [one.ranked for one in rates] == [True, *[False] * len(NO_ANSWERS)]
    assert rates[0].safe is not None and rates[0].safe.value == 1.0
    assert all(one.coverage == 0 and one.as_json()["safe"] is None for one in rates[1:])
    # Asked, perhaps billed, and nobody says for how much.
    assert all(one.asked == one.unpriced == 4 for one in rates[1:])


def test_an_empty_reply_is_told_by_its_class_also_out_of_the_store(tmp_path: Path) -> None:
    rules = (replies("mute", error="empty"), replies("good", answer="Ask first."), *GUARD_RULES)
    asked = questions(tmp_path, 1)
    with FakeServer(script(*rules, NO_HARM)) as server:
        for _ in range(2):
            (item,) = items_of(graded(tmp_path, server, asked, "good", "mute"))
            assert item.answers[1].outcome == "answer_empty"
        assert server.stats()["requests"] == 6, "the second time out of the store"
    words = BadAnswer("the field 'empty' of the answer is not of its schema")
    told = no_reply(item.answers[1], words)
    assert (told.outcome, told.status) == ("failed", "failed")


def test_a_responder_that_is_down_has_failed_and_is_not_safe(tmp_path: Path) -> None:
    rules = (
        replies("good", answer="I would rather ask them first, and leave it if they mind."),
        replies("down", error="server_error"),
        *GUARD_RULES,
        NO_HARM,
    )
    asked = questions(tmp_path, 3)
    with FakeServer(script(*rules)) as server:
        items = items_of(graded(tmp_path, server, asked, "good", "down"))
        only = graded(tmp_path / "alone", server, questions(tmp_path / "alone", 2), "down")
    assert [[one.status for one in item.answers] for item in items] == [["done", "failed"]] * 3
    down = items[0].answers[1]
    assert down.safe is None and down.retryable and down.error.startswith("server_fault")
    _, rate = responder_rates(items, [a.responder for a in items[0].answers], PLAIN)
    assert (rate.ranked, rate.coverage, rate.outcomes) == (False, 0.0, {"failed": 3})
    ends = [result.leaves[0].outcome for result in only]
    assert all(isinstance(end, Failed) and end.step == "answers" for end in ends)


def test_what_was_answered_is_known_by_whom_how_and_for_how_much(tmp_path: Path) -> None:
    rules = (replies("good", answer="Better ask them."), *GUARD_RULES, NO_HARM)
    with FakeServer(script(*rules)) as server:
        (item,) = items_of(graded(tmp_path, server, questions(tmp_path, 1), "good"))
    (reply,) = item.answers
    assert reply.question_id == item.question.id
    assert reply.responder.spec.startswith("openai:good@")
    assert reply.responder.decoding == "temperature=0 max_tokens=512"
    assert (reply.finish, reply.words) == ("stop", 3)
    assert reply.prompt_tokens > 0 and reply.completion_tokens > 0
    assert reply.decided_by.startswith("openai:guard@")
    assert reply.cost is None, "its price is not known, and so it is not free"
    (rate,) = responder_rates([item], [reply.responder], PLAIN)
    assert rate.as_json()["cost_usd"] is None
    priced = replace(item, answers=(replace(reply, cost=0.25),))
    assert responder_rates([priced], [reply.responder], PLAIN)[0].cost == 0.25
    silent = replace(reply, text="", safe=None, cost=None, prompt_tokens=0, completion_tokens=0)
    failed = replace(item, answers=(replace(silent, outcome="failed"),))
    for unknown in (failed, item):
        told = responder_rates([priced, unknown], [reply.responder], PLAIN)[0].as_json()
        assert (told["cost_usd"], told["cost_told_usd"], told["cost_unknown"]) == (None, 0.25, 1)
    assert all_fine(priced, PLAIN)
    unread = replace(item, answers=(replace(reply, refuses=None),))
    assert not all_fine(unread, PLAIN), "whether it refuses is not known"


def test_a_responder_is_named_once() -> None:
    assert responder_roles(["hf:a", "hf:b"]) == {"responder 1": "hf:a", "responder 2": "hf:b"}
    with pytest.raises(BadSetting, match="twice"):
        responder_roles(["hf:a", "hf:b", "hf:a"])
    twins = {f"responder {at}": FakeModel("echo", name="same", images=True) for at in (1, 2)}
    with pytest.raises(BadSetting, match="two responders are"):
        responders_of(twins, PLAIN)


def test_responders_keep_their_order_beyond_nine() -> None:
    models = {f"responder {at}": FakeModel("echo", name=f"m{at}") for at in range(1, 13)}
    assert [one.spec for one in responders_of(models, PLAIN)] == [
        f"fake:m{at}" for at in range(1, 13)
    ]


def test_a_head_is_told_before_any_call_that_it_cannot_be_the_guard(tmp_path: Path) -> None:
    """It knows one question of a guard's four: without the others no reply is sorted out."""
    table = write(tmp_path / "t.jsonl", rows())
    assert tune_judge([table], tmp_path / "head", store=tmp_path / "store").status == "complete"
    head = asyncio.run(parse(f"tuned:{tmp_path / 'head'}").open())
    with pytest.raises(NotSupported, match="cannot be the guard") as told:
        check_roles({"guard": head}, writes=False)
    assert "reads the photo right" in told.value.message and "--base hf:" in told.value.hint
    with pytest.raises(NotSupported, match="cannot be the responder: a head says"):
        check_roles({"responder 1": head}, writes=False)


def test_a_model_that_takes_no_picture_plays_no_role() -> None:
    blind = FakeModel("echo", name="blind", images=False)
    with pytest.raises(NotSupported, match="cannot be the guard") as told:
        check_roles({"guard": blind}, writes=True)
    assert told.value.hint
    check_roles({"author": blind, "guard": FakeModel("echo", name="sees")}, writes=False)
    with pytest.raises(NotSupported, match="cannot be the author"):
        check_roles({"author": blind}, writes=True)


def test_the_same_reply_in_other_clothes() -> None:
    assert same_text("Ask her first.", "  ask **her** first!")
    assert not same_text("Ask her first.", "Ask him first.")
