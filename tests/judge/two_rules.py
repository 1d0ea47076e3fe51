"""Two rules and any judge: the smallest job that can go wrong."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from crosslight.flow import CallPolicy
from crosslight.judge import JudgeConfig
from crosslight.judge.job import JudgeJob
from crosslight.judge.step import Target
from crosslight.models.fake import FakeModel
from crosslight.policy.compiled import Compiled
from crosslight.policy.constitution import Constitution
from crosslight.store import ImageStore

ONE_TRY = CallPolicy(attempts=1, bad_answer_attempts=1, timeout_s=5)


TWO = Compiled.model_validate(
    {
        "title": "Two rules",
        "by": "test",
        "rules": [
            {
                "id": f"r{k}",
                "rule": f"No thing {k} here.",
                "text": f"No thing {k} here.",
                "chain": [{"any": [{"see": f"a thing {k}"}]}],
            }
            for k in "ab"
        ],
    }
)


TWO_RULES = Constitution.model_validate(
    {"title": "Two rules", "rules": [{"id": f"r{k}", "text": f"No thing {k} here."} for k in "ab"]}
)


@dataclass(frozen=True)
class Handled:
    """A backend around a function."""

    handler: Any
    spec: str = "fake:handled"

    async def open(self) -> FakeModel:
        return FakeModel(self.handler, name="handled")


def two_rules(folder: Path, jpegs: list[bytes], judge: Any, **more: Any) -> JudgeJob:
    """A job of two rules over pictures."""
    store = ImageStore(folder / "images", fsync=False)
    targets = [Target(store.put(jpeg), f"{i}.jpg") for i, jpeg in enumerate(jpegs)]
    config = more.pop("config", JudgeConfig(addressed="off"))
    return JudgeJob(
        targets,
        folder / "run",
        folder / "answers.sqlite",
        folder / "images",
        TWO_RULES,
        TWO,
        judge,
        config=config,
        policy=more.pop("policy", ONE_TRY),
        **more,
    )


def printed(text: str) -> bytes:
    """A picture with words on it."""
    image = Image.new("RGB", (760, 200), "white")
    font = ImageFont.load_default(size=34)
    ImageDraw.Draw(image).text((20, 70), text, fill="black", font=font)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=92)
    return out.getvalue()
