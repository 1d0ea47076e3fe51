"""Small real runs of judge, assess and bench, made by models that answer by a function."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from crosslight.judge import AssessConfig, AssessJob, run_assess
from crosslight.judge.scales import LETTERS
from crosslight.judge.step import Target
from crosslight.models import Choice
from crosslight.models.fake import FakeModel
from crosslight.store import ImageStore
from tests.bench.small import By, items
from tests.bench.small import run as run_bench
from tests.judge.running import job, run
from tests.judge.simulated import picture, scenes


def judged(folder: Path, images: int = 12) -> Path:
    """A run of `judge` in `folder/run`, its pictures in `folder/images`: without reasoning, so that
    some is undecided. The input stated a licence for all, and an origin for the first."""
    made = job(scenes(images), folder, without=("cascade",))
    told = [replace(one, licence="CC-BY-4.0", source=f"{one.source}.jpg") for one in made.targets]
    told[0] = replace(told[0], origin="https://example.org/first")
    run(replace(made, targets=told))
    return folder / "run"


@dataclass(frozen=True)
class Grader:
    """Sure that it is an 8; of the last picture it says nothing that counts."""

    last: str
    spec: str = "fake:grader"

    async def open(self) -> FakeModel:
        def answer(request: Any) -> Any:
            photos = [image.photo for message in request.messages for image in message.images]
            if request.task == "describe":
                return "A pan <b>on fire</b>."
            if not photos:
                return Choice(dict.fromkeys(LETTERS, 1 / 11), 0.02)
            outside = 0.9 if photos == [self.last] else 0.02
            return Choice(dict.fromkeys(LETTERS, 0.0) | {"I": 1.0}, outside)

        return FakeModel(answer, name="grader")


def graded(folder: Path) -> Path:
    """A run of `judge assess` over three pictures; the last is undecided."""
    store = ImageStore(folder / "images", fsync=False)
    photos = [store.put(picture(at)) for at in range(3)]
    targets = [Target(photo, f"{at}.jpg") for at, photo in enumerate(photos)]
    out = folder / "graded"
    places = (out, folder / "answers.sqlite", folder / "images")
    config = AssessConfig(addressed="off")
    asyncio.run(run_assess(AssessJob(targets, *places, Grader(photos[-1]), config=config)))
    return out


def answered(folder: Path, epochs: int = 1) -> Path:
    """A run of `bench` over four items; the pictures of the suite lie in `folder/data`."""
    no = By("fake:no", lambda request: {"No": 0.9, "Yes": 0.05})
    run_bench(folder, items(4, "choice"), no, epochs=epochs)
    return folder / "out"
