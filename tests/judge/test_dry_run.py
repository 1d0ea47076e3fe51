"""What a dry run promises: the run asks no less than its lower end, no more than its upper."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from crosslight.flow import Budget, UnknownPrice
from crosslight.judge import JudgeConfig
from crosslight.judge.assess import AssessConfig, AssessJob, run_assess
from crosslight.judge.dry_run import estimate_assess, estimate_judge, fewest_questions
from crosslight.judge.methods import Asked, GuardFormat, PlannedRule
from crosslight.judge.scales import GENERAL
from crosslight.models import NotSupported, parse
from crosslight.models.fake import FakeModel
from crosslight.models.protocol import Choice, Request
from crosslight.runs import Intake
from tests.judge.running import job, put, run
from tests.judge.simulated import World, scenes

EVERYTHING, NOTHING, TORN = 0.99, 0.01, 0.5


class Moody(World):
    """The simulated world, but every score is the same. `torn` scores end in reasoning."""

    def __init__(self, images: Any, yes: float) -> None:
        super().__init__(images)
        self.yes = yes

    def _score(self, scene: Any, how: str, text: str) -> float:
        return 0.5 if scene is None else self.yes

    def __call__(self, request: Request) -> Any:
        if request.task == "guard" and request.kind == "generate":
            return '{"verdict": "unsafe"}'
        if request.task == "guard":
            return {"unsafe": self.yes, "safe": 1 - self.yes}
        if request.task == "summarise" and request.kind == "choose":
            return {"Yes": 0.5, "No": 0.5}
        return super().__call__(request)


CASES: list[dict[str, Any]] = [
    {},
    {"helpers": False},
    {"without": ("joint", "one_detection", "one_turn")},
    {"without": ("crop", "relevance")},
    {"without": ("alternatives", "floor", "crop_adds", "relevance")},
    {"method": "paper"},
    {"method": "paper", "without": ("debias2", "relevance")},
    {"eager": True},
    {"eager": True, "helpers": False},
    {"without": ("debias1",)},
    {"without": ("debias2", "relevance")},
    {"without": ("preconditions", "cascade")},
    {"addressed": "ask"},
    *({"method": m} for m in ("rule-yes-no", "prior-cot", "constitution-yes-no")),
    {"method": "constitution-cot", "helpers": False},
]


MORE = [pytest.param(world, marks=pytest.mark.slow) for world in (NOTHING, 1, 2)]


@pytest.mark.parametrize("world", ["true", EVERYTHING, TORN, *MORE])
@pytest.mark.parametrize("settings", CASES, ids=str)
def test_the_run_asks_no_more_and_no_less_than_the_dry_run_said(
    settings: dict[str, Any], world: Any, tmp_path: Path
) -> None:
    images = scenes(8, seed=world if isinstance(world, int) else 0)
    played = Moody(images, world) if isinstance(world, float) else World(images)
    made = job(images, tmp_path, world=played, **settings)
    told = asyncio.run(estimate_judge(made))
    result, _ = run(made)
    calls = result.summary["calls"]
    assert calls["failed"] == 0
    assert told.least <= calls["asked"] + calls["replayed"]
    assert calls["asked"] <= told.most
    assert told.rows == len(images)


@pytest.mark.parametrize("field", ["", "verdict"])
def test_a_guard_is_asked_once_an_image(field: str, tmp_path: Path) -> None:
    images = scenes(5)
    made = job(images, tmp_path, world=Moody(images, 0.7), method="guard")
    made = replace(made, guard=GuardFormat(field=field))
    told = asyncio.run(estimate_judge(made))
    assert told.least == told.most == run(made)[0].summary["calls"]["asked"] == 5


def test_where_all_is_asked_of_every_image_the_two_ends_meet(tmp_path: Path) -> None:
    made = job(scenes(4), tmp_path, method="prior-cot", addressed="ask", helpers=False)
    told = asyncio.run(estimate_judge(made))
    assert told.least == told.most == 4 * (2 + 1)


def test_images_that_are_not_read_yet_are_counted_unread(tmp_path: Path) -> None:
    made = job(scenes(2), tmp_path)
    folder = tmp_path / "photos"
    folder.mkdir()
    for scene in scenes(7):
        (folder / f"{scene.number}.jpg").write_bytes(scene.jpeg)
    assert asyncio.run(estimate_judge(replace(made, intake=Intake(folder)))).rows == 7
    assert asyncio.run(estimate_judge(replace(made, targets=()))).most == 0
    assert not made.out.exists()


def test_it_tells_what_is_left_out_and_what_may_come_on_top(tmp_path: Path) -> None:
    sampled = parse("openai:m@http://127.0.0.1:1/v1?price=1,2")
    made = job(scenes(3), tmp_path, judge=sampled, helpers=False)
    told = asyncio.run(estimate_judge(made))
    said = str(told)
    assert "3 rows: " in said and "at most x5 by --attempts" in said
    assert "--flip-test" in said and "8 samples" in said
    assert 0 < (told.least_usd or 0) < (told.most_usd or 0)
    # Known to count samples, the same calls may be more requests, and cost more.
    known = parse("openai:m@http://127.0.0.1:1/v1?price=1,2&lacks=logprobs")
    more = asyncio.run(estimate_judge(job(scenes(3), tmp_path, judge=known, helpers=False)))
    assert more.least == told.least and more.most > told.most
    assert (more.most_usd or 0) > (told.most_usd or 0)


def test_it_refuses_what_the_run_would_refuse(tmp_path: Path) -> None:
    blind = parse("openai:m@http://127.0.0.1:1/v1?lacks=images")
    with pytest.raises(NotSupported):
        asyncio.run(estimate_judge(job(scenes(2), tmp_path, judge=blind)))
    priceless = parse("openai:m@http://127.0.0.1:1/v1")
    made = replace(job(scenes(2), tmp_path, judge=priceless), budget=Budget(usd=1.0))
    with pytest.raises(UnknownPrice):
        asyncio.run(estimate_judge(made))


def test_the_fewest_questions_of_a_rule() -> None:
    def rule(*widths: int) -> int:
        asked = Asked("x", (), "p", "r", "s")
        assert fewest_questions(PlannedRule("r", "t", (((asked,) * 3,),)), together=True) == 1
        return fewest_questions(PlannedRule("r", "text", (tuple((asked,) * w for w in widths),)))

    assert rule(1) == rule(1, 3) == rule(1, 2, 3) == 1
    assert rule(3) == 1 and rule(3, 1) == 2
    assert rule(3, 3, 1) == 3


@dataclass(frozen=True)
class Grader:
    """Describes and grades."""

    spec: str = "fake:grader"

    async def open(self) -> FakeModel:
        return FakeModel(self._answer, name="grader")

    @staticmethod
    def _answer(request: Request) -> Any:
        if request.task == "describe":
            return "A street."
        if request.task == "addresses":
            return {"Yes": 0.1, "No": 0.9}
        return Choice(dict.fromkeys("ABCDEFGHIJK", 0.0) | {"A": 1.0}, 0.0)


@pytest.mark.parametrize("addressed", ["off", "ask"])
def test_grading_takes_exactly_what_was_said(addressed: str, tmp_path: Path) -> None:
    targets = put(scenes(5), tmp_path / "images")
    made = AssessJob(
        targets,
        tmp_path / "out",
        tmp_path / "a.sqlite",
        tmp_path / "images",
        Grader(),
        GENERAL,
        AssessConfig(addressed=addressed),
    )
    told = asyncio.run(estimate_assess(made))
    calls = asyncio.run(run_assess(made)).summary["calls"]
    assert told.least == told.most == calls["asked"] == 5 * (2 + (addressed == "ask")) + 1


def test_reading_print_is_a_call_of_the_reader(tmp_path: Path) -> None:
    made = replace(job(scenes(3), tmp_path), config=JudgeConfig(addressed="ocr"))
    told = asyncio.run(estimate_judge(made))
    assert [line.most for line in told.lines if line.step == "read print"] == [3]
