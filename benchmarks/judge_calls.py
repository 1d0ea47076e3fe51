"""How many calls an image takes under the 14-rule constitution, against asking everything.

Run: PYTHONPATH=src:. python -m benchmarks.judge_calls [--images 600]
     PYTHONPATH=src:. python -m benchmarks.judge_calls --levels 64 [--ablations]
     PYTHONPATH=src:. python -m benchmarks.judge_calls --scenes 240

The judge runs whole over a simulated model whose answers are drawn, seeded, from what is true of a
made-up image: a share of images breaks one rule, another share shows only the first preconditions
of one (borderline), the others show people and nothing of the rules. Scores are sure or lie in the
undecided band with the given chance. So the figures are about the method's order and early exits,
not about any real model; the paper reports 67% of pairs skipped by its relevance scan.

Naive: each precondition with and without the image, its central region found and erased, and two
calls of reasoning, nothing left out.

`--levels`: eight rules and a simulated model whose answers without an image, and whose sharpness,
are set (tests/judge/levels.py); every call is counted, those of the detector and of the priors too.

`--scenes`: the other simulated model (tests/judge/simulated.py), which has a language prior, looks
at the centre, misses small things and reasons with faults: how right `clue-2` is without each part.
"""

import argparse
import asyncio
import hashlib
import itertools
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tests.judge import levels, simulated
from tests.judge.running import job, measure, run

from crosslight.judge import JudgeConfig, Target
from crosslight.judge.config import DEFAULT, OURS, PAPER, PARTS
from crosslight.judge.job import JudgeJob
from crosslight.judge.run import run_judge
from crosslight.models.fake import FakeModel
from crosslight.models.protocol import Request
from crosslight.policy.compiled import Compiled, read_policy
from crosslight.store import ImageStore
from crosslight.text import last_fenced

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
        sees = [
            line.removeprefix("- ") for line in last_fenced(request.messages[-1].text).split("\n")
        ]
        if request.task in ("summarise", "weigh"):
            several = sees[0].removeprefix("at least one of these: ").split("; ")
            rating = "Yes" if any(self.holds(images[0].photo, one) for one in several) else "No"
            thought = {"thought": "I look."} if request.task == "weigh" else {}
            return {**thought, "rationale": "by looking", "rating": rating}
        if not images:
            return {"Yes": 0.3, "No": 0.7}
        yes = max(self._seen(images[0].photo, see) for see in sees)
        return {"Yes": yes, "No": 1 - yes}

    def _seen(self, photo: str, see: str) -> float:
        if chance(photo, see) < BAND:
            return 0.5
        return 0.97 if self.holds(photo, see) else 0.02

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


def of_the_constitution(
    images: int, folder: Path, *, helpers: bool, method: str = DEFAULT
) -> dict[str, Any]:
    """One run; returns its `run.json`."""
    constitution, compiled = read_policy(CONSTITUTION)
    store = ImageStore(folder / "images", fsync=False)
    photos = [store.put(picture(number)) for number in range(images)]
    played = Simulated(compiled, {photo: number for number, photo in enumerate(photos)})
    name = f"{method}-{'helped' if helpers else 'alone'}"
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
        config=JudgeConfig(method=method, addressed="off"),
    )
    return asyncio.run(run_judge(job)).summary


def report(summary: dict[str, Any]) -> dict[str, float]:
    """Calls an image by kind; `prior` is shared by all images. A reasoning of the paper is two."""
    images, asked = summary["rows"], summary["asked"]
    shown = ("shown", "joint", "whole", "unprinted")
    kinds = {kind: asked.get(kind, 0) / images for kind in ("region", "erased")}
    kinds["shown"] = sum(asked.get(kind, 0) for kind in shown) / images
    turns = 1 if summary["plan"]["parts"]["one_turn"] else 2
    kinds["reasoning"] = turns * asked.get("reasoned", 0) / images
    return {**kinds, "all": sum(kinds.values())}


