"""JSON as models write it: the wrapping is read leniently, the value strictly."""

import time
from typing import Any

import pytest

from crosslight.models.errors import BadAnswer
from crosslight.models.json_reply import LONGEST, is_bare
from crosslight.models.schema import parse_json

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "hazard": {"enum": ["fire", "none"]},
        "why": {"type": "string"},
        "steps": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["hazard"],
    "additionalProperties": False,
}
FIRE = '{"hazard": "fire"}'
NONE = '{"hazard": "none"}'


@pytest.mark.parametrize(
    "reply",
    [
        f"```JSON\n{FIRE}\n```",
        f"~~~ json\n{FIRE}\n~~~",
        f"````Json5\n{FIRE}\n````",
        f"Here is the JSON you asked for:\n```json\n{FIRE}\n```\nAnything else? {{smile}}",
        f"Sure! {FIRE}",
        f"json\n{FIRE}<|im_end|>",
        f"\ufeff{FIRE}",
        f"<|begin_of_box|>{FIRE}<|end_of_box|>",
        '{"hazard": "fire",}',
        '{"hazard": "fire" , \n }',
        rf"\boxed{{{FIRE}}}",
        f"{{{FIRE}}}",
        f"<think>Not {NONE}?</think>\n{FIRE}",
        f"<Thinking>\n{NONE}\n</Thinking>\n\n```\n{FIRE}\n```",
        f"{FIRE}\n\n{FIRE}",
        f'As [1] says of {{"yes", "no"}}: {FIRE}',
        f'From {{"source": "a photo", "page": 2}} it follows: {FIRE}',
    ],
)
def test_the_one_object_is_taken(reply: str) -> None:
    assert parse_json(reply, SCHEMA) == {"hazard": "fire"}
    assert not is_bare(reply)


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        ('"why": "```json } ] {,} ``` \\" </think>"', {"why": '```json } ] {,} ``` " </think>'}),
        ('"why": "a\nraw line"', {"why": "a\nraw line"}),
        ('"steps": ["look,]", "go",],', {"steps": ["look,]", "go"]}),
    ],
)
def test_what_stands_in_a_text_is_left_alone(rest: str, told: dict[str, Any]) -> None:
    assert parse_json(f'{{"hazard": "fire", {rest}}}', SCHEMA) == {"hazard": "fire", **told}


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (f"{FIRE} or {NONE}", "2 JSON values"),
        (f"{FIRE}\n```json\n{NONE}\n```", "2 JSON values"),
        (f'{FIRE}, at first {{"hazard": "perhaps"}}', "2 JSON values"),
        ('{"hazard": "fire", "hazard": "none"}', "'hazard' twice"),
        ('{"hazard": "fire", "hazard": "fire"}', "'hazard' twice"),
        ('{"hazard": NaN}', "NaN"),
        ('{"hazard": -Infinity}', "Infinity"),
        ('{"hazard": 1e999}', "no number"),
        ('{"hazard": ' + "9" * 400 + "}", "300 digits"),
        ('{"hazard": "fire", "why": "\\ud83d"}', "half a character"),
        (f"[{FIRE}]", "not of type 'object'"),
        (f'{{"answer": {FIRE}}}', "breaks its schema"),
        (f'{{"draft": oops, "x": {FIRE}}}', "broken"),
        (f"{{hazard: 'none', 'or': {FIRE}}}", "broken"),
        (f'{{"hazard": "none", "or": {FIRE}', "not JSON"),
        ('{"hazard": "fi', "not JSON"),
        ('{"hazard": "fire",,}', "not JSON"),
        ("{,}", "not JSON"),
        ("", "not JSON"),
        (f"<think>{FIRE}", "without an end"),
        ("[" * 65 + FIRE + "]" * 65, "64 deep"),
        (f"{FIRE}{' ' * LONGEST}{NONE}", "characters"),
        ("[1] " * 300 + FIRE, "256 JSON values"),
    ],
)
def test_what_can_be_read_in_two_ways_or_none_is_refused(reply: str, why: str) -> None:
    with pytest.raises(BadAnswer, match=why) as caught:
        parse_json(reply, SCHEMA)
    assert caught.value.hint
    assert caught.value.said == reply


@pytest.mark.parametrize(
    "piece",
    ['{"', "[", '{"a":', "{ ", '{"a",', "[[1],", '{"a":1,', '"', "\\", '{"\\{', "<think>", '{"a" ',
     "{}}", "{", "{ }", '{"a":"\\"', "[1,"],
)  # fmt: skip
def test_hostile_replies_take_linear_time(piece: str) -> None:
    def seconds(length: int) -> float:
        reply = (piece * length)[:length]
        start = time.process_time()
        with pytest.raises(BadAnswer):
            parse_json(reply, SCHEMA)
        return time.process_time() - start

    assert seconds(LONGEST) < 20 * max(seconds(LONGEST // 8), 0.02)


def test_a_bare_reply_is_bare() -> None:
    assert is_bare(FIRE) and is_bare(f"\n {FIRE} ")
    assert not is_bare('{"hazard": "fire",}') and not is_bare('{"why": "a\nb"}')
