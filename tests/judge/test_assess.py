"""Graded scenes: a grade is a distribution, and no answer is no grade."""

import asyncio
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from crosslight.flow import CallPolicy
from crosslight.judge import grading
from crosslight.judge.assess import AssessConfig, AssessJob, run_assess
from crosslight.judge.grade_agreement import quadratic_kappa
from crosslight.judge.grading import Bounds, Letters
from crosslight.judge.scales import LETTERS, read_scale
from crosslight.judge.step import Target
from crosslight.models.errors import ContentFiltered, NoOption, NotSupported, ServerFault
from crosslight.models.fake import FakeModel
from crosslight.models.protocol import Choice, Request
from crosslight.policy.bounded import PolicyError
from crosslight.records import BadSetting
from crosslight.store import ImageStore
from tests.judge.simulated import picture


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
        seen = [i.photo for m in request.messages for i in m.images]
        if not seen:
            return Choice(dict.fromkeys(LETTERS, 1 / 11), 0.02)
        (photo,) = seen
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


@pytest.mark.parametrize(
    ("marks", "why"),
    [
        ("{0: dry, 10: ice, 11: worse}", "there is no grade 11"),
        ("{-1: dry, 0: damp, 10: ice}", "there is no grade -1"),
        ("{0: dry, 5: wet}", "nothing says what grade 10 means"),
        ("{5: wet, 10: ice}", "nothing says what grade 0 means"),
        ("{0: dry, 5: Very  wet, 10: very wet}", "grades 5 and 10 mean the same"),
        ("{}", "nothing says what grade 0 means"),
    ],
)
def test_marks_that_cannot_be_right_are_refused(tmp_path: Path, marks: str, why: str) -> None:
    file = tmp_path / "scale.yaml"
    file.write_text(f"question: How slippery is the floor here?\nmarks: {marks}\n")
    with pytest.raises(PolicyError, match=why):
        read_scale(str(file))


FOND = grades(F=0.9, A=0.05, K=0.05)
"""Of a model that says the middle whatever it is asked."""


@pytest.mark.parametrize(
    ("shown", "prior", "without", "grade", "reason"),
    [
        (FOND, Choice(FOND, 0.0), (), 5.0, "spread"),  # the image changed nothing
        (FOND, Choice(FOND, 0.0), ("debias",), 5.0, ""),
        (grades(F=0.6, I=0.4), Choice(FOND, 0.0), (), 7.95, ""),
        (grades(F=0.6, I=0.4), Choice(FOND, 0.9), (), 6.2, ""),  # a prior of no mass is not used
        (grades(F=0.6, I=0.4), Choice(FOND, 0.0, samples=10), (), 6.2, ""),
        (grades(F=0.6, I=0.4), NoOption("none", text="I see none"), (), 6.2, ""),
        (grades(F=0.6, I=0.4), ContentFiltered("no"), (), 6.2, ""),
        (dict.fromkeys(LETTERS, 1 / 11), Choice(FOND, 0.0), ("debias",), 5.0, "spread"),
        (
            grades(**dict.fromkeys("BCDEFGHIJ", 1 / 9)),
            Choice(FOND, 0.0),
            ("debias", "describe"),
            5.0,
            "nearly even",
        ),
    ],
)
def test_what_is_said_without_the_image_is_taken_off(
    tmp_path: Path,
    shown: dict[str, float],
    prior: Any,
    without: tuple[str, ...],
    grade: float,
    reason: str,
) -> None:
    def handler(request: Request) -> Any:
        if request.task == "describe":
            assert "describe" not in without
            return "A street."
        if any(message.images for message in request.messages):
            return Choice(shown, 0.0)
        assert "debias" not in without
        assert len(request.messages) == 1
        if isinstance(prior, Exception):
            raise prior
        return prior

    row = run_one(tmp_path, handler, AssessConfig(addressed="off", without=without))
    assert row["grade"] == pytest.approx(grade, abs=0.02)
    assert row["status"] == ("undecided" if reason else "done")
    assert reason in row["reason"]
    used = prior == Choice(FOND, 0.0) and "debias" not in without
    assert bool(row["prior"]) == used
    assert json.loads(row["shown"]) == {
        str(at): round(shown[letter], 6) for at, letter in enumerate(LETTERS)
    }
    assert bool(row["notes"]) == (not used and "debias" not in without)


