"""The policy-flip test, and guards by their own formats."""

import asyncio
from pathlib import Path
from typing import Any

from crosslight.judge import JudgeConfig
from crosslight.judge.policy_flips import flip_test
from crosslight.models.protocol import Request
from crosslight.records.verdict import Finding, Status
from tests.judge.running import job, run
from tests.judge.simulated import World, picture, scenes
from tests.judge.two_rules import Handled, two_rules


def test_the_policy_flip_test(tmp_path: Path) -> None:
    images = scenes(48)
    made = job(images, tmp_path, world=World(images, 0.0), without=("relevance",))
    _, verdicts = run(made)
    flips = asyncio.run(flip_test(made, verdicts))
    assert flips.asked == 24
    assert flips.flipped == 24
    stubborn = job(images, tmp_path, out="stubborn", method="prior-yes-no")
    _, verdicts = run(stubborn)
    flips = asyncio.run(flip_test(stubborn, verdicts, ["r0"]))
    assert flips.stayed > flips.flipped  # it judges by its own taste


def test_a_guard_model_by_a_policy_file(tmp_path: Path) -> None:
    from dataclasses import replace

    from crosslight.judge import GuardFormat

    def handler(request: Request) -> Any:
        assert request.options == ("Unsafe", "Safe")
        assert request.messages[-1].text == "My own policy."
        return {"Unsafe": 0.9, "Safe": 0.1}

    made = two_rules(
        tmp_path,
        [picture(1)],
        Handled(handler),
        config=JudgeConfig(method="guard", addressed="off"),
    )
    guard = GuardFormat("My own policy.", "Unsafe", "Safe")
    _, verdicts = run(replace(made, guard=guard))
    assert verdicts[0].status is Status.UNSAFE
    assert verdicts[0].rules[0].finding is Finding.VIOLATED
