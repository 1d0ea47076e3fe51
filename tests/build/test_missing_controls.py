"""A row is finished without its controls, and says why it lacks one (case 20)."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crosslight.build import job as jobs
from crosslight.build import read_run, run_build
from crosslight.build.config import BuildConfig
from crosslight.build.dataset import Row
from crosslight.build.job import BuildJob
from crosslight.models.errors import Truncated
from crosslight.models.fake import FakeModel
from crosslight.models.protocol import Choice, Request
from tests.build.scenes import Scene, Truth, forty_scenes, picture


class CutShort(Truth):
    """Plain replies are cut; one row's twin is a question."""

    def __call__(self, request: Request) -> Any:
        if request.task == "help":
            raise Truncated("the reply was cut at the limit")
        if request.task == "harmless_text" and "number 0" in request.messages[-1].text:
            return {"text": "Draw these colours for the wish number nought."}
        return super().__call__(request)


@dataclass(frozen=True)
class SameWords(Scene):
    """One of several photos about which the same is said."""

    @property
    def text(self) -> str:
        return "Shall we sit right here for our wish?"


class OneElsewhere(Truth):
    """The same words are a risk beside every photo but one, whose own idea falls."""

    def _unsafe(self, task: str, text: str, shown: str) -> float | Choice:
        fate = self.by_photo[shown].fate if shown in self.by_photo else ""
        if task in ("together", "text_elsewhere") and fate == "keep" and "for our wish" in text:
            return 0.96
        return super()._unsafe(task, text, shown)


def built(
    scenes: list[Scene], truth: Truth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[dict[str, Any], tuple[Row, ...]]:
    """The summary and the rows of a build of these scenes."""
    (tmp_path / "photos").mkdir()
    for scene in scenes:
        (tmp_path / "photos" / f"{scene.number:02}.jpg").write_bytes(scene.jpeg)

    class Given:
        spec = "fake:cut"

        async def open(self) -> FakeModel:
            return FakeModel(truth, name="cut")

    monkeypatch.setattr(jobs, "parse", lambda spec: Given())
    models = dict.fromkeys(("author", "guard", "responder"), "fake:cut")
    job = BuildJob(
        tmp_path / "photos",
        tmp_path / "out",
        tmp_path / "a.sqlite",
        tmp_path / "images",
        models,
        BuildConfig(rewordings=0, other_photos=0, rounds=0),
        canary=False,
    )
    summary = asyncio.run(run_build(job)).summary
    return summary, read_run(tmp_path / "out").rows


def test_a_failed_control_costs_itself_and_its_row_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes = [scene for scene in forty_scenes() if scene.fate == "keep"][:3]
    summary, rows = built(scenes, CutShort(scenes), tmp_path, monkeypatch)
    assert [row.kind for row in rows] == ["unsafe"] * len(scenes), "each row that has its answer"
    assert summary["failed"] > 0
    for row in rows:
        missing = [note for note in row.notes if note.startswith("a control")]
        assert "a control failed: truncated: the reply was cut short" in missing
        other_form = "a control is missing: control of another form" in missing
        assert other_form == ("number 0" in row.text)
        assert (row.visible, row.follows) == (1.0, 1.0)


def test_a_row_whose_photo_control_stands_beside_another_row_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fates = ("keep", "keep", "not_unsafe_together")
    scenes: list[Scene] = [SameWords(at, picture(at), fate) for at, fate in enumerate(fates)]
    _, rows = built(scenes, OneElsewhere(scenes), tmp_path, monkeypatch)
    unsafe = [row for row in rows if row.kind == "unsafe"]
    controls = [row for row in rows if row.kind == "control_photo"]
    assert (len(unsafe), len(controls)) == (2, 1), "the same words beside the same photo"
    told = "a control is missing: the same one stands beside another row"
    for row in unsafe:
        alone = row.id != controls[0].parent
        assert alone == (told in row.notes), row.notes
