"""What the detector's labels are worth, and from which share of the tags on they count.

    python -m benchmarks.detector --data FOLDER            # prints the tables
    python -m benchmarks.detector --data FOLDER --write    # and writes the numbers it finds

The judgements are in detector_labels.yaml; the pictures are the user's own (see there).
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from benchmarks.calibrate_embedded import fit, sigmoid, write

from crosslight.models import fetch
from crosslight.models.embedded import perception, pixels, ssd, thresholds
from crosslight.models.embedded.coco import PERSON, label_of
from crosslight.models.embedded.detector import Detector
from crosslight.models.embedded.tagger import Tagger

LABELS = Path(__file__).with_name("detector_labels.yaml")
CUTS = (0.0, 0.003, 0.006, 0.012, 0.02, 0.03, 0.05, 0.1)
SCORES = (0.3, 0.4, 0.5, 0.6)
PRECISION = 0.9
"""Of the labels that are kept: the least strict cut with it is taken."""


@dataclass(frozen=True)
class Judged:
    """A label of one picture: its best score, the tags' mass for it, and whether it is right."""

    picture: str
    label: str
    score: float
    mass: float
    right: bool


def read(folder: Path) -> tuple[list[Judged], int]:
    """All judgements of the pictures that are there, and how many persons were not found."""
    book = yaml.safe_load(LABELS.read_text(encoding="utf-8"))["pictures"]
    sha256 = fetch.read_manifest().entry(ssd.NAME).sha256
    detector = Detector(ssd.graph_path(fetch.fetch(ssd.NAME), sha256))
    tagger = Tagger(perception.tag_graphs(), thresholds.read_thresholds().temperature)
    judged, unseen, strange = [], 0, 0
    for name, said in book.items():
        image = pixels.decode((folder / name).read_bytes())
        tags = dict(tagger.tags(image))
        best: dict[str, float] = {}
        for thing in detector.things(image):
            best.setdefault(thing.label, thing.score)
        unseen += len(said.get("unseen", ()))
        for label, score in best.items():
            mass = sum(tags.get(c, 0.0) for c in label_of(label).classes)
            if label in said.get("right", ()) or label in said.get("wrong", ()):
                judged.append(Judged(name, label, score, mass, label in said.get("right", ())))
            elif label not in said.get("unsure", ()):
                strange += 1
    print(f"{len(book)} pictures, {len(judged)} judged labels, {strange} that nobody judged")
    return judged, unseen


def table(things: list[Judged]) -> None:
    """Right and wrong labels that are kept, by cut and by score."""
    print(
        "labels other than person: right / wrong kept\n| tags agree from | "
        + " | ".join(f"score {s}" for s in SCORES)
        + " |\n|---" * 1
        + "|---" * len(SCORES)
        + "|"
    )
    for cut in CUTS:
        cells = []
        for score in SCORES:
            kept = [t.right for t in things if t.mass >= cut and t.score >= score]
            right, wrong = sum(kept), len(kept) - sum(kept)
            cells.append(f"{right} / {wrong} ({right / max(1, len(kept)):.2f})")
        print(f"| {cut or 'no check'} | " + " | ".join(cells) + " |")


def calibrated(name: str, judged: list[Judged]) -> dict[str, Any]:
    """How a score becomes a probability: a logistic fit on the log-odds of the score."""
    x = np.log([j.score / (1 - min(j.score, 0.9999)) for j in judged])
    y = np.array([j.right for j in judged])
    intercept, slope = fit(x, y)
    shown = ", ".join(
        f"{s} -> {sigmoid(np.array(intercept + slope * np.log(s / (1 - s)))):.2f}"
        for s in (0.3, 0.5, 0.7, 0.9)
    )
    print(f"{name}: {y.sum()} of {len(y)} right; score {shown}")
    return {name: {"intercept": round(intercept, 4), "slope": round(slope, 4)}}


def cut_of(things: list[Judged]) -> float:
    """The least strict cut that keeps labels with the wanted precision."""
    for cut in CUTS:
        kept = [t.right for t in things if t.mass >= cut]
        if kept and sum(kept) >= PRECISION * len(kept):
            return cut
    return CUTS[-1]


def held_out(things: list[Judged]) -> None:
    """What cuts keep that were chosen without the picture in question."""
    kept = []
    for picture in {t.picture for t in things}:
        cut = cut_of([t for t in things if t.picture != picture])
        kept += [t.right for t in things if t.picture == picture and t.mass >= cut]
    print(f"cuts chosen without the picture keep {sum(kept)} right, {len(kept) - sum(kept)} wrong")


def main() -> None:
    """Measure, print, and write if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the judged pictures")
    parser.add_argument("--write", action="store_true", help="write into thresholds.yaml")
    parser.add_argument("--show", action="store_true", help="print every label")
    given = parser.parse_args()
    judged, unseen = read(given.data)
    persons = [j for j in judged if j.label == PERSON]
    things = [j for j in judged if j.label != PERSON]
    for j in things if given.show else ():
        print(
            f"  {j.picture:45} {j.label:14} {j.score:.2f} {j.mass:.4f} {'' if j.right else 'WRONG'}"
        )
    table(things)
    found = sum(j.right for j in persons)
    print(f"persons: found in {found} of {found + unseen} pictures that show one")
    held_out(things)
    cut = cut_of(things)
    print(f"cut: {cut}")
    numbers: dict[str, Any] = {"agreed": cut} | calibrated("person", persons)
    numbers |= calibrated("thing", [t for t in things if t.mass >= cut])
    if given.write:
        write(numbers)


if __name__ == "__main__":
    main()
