"""Thresholds of all kinds over a judge that answers by chance: what is read anew is what a run
under them finds, or undecided because something was not asked."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from crosslight.judge import rethreshold_run
from crosslight.judge.config import Thresholds
from crosslight.judge.tables import read_verdicts
from crosslight.models.fake import FakeModel
from crosslight.models.protocol import Choice, Request
from crosslight.records import Finding, Verdict
from crosslight.text import last_fenced
from tests.judge.levels import Levels, job
from tests.judge.running import run
from tests.judge.simulated import chance

MOVED: list[dict[str, float]] = [
    {"alpha1": -0.8},
    {"alpha2": 0.3},
    {"beta": 0.2},
    {"small_area": 0.2},
    {"absent_below": 0.3},
    {"absent_below": 0.0},
    {"joint_below": 0.6},
    {"box_confidence": 0.4},
    {"crop_confidence": 0.05},
    {"box_max": 0.99},
    {"present_above": 0.5},
    {"outside_max": 0.2},
    {"score_cut": 0.3},
    {"score_cut": 0.9},
]


class Chance(Levels):
    """Answers by chance, boxes of all sizes; half of all answers are low, as they are in life."""

    async def open(self) -> FakeModel:
        return FakeModel(self, name="chance")

    def __call__(self, request: Request) -> Any:
        text = last_fenced(request.messages[-1].text) or request.messages[-1].text
        images = [image for message in request.messages for image in message.images]
        place = (images[0].photo, images[0].recipe) if images else ("none",)
        sees = [line.removeprefix("- ") for line in text.splitlines() if line]
        luck = max(chance(see, *place) for see in sees)
        if request.task == "detect":
            words = [w.strip() for line in text.splitlines() for w in line.split(";")]
            return {"boxes": [box for w in words for box in boxes(images[0].photo, w)]}
        if request.task == "reason":
            return "I look."
        if request.task in ("weigh", "summarise"):
            rated = {"rationale": "so", "rating": "Yes" if luck > 0.7 else "No"}
            return {"thought": "I look.", **rated} if request.task == "weigh" else rated
        yes = max(
            chance(see, *place) ** (4 if chance(see, *place, "low") < 0.6 else 1) for see in sees
        )
        outside = 0.35 * (chance(text, *place, "outside") < 0.2)
        return Choice({"Yes": yes, "No": 1 - yes}, outside)


def boxes(photo: str, word: str) -> list[dict[str, Any]]:
    if chance(photo, word, "box") < 0.4:
        return []
    left, size = chance(photo, word, "left") / 2, 0.02 + 0.5 * chance(photo, word, "size") ** 2
    side = {"left": left, "top": left, "right": left + size, "bottom": left + size}
    return [{"word": word, **side, "confidence": round(chance(photo, word, "sure"), 2)}]


def judged(
    folder: Path, images: int, method: str, without: tuple[str, ...], **moved: float
) -> list[Verdict]:
    made = job(images, folder, 0.3, 1.0, method=method, without=without)
    photos = [target.photo for target in made.targets]
    played = Chance(photos, 0.3, 1.0)
    config = made.config.changed(moved, ())
    _, verdicts = run(replace(made, judge=played, detector=played, config=config))
    return verdicts


@pytest.mark.parametrize(
    ("images", "method", "without"),
    [
        (4, "clue-2", ()),
        pytest.param(24, "clue-2", (), marks=pytest.mark.slow),
        pytest.param(24, "paper", (), marks=pytest.mark.slow),
        pytest.param(24, "clue-2", ("debias1", "joint"), marks=pytest.mark.slow),
    ],
)
def test_what_is_read_anew_is_what_a_run_finds_or_open(
    tmp_path: Path, images: int, method: str, without: tuple[str, ...]
) -> None:
    """With 24 images it is red where reasoning about a crop is read as about the whole."""
    before = judged(tmp_path / "first", images, method, without)
    for at, moved in enumerate(MOVED):
        fresh = judged(tmp_path / str(at), images, method, without, **moved)
        for out, source, values, wanted in (
            ("there", "first", moved, fresh),
            ("back", str(at), back(moved), before),
        ):
            if "score_cut" in moved and out == "back":
                continue
            made = tmp_path / f"{at}-{out}"
            rethreshold_run(tmp_path / source / "run", made, values)
            for v, other in zip(read_verdicts(made), wanted, strict=True):
                for rule, real in zip(v.rules, other.rules, strict=True):
                    told = rule.reason + "".join(e.reading.test for e in rule.evidence)
                    lacking = rule.finding is Finding.UNDECIDED and "not asked" in told
                    # Reasoning about all alternatives may contradict the answers to each.
                    lacking |= "joint_below" in moved and "joint_cascade" in real.reason
                    assert lacking or rule.finding is real.finding, (out, moved, rule, real)


def back(moved: dict[str, float]) -> dict[str, float]:
    plain = asdict(Thresholds())
    return {name: plain[name] for name in moved if plain[name] is not None}