def calls_of_the_constitution(count: int) -> None:
    """Print the table of `CONSTITUTION`."""
    _, compiled = read_policy(CONSTITUTION)
    q = sum(len(rule.questions) for rule in compiled.rules)
    print(f"{len(compiled.rules)} rules, {q} questions, {count} simulated images")
    print(f"{'calls an image':<36}{'score':>7}{'box':>7}{'erased':>8}{'reason':>8}{'all':>8}")
    for named, boxes in (("naive, no helpers", 0), ("naive, with encoder and detector", 1)):
        cells = (2 * q, q * boxes, q * boxes, 2 * q)
        print(f"{named:<36}{cells[0]:>7}{cells[1]:>7}{cells[2]:>8}{cells[3]:>8}{sum(cells):>8}")
    columns = (("shown", 7), ("region", 7), ("erased", 8), ("reasoning", 8), ("all", 8))
    with tempfile.TemporaryDirectory() as made:
        for method, helpers in itertools.product((PAPER, DEFAULT), (False, True)):
            summary = of_the_constitution(count, Path(made), helpers=helpers, method=method)
            r = report(summary)
            line = "".join(f"{r[kind]:>{width}.2f}" for kind, width in columns)
            skipped = summary["skipped_pairs"] / summary["pairs"]
            named = f"{method}, {'encoder and detector' if helpers else 'no helpers'}"
            print(f"{named:<36}{line}  ({skipped:.0%} of pairs skipped)", flush=True)
    print("(scores without the image: once a question for all images, in no row of the judge)")


def level(images: int, prior: float, sharpness: float, **config: Any) -> str:
    """One run over the eight rules: calls and reasonings an image, and verdicts that are right."""
    with tempfile.TemporaryDirectory() as made:
        result, verdicts = run(levels.job(images, Path(made), prior, sharpness, **config))
    told = result.summary
    right = sum(
        str(v.status) == ("unsafe" if levels.Shown(at).unsafe else "safe")
        for at, v in enumerate(verdicts)
    )
    reasoned = told["asked"].get("reasoned", 0) / images
    return f"{told['calls']['asked'] / images:6.1f} {reasoned:6.2f} {right:4d}/{images}"


def calls_by_level(images: int) -> None:
    """Print calls over image-free priors and sharpness."""
    print(f"8 rules, {images} simulated images: calls an image, reasonings an image, right")
    print(f"{'prior':<14}{'sharpness':<11}{PAPER:<22}{DEFAULT:<22}")
    for sharpness in (0.8, 1.0, 2.0):
        for name, prior in levels.PRIORS.items():
            cells = [level(images, prior, sharpness, method=m) for m in (PAPER, DEFAULT)]
            print(f"{name:<14}{sharpness:<11g}{cells[0]:<22}{cells[1]:<22}", flush=True)


def calls_by_ablation(images: int) -> None:
    """Print the same for each part of `clue-2` that can be left out, at a low prior."""
    prior = levels.PRIORS["0.003"]
    print(f"\n{DEFAULT} without a part, prior 0.003: calls, reasonings, right")
    for part in ("", *OURS, *PARTS):
        if part not in ("relevance", "objective"):  # no encoder, and no other wording, in here
            cell = level(images, prior, 1.0, without=(part,) if part else ())
            print(f"{part or '(whole)':<16}{cell}", flush=True)


def scenes_by_ablation(count: int) -> None:
    """Print how right the default is without each of its parts."""
    images = simulated.scenes(count)
    print(f"{DEFAULT} without a part, {count} scenes: recall, false alarms, coverage, calls")
    for part in ("", *OURS, *PARTS):
        with tempfile.TemporaryDirectory() as made:
            world = simulated.World(images)
            without = (part,) if part else ()
            result, verdicts = run(job(images, Path(made), world=world, without=without))
        m = measure(images, verdicts)
        told = result.summary
        print(
            f"{part or '(whole)':<16}{m['recall']:6.2f}{m['false_alarms']:6.2f}{m['coverage']:6.2f}"
            f"{told['calls']['asked'] / count:8.1f}{told['asked'].get('reasoned', 0) / count:7.2f}",
            flush=True,
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Calls an image of the judge.")
    parser.add_argument("--images", type=int, default=600)
    parser.add_argument("--levels", type=int, default=0)
    parser.add_argument("--ablations", action="store_true")
    parser.add_argument("--scenes", type=int, default=0)
    given = parser.parse_args()
    if given.scenes:
        scenes_by_ablation(given.scenes)
    elif given.levels:
        calls_by_level(given.levels)
        if given.ablations:
            calls_by_ablation(given.levels)
    else:
        calls_of_the_constitution(given.images)


if __name__ == "__main__":
    main()
