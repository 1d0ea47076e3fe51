"""Answer and reasoning apart: the forms of traces, and what is none."""

import asyncio
import time
from typing import Any

import pytest

from crosslight.models.errors import BadAnswer, Truncated
from crosslight.models.fake import FakeModel
from crosslight.models.fake.script import parse
from crosslight.models.message import user
from crosslight.models.openai.wire import read_answer
from crosslight.models.protocol import Answer
from crosslight.models.reasoning import split_reply

ANSWER = "No. It is a toy boat."


@pytest.mark.parametrize(
    "trace",
    [
        "<think>\nA boat?\n</think>\n\n",
        "\n <THINK>A boat?</THINK>",
        '<thinking effort="low">A boat?</thinking >\n',
        "< think >A boat?</ think >",
        "A boat?\n</think>\n\n",
        "So it is a boat?</think>",
        "It says 'boat'\n\n</thinking>",
        "<think>A <think>nested</think> boat?</think>",
        "<think>A boat?</think>\n<think>Yes.</think>",
        "<think>A boat?</think>Once more.</think>",
        "<think>\nWhat does a <think> tag mean here?\n</think>\n",
        "<thought>A boat?</thought>",
        "<reasoning>A boat?</reasoning>",
        "<seed:think>A boat?</seed:think>",
        "[THINK]A boat?[/THINK]",
        "\u25c1think\u25b7A boat?\u25c1/think\u25b7",
        "<|begin_of_thought|>A boat?<|end_of_thought|>",
    ],
)
def test_the_answer_stands_behind_the_trace(trace: str) -> None:
    reply = split_reply(trace + ANSWER)
    assert reply.answer == ANSWER
    assert reply.reasoning and not reply.open
    assert (trace + ANSWER)[reply.start :].strip() == ANSWER


@pytest.mark.parametrize(
    "text",
    [
        "Some models write <think> before they answer.",
        "Some models write <think>so</think> before they answer.",
        "The tag </think> ends a trace.",
        "Write `</think>` at the end.\nThat is all.",
        'The marks are "<think>" and "</think>".',
        "Here:\n```\n<think>\nA boat?\n</think>\n```\nThat is a trace.",
        '{"text": "a boat.</think>", "n": 1}',
        "I think <b>not</b>.",
        "[thinking] aloud is fine",
    ],
)
def test_an_answer_that_speaks_of_tags_is_whole(text: str) -> None:
    assert split_reply(text).answer == text
    assert not split_reply(text).reasoning


@pytest.mark.parametrize("empty", ["<think>\n\n</think>\n\n", "<think/>", "</think>"])
def test_a_trace_that_says_nothing_is_taken_off_and_is_none(empty: str) -> None:
    reply = split_reply(empty + ANSWER)
    assert (reply.answer, reply.reasoning, reply.open) == (ANSWER, "", False)


def test_a_later_trace_is_taken_out_where_it_stands_alone() -> None:
    assert split_reply("Well.\n<think>\nA boat?\n</think>\nNo.").answer == "Well.\n\nNo."
    shown = split_reply("<think>A boat?</think>Well. <think>Sure?</think>No.")
    assert (shown.answer, shown.reasoning) == ("Well. No.", "A boat?\n\nSure?")


@pytest.mark.parametrize("text", ["<think>Yes, it may", "<think>a</think>Well.\n<think>Yes"])
def test_an_open_trace_is_no_answer(text: str) -> None:
    reply = split_reply(text)
    assert reply.open and not reply.answer and reply.reasoning.endswith(("may", "Yes"))
    with pytest.raises(Truncated, match="thinking") as caught:
        reply.settled("stop")
    assert caught.value.hint


def test_hostile_replies_take_no_time() -> None:
    start = time.process_time()
    for text in ("<think>", "</think>", "`<think>", "<think>\n```\n", "<think>a</think>b", "< "):
        split_reply(text * 40_000)
    split_reply("<think" + " " * 300_000)
    assert time.process_time() - start < 5


def said(message: dict[str, Any], finish: str = "stop") -> Answer:
    return read_answer({"choices": [{"message": message, "finish_reason": finish}]}, None, None)


@pytest.mark.parametrize("name", ["reasoning", "reasoning_content", "thinking"])
def test_fields_of_servers_that_part_the_trace_themselves(name: str) -> None:
    answer = said({"content": ANSWER, name: "A boat?"})
    assert (answer.text, answer.reasoning) == (ANSWER, "A boat?")
    with pytest.raises(Truncated):
        said({"content": None, name: "A boat"}, "length")
    with pytest.raises(BadAnswer, match="put its answer into"):
        said({"content": None, name: ANSWER})


def test_parts_of_a_content_that_are_thoughts() -> None:
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "A boat?"}]},
        {"type": "text", "text": ANSWER},
    ]
    answer = said({"content": parts})
    assert (answer.text, answer.reasoning) == (ANSWER, "A boat?")


def test_json_behind_a_trace() -> None:
    schema = {"type": "object", "required": ["n"]}
    reply = {"choices": [{"message": {"content": '<think>Hm.</think>{"n": 3}'}}]}
    assert read_answer(reply, schema, None).parsed == {"n": 3}


def test_the_scripted_model_keeps_the_trace_apart() -> None:
    model = FakeModel(parse({"rules": [{"answer": "<think>Hm.</think>A toy."}]}))
    answer = asyncio.run(model.generate([user("What is it?")]))
    assert (answer.text, answer.reasoning) == ("A toy.", "Hm.")