def test_a_grader_with_favourites_agrees_better_without_them() -> None:
    """Simulated: what the image says, and a liking for 5 and for the first letter beside it."""
    rng = np.random.default_rng(0)
    liking = np.zeros(11)
    liking[[0, 5]] = 3.0, 4.0
    truths = rng.integers(0, 11, 200)
    bare, debiased = [], []
    for truth in truths:
        says = -((np.arange(11) - truth - rng.normal(0, 0.7)) ** 2) / 8
        shown, prior = (Letters(softmax(z), 0.0) for z in (says + liking, liking))
        bare.append(grading.graded(shown, None, Bounds()).mean)
        debiased.append(grading.graded(shown, prior, Bounds()).mean)
    kappas = [
        found.value
        for grades in (bare, debiased)
        if (found := quadratic_kappa(np.stack([grades, truths * 1.0], axis=1))[0])
    ]
    assert kappas[0] < 0.85 and kappas[1] > 0.92


def softmax(z: Any) -> tuple[float, ...]:
    shares = np.exp(z - z.max())
    return tuple((shares / shares.sum()).tolist())


def test_a_server_that_is_down_at_the_prior_is_a_failure_not_a_bare_grade(tmp_path: Path) -> None:
    def handler(request: Request) -> Any:
        if request.task == "describe":
            return "A street."
        if any(message.images for message in request.messages):
            return Choice(grades(A=1.0), 0.0)
        raise ServerFault("down")

    assert run_on_one(tmp_path, handler, AssessConfig(addressed="off")) == []
    (lost,) = pq.read_table(tmp_path / "out" / "failed.parquet").to_pylist()
    assert "down" in str(lost)


def run_one(folder: Path, handler: Any, config: AssessConfig, scale: str = "general") -> Any:
    """The row of one picture."""
    (row,) = run_on_one(folder, handler, config, scale)
    return row


def run_on_one(
    folder: Path, handler: Any, config: AssessConfig, scale: str = "general"
) -> list[Any]:
    """The rows of a run on one picture."""
    store = ImageStore(folder / "images", fsync=False)
    judge: Any = handler if hasattr(handler, "open") else Handled(handler)
    job = AssessJob(
        [Target(store.put(picture(0)), "0.jpg")],
        folder / "out",
        folder / "a.sqlite",
        folder / "images",
        judge,
        read_scale(scale),
        config,
        CallPolicy(attempts=1),
    )
    asyncio.run(run_assess(job))
    rows: list[Any] = pq.read_table(folder / "out" / "assessed.parquet").to_pylist()
    return rows


def box(label: str, side: float, score: float = 0.9) -> list[Any]:
    return [label, score, [0.0, 0.0, side, side]]


@pytest.mark.parametrize(
    ("things", "grade", "told"),
    [
        ([box("car", 0.2), box("person", 0.1)], 5.8, "car (1), person (1)"),
        ([box("bus", 0.9), box("car", 0.1)], 8.0, "car (1), bus (1)"),
        ([box("traffic light", 0.1)], 5.0, "traffic light (1)"),
        ([box("car", 0.5, 0.3)], None, "nothing of traffic"),  # an unsure box is no car
        ([], None, "nothing of traffic"),
        (None, None, "Not seen by this model"),
    ],
)
def test_perception_warns_at_a_crossing_and_never_clears(
    tmp_path: Path, things: Any, grade: float | None, told: str
) -> None:
    scene: dict[str, Any] = {"tags": [], "text": []}
    scene["safety"] = {"safe": 1.0, "sexual": 0.0, "graphic": 0.0}
    if things is not None:
        scene["things"] = things

    def handler(request: Request) -> Any:
        assert request.task == "scene"
        return scene

    row = run_one(tmp_path, Seeing(handler), AssessConfig(addressed="off"), "crossing")
    assert row["grade"] == (None if grade is None else pytest.approx(grade))
    assert row["status"] == ("undecided" if grade is None else "done")
    assert row["description"].startswith("Not seen by this model: the colour of a light")
    assert told in row["description"]
    assert row["method"] == "perception"
    assert "not measured" in row["notes"][0]


def test_perception_grades_on_no_other_scale(tmp_path: Path) -> None:
    with pytest.raises(NotSupported, match="sees traffic alone") as wrong:
        run_one(tmp_path, Seeing(lambda _: ""), AssessConfig(addressed="off"))
    assert "--scale crossing" in wrong.value.hint


@dataclass(frozen=True)
class Seeing(Handled):
    """As the embedded model: it says what it sees, and chooses nothing."""

    async def open(self) -> FakeModel:
        model = FakeModel(self.handler, name="perception")
        model.capabilities = replace(model.capabilities, scene=True)
        return model


def test_a_part_that_is_none_is_refused() -> None:
    with pytest.raises(BadSetting, match="'prior' is no part of assess"):
        AssessConfig(without=("prior",))


def test_no_look_at_all_is_refused() -> None:
    with pytest.raises(BadSetting, match="looks is a number from 1"):
        AssessConfig(looks=0)
