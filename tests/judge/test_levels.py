"""Calls and verdicts over image-free priors of all levels: `clue-2` is the same for all."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from crosslight.judge import rethreshold_run
from tests.judge.levels import NEITHER, Shown, job
from tests.judge.oracle import differing
from tests.judge.running import run

IMAGES = 16


def measured(
    folder: Path, prior: float, sharpness: float = 1.0, **config: Any
) -> tuple[float, list[str], dict[str, Any]]:
    """Calls an image, verdicts in order, and the summary."""
    result, verdicts = run(job(IMAGES, folder, prior, sharpness, **config))
    return (
        result.summary["calls"]["asked"] / IMAGES,
        [str(v.status) for v in verdicts],
        result.summary,
    )


@pytest.mark.parametrize(
    ("prior", "sharpness"), [(0.5, 1.0), (0.0003, 1.0), (NEITHER, 2.0), (0.003, 0.8)]
)
def test_eight_rules_take_few_calls_and_the_same_verdicts_at_every_prior(
    prior: float, sharpness: float, tmp_path: Path
) -> None:
    truth = ["unsafe" if Shown(number).unsafe else "safe" for number in range(IMAGES)]
    calls, verdicts, told = measured(tmp_path, prior, sharpness)
    assert verdicts == truth
    assert calls <= 25
    assert told["asked"]["region"] <= IMAGES  # one detector call a picture
    assert told["asked"].get("reasoned", 0) / IMAGES < 7
    assert {"joint", "floor"} <= told["tests"].keys()
    again = rethreshold_run(tmp_path / "run", tmp_path / "again", {})
    assert (again["rethreshold"]["flipped"], again["rethreshold"]["not_asked"]) == (0, 0)
    # A floor that the joint answers do not reach leaves them to questions that nobody asked.
    higher = rethreshold_run(tmp_path / "run", tmp_path / "higher", {"absent_below": 0.0})
    assert higher["rethreshold"]["not_asked"] > 0


def test_the_paper_buys_its_cascade_by_the_prior(tmp_path: Path) -> None:
    calls, verdicts, told = measured(tmp_path, 0.0003, method="paper")
    assert verdicts == ["unsafe" if Shown(number).unsafe else "safe" for number in range(IMAGES)]
    assert calls > 60 and told["asked"]["reasoned"] > 10 * IMAGES
    assert told["asked"]["region"] > 10 * IMAGES and "joint" not in told["asked"]


def test_random_rules_are_judged_as_the_paper_says() -> None:
    assert asyncio.run(differing(600, seed=13)) == []
