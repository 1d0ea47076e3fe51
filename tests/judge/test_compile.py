"""Compiling with a scripted model: scores are averaged, rounds are bounded, history is kept."""

import asyncio
from typing import Any

from crosslight.judge.compile import CompileConfig, compile_policy
from crosslight.models.fake import FakeModel
from crosslight.models.protocol import Request
from crosslight.policy.compiled import differences, policy_warnings
from crosslight.policy.constitution import parse_constitution
from crosslight.text import last_fenced

POLICY = parse_constitution(
    {
        "title": "T",
        "rules": [
            {"id": "pose", "text": "No suggestive poses, please."},
            {"id": "count", "text": "No more than three people."},
        ],
    }
)


def handler(request: Request) -> Any:
    """Scores soft words low, with one point of noise; rewords step by step."""
    whole = request.messages[-1].text
    text = whole.partition("<<<RULE")[2].partition("RULE")[0] or last_fenced(whole)
    if request.task == "objectiveness":
        base = 5 if "suggestive" in text else 7 if "wide" in text else 9
        noise = (0, 1, -1)[(request.sampling.seed or 0) % 3] if base < 9 else 0
        return {"explanation": "it depends", "score": base + noise}
    if request.task == "rewrite":
        assert "it depends" in whole
        if "suggestive" in text:
            return {"text": "No wide spread of legs."}
        return {"text": "No legs spread by more than 90 degrees."}
    if request.task == "preconditions":
        first, second = ["a person", "a mannequin"], ["legs spread by more than 90 degrees"]
        return {"preconditions": [{"alternatives": first}, {"alternatives": second}]}
    return {"words": ["legs", "legs"] if "legs" in text else ["person"]}


def test_a_rule_is_reworded_until_it_reaches_nine() -> None:
    model = FakeModel(handler, name="compiler")
    told: list[str] = []
    compiled = asyncio.run(compile_policy(model, POLICY, tell=told.append))
    pose, count = compiled.rules
    assert [d.text for d in pose.history] == [
        "No suggestive poses, please.",
        "No wide spread of legs.",
        "No legs spread by more than 90 degrees.",
    ]
    assert pose.history[0].scores == (5, 6, 4)
    assert (pose.text, pose.objectiveness) == (pose.history[-1].text, 9)
    assert count.history == () and count.text == "No more than three people."
    assert [q.see for q in pose.chain[0].any] == ["a person", "a mannequin"]
    assert pose.chain[1].any[0].words == ("legs",)
    assert len(told) == 2
    assert differences(POLICY, compiled) == []
    assert policy_warnings(POLICY, compiled) == []


def test_rounds_are_bounded_and_the_best_wording_wins() -> None:
    def never(request: Request) -> Any:
        if request.task == "objectiveness":
            return {
                "explanation": "taste",
                "score": 8 if "better" in request.messages[-1].text else 4,
            }
        if request.task == "rewrite":
            turn = request.sampling.seed or 0
            return {"text": ("a better wording " if turn == 0 else "a worse wording ") + str(turn)}
        return handler(request)

    model = FakeModel(never, name="stubborn")
    compiled = asyncio.run(compile_policy(model, POLICY, CompileConfig(rounds=3)))
    rule = compiled.rules[0]
    assert len(rule.history) == 4
    assert (rule.text, rule.objectiveness) == ("a better wording 0", 8)
    assert any("below 9" in line for line in policy_warnings(POLICY, compiled))
