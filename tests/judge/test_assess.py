"""Graded scenes: a grade is a distribution, and no answer is no grade."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from crosslight.flow import CallPolicy
from crosslight.judge.assess import AssessConfig, AssessJob, read_scale, run_assess
from crosslight.judge.step import Target
from crosslight.models.errors import ServerFault
from crosslight.models.fake import FakeModel
from crosslight.models.protocol import Choice, Request
from crosslight.policy.bounded import PolicyError
from crosslight.records import BadSetting
from crosslight.store import ImageStore
from tests.judge.simulated import picture

LETTERS = "ABCDEFGHIJK"


@dataclass(frozen=True)
class Handled:
    handler: Any
    spec: str = "fake:grader"

    async def open(self) -> FakeModel:
        return FakeModel(self.handler, name="grader")


def grades(**shares: float) -> dict[str, float]:
    return dict.fromkeys(LETTERS, 0.0) | shares


def test_grades_have_a_mean_a_spread_and_three_endings(tmp_path: Path) -> None:
    store = ImageStore(tmp_path / "images", fsync=False)
    photos = [store.put(picture(i)) for i in range(4)]

    def handler(request: Request) -> Any:
        photo = next(i.photo for m in request.messages for i in m.images)
        if request.task == "describe":
            return "A street with a car."
        assert request.messages[-2].text == "A street with a car."
        if photo == photos[0]:
            return Choice(grades(I=0.5, J=0.5), 0.02)
        if photo == photos[1]:
            return Choice(grades(A=0.5, K=0.5), 0.02)
        if photo == photos[2]:
            return Choice(grades(A=1.0), 0.8)
        raise ServerFault("down")

    job = AssessJob(
        [Target(p, f"{i}.jpg") for i, p in enumerate(photos)],
        tmp_path / "out",
        tmp_path / "a.sqlite",
        tmp_path / "images",
        Handled(handler),
        read_scale("crossing"),
        AssessConfig(addressed="off"),
        CallPolicy(attempts=1),
    )
    told = asyncio.run(run_assess(job)).summary
    assert told["grades"] == {"done": 1, "undecided": 2}
    assert told["failed"] == 1
    sure, torn, outside = pq.read_table(tmp_path / "out" / "assessed.parquet").to_pylist()
    assert (sure["status"], sure["grade"], sure["spread"]) == ("done", 8.5, 0.5)
    assert (torn["status"], torn["grade"], torn["spread"]) == ("undecided", 5.0, 5.0)
    assert outside["status"] == "undecided" and "no grade" in outside["reason"]
    assert len(json.loads(sure["distribution"])) == 11


def test_scales_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "scale.yaml"
    file.write_text("question: How slippery is the floor here?\nmarks: {0: dry, 10: ice}\n")
    assert read_scale(str(file)).lines[10] == ("K", 10, "ice")
    file.write_text("question: short\n")
    with pytest.raises(PolicyError):
        read_scale(str(file))
    file.write_text("question: short\nquestion: shorter\nmarks: {0: dry, 10: ice}\nmore: 1\n")
    with pytest.raises(PolicyError, match="2") as wrong:
        read_scale(str(file))
    assert "stands twice" in wrong.value.message and "more" in wrong.value.message
    assert "`marks`" in wrong.value.hint


def test_no_look_at_all_is_refused() -> None:
    with pytest.raises(BadSetting, match="looks is a number from 1"):
        AssessConfig(looks=0)
