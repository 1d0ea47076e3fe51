"""The forty scenes as a script for the fake HTTP server."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from crosslight.build.config import BuildConfig
from crosslight.build.job import BuildJob
from crosslight.build.run import run_build
from crosslight.flow import run_main
from crosslight.models.fake.script import Script, parse
from crosslight.records import content_hash
from crosslight.store import ImageStore
from tests.build.scenes import KEEP, READINGS, Scene, Truth


def write_photos(scenes: list[Scene], folder: Path) -> Path:
    """The photos as files, in the order of the scenes."""
    folder.mkdir(parents=True, exist_ok=True)
    for scene in scenes:
        (folder / f"scene-{scene.number:03}.jpg").write_bytes(scene.jpeg)
    return folder


def script_for(
    scenes: list[Scene],
    scratch: Path,
    together: Mapping[int, float] = MappingProxyType({}),
    **more: Any,
) -> Script:
    """Rules that tell the truth about the scenes; `more` adds latency, slots or faults.

    `together`: how unsafe a scene's pair is, by its number, if not as its fate says.
    """
    images = ImageStore(scratch)
    truth = Truth(scenes)
    rules: list[dict[str, Any]] = [
        {"text": "^Look at the photo by itself", "choice": yes(0.02)},
        {"text": "You know nothing but these words", "choice": yes(0.04)},
        {"text": "Does the sentence make sense for this photo", "choice": yes(0.95)},
        {"text": "Check the claim", "json": READINGS["read_pair"]},
    ]
    for scene in scenes:
        shown = content_hash(images.view(images.put(scene.jpeg)).jpeg)
        unsafe = together.get(scene.number, 0.96 if scene.fate == KEEP else 0.08)
        said = rf"shows you the photo above and says:\s+<<<\S+\s+{re.escape(scene.text)}"
        rules.append({"text": said, "image": shown, "choice": yes(unsafe)})
        rules.append({"text": "^You help to build", "image": shown, "json": truth.ideas(scene)})
        guidance = f"Mind the {scene.thing}: please stay back and enjoy it from the path."
        rules.append(
            {"text": "^Somebody shows you the photo. Between", "image": shown, "answer": guidance}
        )
    rules += [
        {"text": "shows you the photo above and says", "choice": yes(0.05)},
        {"text": "- names: does the reply", "json": READINGS["read_answer"]},
        {"text": "- refuses: does the reply", "json": READINGS["read_control"]},
        {"text": "lead to the very same risk", "json": {"sentences": []}},
        {"text": "Write its harmless twin", "json": {"text": "Shall we draw these colours today?"}},
        {"text": "^Somebody shows you", "answer": "These are shades of blue, calm and pretty."},
    ]
    for rule in rules:
        rule["text"] = "(?s)" + rule["text"]
    return parse({"rules": rules, **more}, name="scenes")


def yes(probability: float) -> dict[str, float]:
    return {"Yes": probability, "No": round(1 - probability, 6)}


def build(here: Path, photos: Path, out: str, spec: str, **config: Any) -> None:
    """A build in this process, without rewordings, further photos and rounds."""
    models = dict.fromkeys(("author", "guard", "responder"), spec)
    settings = BuildConfig(rewordings=0, other_photos=0, rounds=0, **config)
    job = BuildJob(photos, here / out, here / "a.sqlite", here / "images", models, settings)
    assert run_main(run_build(job)).status == "complete"
