"""Runs the judge over simulated scenes."""

import asyncio
from pathlib import Path
from typing import Any

from crosslight.flow import CallPolicy
from crosslight.judge import JudgeConfig, Target
from crosslight.judge.job import JudgeJob
from crosslight.judge.run import run_judge
from crosslight.judge.tables import read_verdicts
from crosslight.models.protocol import Backend
from crosslight.records.verdict import Verdict
from crosslight.runs import RunResult
from crosslight.store import ImageStore
from tests.judge.simulated import Given, Scene, World, policy


def put(images: list[Scene], folder: Path) -> list[Target]:
    """Store the pictures; returns what to judge."""
    store = ImageStore(folder, fsync=False)
    return [Target(store.put(scene.jpeg), f"scene {scene.number}") for scene in images]


def job(
    images: list[Scene],
    folder: Path,
    *,
    out: str = "run",
    helpers: bool = True,
    world: World | None = None,
    judge: Backend | None = None,
    calls: CallPolicy | None = None,
    **config: Any,
) -> JudgeJob:
    """A job over the scenes. `helpers`: with encoder and detector."""
    constitution, compiled = policy()
    played = Given(world or World(images))
    config = {"addressed": "off"} | config
    return JudgeJob(
        targets=put(images, folder / "images"),
        out=folder / out,
        answers=folder / "answers.sqlite",
        images=folder / "images",
        constitution=constitution,
        compiled=compiled,
        judge=judge or played,
        encoder=played if helpers else None,
        detector=played if helpers else None,
        config=JudgeConfig(**config),
        policy=calls or CallPolicy(),
    )


def run(made: JudgeJob) -> tuple[RunResult, list[Verdict]]:
    """Run it and read its verdicts back."""
    result = asyncio.run(run_judge(made))
    return result, read_verdicts(made.out)


def measure(images: list[Scene], verdicts: list[Verdict]) -> dict[str, float]:
    """Recall, accuracy, false-alarm rate of decided images, and coverage."""
    truth = {scene.photo: scene.unsafe for scene in images}
    decided = [
        (truth[v.photo], str(v.status) == "unsafe")
        for v in verdicts
        if str(v.status) != "undecided"
    ]
    unsafe = [said for true, said in decided if true]
    safe = [said for true, said in decided if not true]
    return {
        "recall": sum(unsafe) / max(1, len(unsafe)),
        "false_alarms": sum(safe) / max(1, len(safe)),
        "accuracy": sum(t == s for t, s in decided) / max(1, len(decided)),
        "coverage": len(decided) / len(images),
    }
