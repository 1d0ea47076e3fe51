"""How many calls an image takes under the 14-rule constitution, against asking everything.

Run: python benchmarks/judge_calls.py [--images 600]

The judge runs whole over a simulated model whose answers are drawn, seeded, from what is true of a
made-up image: a share of images breaks one rule, another share shows only the first preconditions
of one (borderline), the others show people and nothing of the rules. Scores are sure or lie in the
undecided band with the given chance. So the figures are about the method's order and early exits,
not about any real model; the paper reports 67% of pairs skipped by its relevance scan.

Naive: each precondition with and without the image, its central region found and erased, and two
calls of reasoning, nothing left out.
"""

import argparse
import asyncio
import hashlib
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from crosslight.judge import JudgeConfig, Target
from crosslight.judge.job import JudgeJob
from crosslight.judge.run import run_judge
from crosslight.models.fake import FakeModel
from crosslight.models.protocol import Request
from crosslight.policy.compiled import Compiled, read_policy
from crosslight.store import ImageStore

CONSTITUTION = "clue14"
BAND = 0.15
"""Chance that a score decides nothing by itself."""
KEPT = 0.966
"""Chance that the relevance scan keeps the rule that an image is about, as in the paper."""
OTHERS = 0.28
"""Chance that it keeps another rule, so that about two thirds of all pairs are skipped."""


def chance(*parts: object) -> float:
    """A number in [0, 1) out of a hash."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


class Simulated:
    """Judge, encoder and detector of a made-up world; also a backend of itself."""

    spec = "fake:calls"

    def __init__(self, compiled: Compiled, numbers: dict[str, int]) -> None:
        self.rules = compiled.rules
        self.numbers = numbers
        self.texts = {rule.text: at for at, rule in enumerate(self.rules)}
        self.places: dict[str, set[tuple[int, int]]] = {}
        for at, rule in enumerate(self.rules):
            for item, _, question in rule.questions:
                self.places.setdefault(question.see, set()).add((at, item))

    async def open(self) -> FakeModel:
        """A fresh model of this world."""
        return FakeModel(self, name="calls")

    def holds(self, photo: str, see: str) -> bool:
        """Whether a question is true of an image: of its rule the first items, or all."""
        number = self.numbers[photo]
        rule, kind = number % len(self.rules), chance(number, "kind")
        last = len(self.rules[rule].all_chains[0]) - 1
        for at, item in self.places[see]:
            if at == rule and kind < 0.5 and (item < last or kind < 0.25):
                return chance(number, see, "which") < 0.7
        return "person" in see and len(see) < 20 and chance(number, "person") < 0.5

    def __call__(self, request: Request) -> Any:
        if request.kind == "embed":
            return np.stack([self._vector(item) for item in request.items])
        images = [image for message in request.messages for image in message.images]
        if request.task == "detect":
            box = {"left": 0.2, "top": 0.2, "right": 0.8, "bottom": 0.8, "word": "it"}
            return {"boxes": [{**box, "confidence": chance(images[0].photo, "box")}]}
        if request.task == "reason":
            return "I look."
        see = request.messages[-1].text.strip().splitlines()[-1]
        if request.task == "summarise":
            see = next(s for s in self.places if s in request.messages[-1].text)
            rating = "Yes" if self.holds(images[0].photo, see) else "No"
            return {"rationale": "by looking", "rating": rating}
        if not images:
            return {"Yes": 0.3, "No": 0.7}
        holds, luck = self.holds(images[0].photo, see), chance(images[0].photo, see)
        yes = 0.5 if luck < BAND else (0.97 if holds else 0.02)
        return {"Yes": yes, "No": 1 - yes}

    def _vector(self, item: Any) -> Any:
        row = np.zeros(len(self.rules) + 1, dtype=np.float32)
        if isinstance(item, str):
            row[self.texts[item]] = 1.0
            return row
        number = self.numbers[item.photo]
        for at in range(len(self.rules)):
            kept = KEPT if at == number % len(self.rules) else OTHERS
            row[at] = 0.24 if chance(number, at, "scan") < kept else 0.1
        row[-1] = np.sqrt(max(0.0, 1 - float((row**2).sum())))
        return row


def picture(number: int) -> bytes:
    """A small picture, unlike the others."""
    noise = np.random.default_rng(number).integers(0, 255, (8, 8, 3), np.uint8)
    out = BytesIO()
    Image.fromarray(noise).resize((64, 64)).save(out, "JPEG")
    return out.getvalue()


def measure(images: int, folder: Path, *, helpers: bool) -> dict[str, Any]:
    """One run; returns its `run.json`."""
    constitution, compiled = read_policy(CONSTITUTION)
    store = ImageStore(folder / "images", fsync=False)
    photos = [store.put(picture(number)) for number in range(images)]
    played = Simulated(compiled, {photo: number for number, photo in enumerate(photos)})
    name = "helped" if helpers else "alone"
    helper = played if helpers else None
    job = JudgeJob(
        [Target(photo, str(at)) for at, photo in enumerate(photos)],
        folder / name,
        folder / f"{name}.sqlite",
        folder / "images",
        constitution,
        compiled,
        played,
        encoder=helper,
        detector=helper,
        config=JudgeConfig(addressed="off"),
    )
    return asyncio.run(run_judge(job)).summary


def report(summary: dict[str, Any]) -> dict[str, float]:
    """Calls an image by kind; a reasoning is two calls, and `prior` is shared by all images."""
    images, asked = summary["rows"], summary["asked"]
    kinds = {kind: asked.get(kind, 0) / images for kind in ("shown", "region", "erased")}
    kinds["reasoning"] = 2 * asked.get("reasoned", 0) / images
    return {**kinds, "all": sum(kinds.values())}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Calls an image of the 14-rule constitution.")
    parser.add_argument("--images", type=int, default=600)
    count = parser.parse_args().images
    _, compiled = read_policy(CONSTITUTION)
    questions = sum(len(rule.questions) for rule in compiled.rules)
    print(f"{len(compiled.rules)} rules, {questions} questions, {count} simulated images")
    print(f"{'calls an image':<34}{'score':>7}{'box':>7}{'erased':>8}{'reason':>8}{'all':>8}")
    for named, boxes in (("naive, no helpers", 0), ("naive, with encoder and detector", 1)):
        q = questions
        cells = (2 * q, q * boxes, q * boxes, 2 * q)
        print(f"{named:<34}{cells[0]:>7}{cells[1]:>7}{cells[2]:>8}{cells[3]:>8}{sum(cells):>8}")
    with tempfile.TemporaryDirectory() as made:
        for named, helpers in (("judge, no helpers", False), ("judge, encoder and detector", True)):
            summary = measure(count, Path(made), helpers=helpers)
            r = report(summary)
            line = "".join(
                f"{r[kind]:>{width}.2f}"
                for kind, width in (
                    ("shown", 7),
                    ("region", 7),
                    ("erased", 8),
                    ("reasoning", 8),
                    ("all", 8),
                )
            )
            skipped = summary["skipped_pairs"] / summary["pairs"]
            print(f"{named:<34}{line}  ({skipped:.0%} of pairs skipped)", flush=True)
    print("(scores without the image: once a question for all images, in no row of the judge)")


if __name__ == "__main__":
    main()
