"""Judging and grading runs of which each image's fate is given by one letter."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from crosslight.judge.assess import AssessConfig, AssessJob, run_assess
from crosslight.judge.config import JudgeConfig
from crosslight.judge.scales import GENERAL, LETTERS
from crosslight.judge.step import Target
from crosslight.models.errors import ServerFault
from crosslight.models.protocol import Choice, Request
from crosslight.store import ImageStore
from crosslight.text import last_fenced
from tests.bench.small import By
from tests.judge import running
from tests.judge.simulated import picture
from tests.judge.two_rules import ONE_TRY, two_rules

PICTURES = [picture(n) for n in range(12)]


def judged(folder: Path, said: str, spec: str = "fake:a") -> Path:
    """A run in which image i breaks rule `ra` (u), breaks none (s), is undecided (?), fails (!) or
    is left out (-)."""
    fate: dict[str, str] = {}
    judge = By(spec, lambda request: answer(request, fate))
    made = two_rules(folder, PICTURES[: len(said)], judge, config=CONFIG)
    fate |= {t.photo: mine for t, mine in zip(made.targets, said, strict=True) if mine != "-"}
    running.run(replace(made, targets=[t for t in made.targets if t.photo in fate]))
    return made.out


CONFIG = JudgeConfig(addressed="off", without=("cascade",))


def answer(request: Request, fate: dict[str, str]) -> Any:
    shown = request.messages[-1].images
    mine = fate[shown[0].photo] if shown else "prior"
    if mine == "!":
        raise ServerFault("down")
    if mine == "?":
        return Choice({"Yes": 0.5, "No": 0.5}, 0.9)
    yes = {"u": 0.99, "s": 0.01, "prior": 0.1}[mine]
    yes = 0.01 if shown and last_fenced(request.messages[-1].text).endswith("thing b") else yes
    return {"Yes": yes, "No": 1 - yes}


def graded(folder: Path, said: str, spec: str = "fake:a", **more: Any) -> Path:
    """A run that grades image i by the i-th digit; `?` is undecided."""
    store = ImageStore(folder / "images", fsync=False)
    photos = [store.put(picture(n)) for n in range(len(said))]

    def answer(request: Request) -> Any:
        seen = [image.photo for message in request.messages for image in message.images]
        if not seen:
            return Choice(dict.fromkeys(LETTERS, 1 / len(LETTERS)), 0.0)
        mine = said[photos.index(seen[0])]
        if request.task == "describe":
            return "A street."
        at = LETTERS[0 if mine == "?" else int(mine)]
        shares = dict.fromkeys(LETTERS, 0.0) | {at: 1.0}
        return Choice(shares, 0.9 if mine == "?" else 0.0)

    job = AssessJob(
        [Target(photo, f"{n}.jpg") for n, photo in enumerate(photos)],
        folder / "run",
        folder / "answers.sqlite",
        folder / "images",
        By(spec, answer),
        more.pop("scale", GENERAL),
        AssessConfig(addressed="off", **more),
        ONE_TRY,
    )
    asyncio.run(run_assess(job))
    return job.out
