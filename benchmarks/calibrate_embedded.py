"""Recompute the numbers of the embedded perception from the labelled example photos.

    python benchmarks/calibrate_embedded.py            # prints; --write also writes the numbers
    python benchmarks/calibrate_embedded.py --labels FILE --photos FOLDER   # measure elsewhere

Fits how class mass becomes a probability, leaves one photo out at a time to measure it, and
takes the cut-offs from those held-out probabilities.
"""

import argparse
import io
import math
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from crosslight.models import fetch
from crosslight.models.embedded import pixels, tagger, thresholds
from crosslight.models.embedded.conse import LabelSpace
from crosslight.models.embedded.evidence import evidence, log_odds
from crosslight.models.embedded.imagenet import names
from crosslight.models.embedded.ocr import TextReader
from crosslight.models.embedded.perception import NETS, Perception, tag_graphs
from crosslight.models.embedded.printed import print_probability
from crosslight.models.embedded.scene import TAGS, Scene

LABELS = thresholds.THRESHOLDS.with_name("calibration.yaml")
TEMPERATURES = (0.6, 0.8, 1.0)
# The shipped views first, then those that were tried and do not pay: four corners.
CANDIDATES = (*pixels.VIEWS, *((0.0, 0.67, x, y) for x in (0.0, 1.0) for y in (0.0, 1.0)))
SHIPPED = np.array([weight for weight, *_ in CANDIDATES])
RIDGE = 0.05
PRECISION = 0.95
MISSED = 0.0075
"""Of what is called absent at most this share may be there."""
Array = NDArray[np.float64]
SAFE = {"safe": 1.0, "sexual": 0.0, "graphic": 0.0}


@dataclass(frozen=True)
class Judged:
    """One photo with what people say is in it."""

    name: str
    logits: NDArray[np.float32]
    text: tuple[tuple[str, float], ...]
    labels: dict[str, bool]
    nets: tuple[float, ...] = (1 / len(NETS),) * len(NETS)
    """Weights of the nets: the mean of all, unless one is measured by itself."""


def read(labels: Path, folder: Path | None) -> tuple[dict[str, Any], list[Judged]]:
    """The elements and the judged photos, each seen once."""
    book = yaml.safe_load(labels.read_text(encoding="utf-8"))
    elements = book.get("elements") or yaml.safe_load(LABELS.read_text("utf-8"))["elements"]
    look, reader, judged = tagger.Tagger(tag_graphs(), 1.0), TextReader(), []
    for name, said in book["photos"].items():
        path = folder / name if folder else fetch.fetch(name)
        image = pixels.decode(path.read_bytes())
        unsure, present = set(said.get("unsure", [])), set(said["present"])
        marks = {e: e in present for e in elements if e not in unsure}
        judged.append(Judged(name, look.logits(image, CANDIDATES), reader.lines(image), marks))
    return elements, judged


def scene(photo: Judged, temperature: float, weights: Array) -> Scene:
    """The scene at a temperature and with weights of the views."""
    each = np.outer(photo.nets, weights).ravel().astype(np.float32)
    p = tagger.mix(photo.logits, each, temperature)
    order = np.argsort(-p, kind="stable")[:TAGS]
    return Scene(tuple((names()[i], float(p[i])) for i in order), photo.text, SAFE)


def table(
    elements: dict[str, Any], judged: list[Judged], temperature: float, weights: Array
) -> tuple[Array, NDArray[np.bool_], NDArray[np.int_]]:
    """Log-odds of the evidence, truth and photo of every judgement about something to be seen."""
    rows = []
    for index, photo in enumerate(judged):
        seen = scene(photo, temperature, weights)
        for name, truth in photo.labels.items():
            e = elements[name]
            if e.get("classes"):
                x = log_odds(evidence(seen, e["classes"], e.get("lookalikes", ())))
                rows.append((x, truth, index))
    xs, ys, photos = zip(*rows, strict=True)
    return np.array(xs), np.array(ys), np.array(photos)


def fit(x: Array, y: NDArray[np.bool_]) -> tuple[float, float]:
    """Intercept and slope of a logistic regression with a small ridge; damped Newton steps."""
    design = np.stack([np.ones_like(x), x], axis=1)
    rest = np.array([0.0, 1.0])
    sign = np.where(y, 1.0, -1.0)

    def loss(beta: Array) -> float:
        return float(
            np.logaddexp(0, -sign * (design @ beta)).sum() + RIDGE / 2 * ((beta - rest) ** 2).sum()
        )

    beta = rest
    for _ in range(100):
        p = sigmoid(design @ beta)
        gradient = design.T @ (p - y) + RIDGE * (beta - rest)
        hessian = (design * (p * (1 - p))[:, None]).T @ design + RIDGE * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        while loss(beta - step) > loss(beta) and np.abs(step).max() > 1e-9:
            step = step / 2
        beta = beta - step
        if np.abs(step).max() < 1e-9:
            break
    return float(beta[0]), float(beta[1])


def sigmoid(z: Array) -> Array:
    """Probability from log-odds."""
    return np.asarray(0.5 * (1 + np.tanh(z / 2)))


def held_out(x: Array, y: NDArray[np.bool_], photo_of: NDArray[np.int_]) -> Array:
    """Probability of each judgement from a fit that has not seen its photo."""
    p = np.empty_like(x)
    for photo in np.unique(photo_of):
        mine = photo_of == photo
        a, b = fit(x[~mine], y[~mine])
        p[mine] = sigmoid(a + b * x[mine])
    return p


def log_loss(p: Array, y: NDArray[np.bool_]) -> float:
    """Mean negative log-likelihood, in nats."""
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return float(-np.mean(np.where(y, np.log(p), np.log(1 - p))))


def area(p: Array, y: NDArray[np.bool_]) -> float:
    """Chance that a thing that is there gets more than one that is not (AUC)."""
    more = (p[y][:, None] > p[~y][None, :]).mean()
    return float(more + 0.5 * (p[y][:, None] == p[~y][None, :]).mean())


def cut_offs(p: Array, y: NDArray[np.bool_]) -> tuple[float, float]:
    """The lowest `present` with the wanted precision and the highest `absent` that misses few."""
    grid = np.arange(0.01, 1.0, 0.01)
    precise = [t for t in grid if (p >= t).any() and y[p >= t].mean() >= PRECISION]
    quiet = [t for t in grid if (p <= t).any() and y[p <= t].mean() <= MISSED]
    present = max(0.5, min(precise, default=0.9))
    return round(float(present), 2), round(float(min(max(quiet, default=0.05), 0.5)), 2)


def report(p: Array, y: NDArray[np.bool_], present: float, absent: float) -> dict[str, float]:
    """Precision, recall, share decided, and what was missed."""
    said, denied = p >= present, p <= absent
    return {
        "judgements": float(len(y)),
        "there": float(y.sum()),
        "log_loss": round(log_loss(p, y), 4),
        "auc": round(area(p, y), 4),
        "precision_present": round(float(y[said].mean()) if said.any() else math.nan, 3),
        "recall_present": round(float(said[y].mean()), 3),
        "missed_among_absent": round(float(y[denied].mean()) if denied.any() else math.nan, 4),
        "coverage": round(float((said | denied).mean()), 3),
        "undecided_of_there": round(float((~said & ~denied)[y].mean()), 3),
    }


def compare_views(elements: dict[str, Any], judged: list[Judged], temperature: float) -> None:
    """What the views are worth: the held-out figures for some weightings of them."""
    for name, weights in {
        "centre only": np.array([1.0, 0, 0, 0, 0, 0]),
        "centre and zoom": np.array([0.5, 0.5, 0, 0, 0, 0]),
        "and a little corners": np.array([0.35, 0.35, 0.075, 0.075, 0.075, 0.075]),
        "all alike": np.full(6, 1 / 6),
    }.items():
        x, y, photo_of = table(elements, judged, temperature, weights)
        p = held_out(x, y, photo_of)
        print(f"  {name:20} log loss {log_loss(p, y):.4f}  AUC {area(p, y):.4f}")


def compare_nets(elements: dict[str, Any], judged: list[Judged], temperature: float) -> None:
    """The same for each net by itself."""
    for index, net in enumerate(NETS):
        one = tuple(float(i == index) for i in range(len(NETS)))
        x, y, photo_of = table(
            elements, [replace(j, nets=one) for j in judged], temperature, SHIPPED
        )
        p = held_out(x, y, photo_of)
        print(f"  {net.name:20} log loss {log_loss(p, y):.4f}  AUC {area(p, y):.4f}")


def captions(labels: Path, judged: list[Judged], temperature: float) -> None:
    """How often the label space finds the right caption of all, first and among three."""
    book = yaml.safe_load(labels.read_text(encoding="utf-8")).get("captions", {})
    photos = [j for j in judged if j.name in book]
    if not photos:
        return
    space = LabelSpace()
    images = np.stack([space.tags(scene(j, temperature, SHIPPED).tags) for j in photos])
    likeness = images @ space.texts([book[j.name] for j in photos]).T
    rank = (likeness > np.diag(likeness)[:, None]).sum(axis=1)
    print(f"captions: {(rank < 1).sum()} first, {(rank < 3).sum()} in three, of {len(photos)}")


def speed(labels: Path, folder: Path | None) -> None:
    """Milliseconds an image, one after the other and then in a pool of as many as cores."""
    names_of = yaml.safe_load(labels.read_text(encoding="utf-8"))["photos"]
    jpegs = []
    for name in names_of:
        image = pixels.decode((folder / name if folder else fetch.fetch(name)).read_bytes())
        image.thumbnail((768, 768))
        out = io.BytesIO()
        image.save(out, "JPEG", quality=85)
        jpegs.append(out.getvalue())
    look, cores = Perception(), os.cpu_count() or 1
    for name, work in (("scene", look.scene), ("tags", look.tags)):
        with ThreadPoolExecutor(cores) as pool:
            list(pool.map(work, jpegs))  # loads the networks, once a thread
            began, used = time.perf_counter(), time.process_time()
            list(pool.map(work, jpegs))
            wall, cpu = time.perf_counter() - began, time.process_time() - used
        began = time.perf_counter()
        list(map(work, jpegs))
        alone, each = time.perf_counter() - began, 1000 / len(jpegs)
        print(
            f"{name}: {alone * each:.0f} ms an image alone, {wall * each:.0f} ms with {cores} "
            f"threads, {cpu * each:.0f} ms of processor time"
        )


def write(numbers: dict[str, Any]) -> None:
    """Put numbers into thresholds.yaml; the others stay."""
    now = yaml.safe_load(thresholds.THRESHOLDS.read_text(encoding="utf-8"))
    text = yaml.safe_dump(now | numbers, sort_keys=False)
    head = (
        "# Written by benchmarks/calibrate_embedded.py (out of calibration.yaml) and detector.py.\n"
    )
    thresholds.THRESHOLDS.write_text(head + text, encoding="utf-8")


def main() -> None:
    """Measure, print, and write if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=Path, default=LABELS)
    parser.add_argument("--photos", type=Path, help="folder of the photos, if not the manifest's")
    parser.add_argument("--write", action="store_true", help="write thresholds.yaml")
    parser.add_argument("--apply", action="store_true", help="measure the numbers as shipped")
    parser.add_argument("--show", action="store_true", help="print every judgement that is wrong")
    parser.add_argument("--speed", action="store_true", help="measure speed, and nothing else")
    given = parser.parse_args()
    if given.speed:
        speed(given.labels, given.photos)
        return
    elements, judged = read(given.labels, given.photos)
    weights = SHIPPED
    if given.apply:
        now = thresholds.read_thresholds()
        x, y, photo_of = table(elements, judged, now.temperature, weights)
        p = sigmoid(now.intercept + now.slope * x)
        numbers = now.model_dump(include={"temperature", "intercept", "slope", "present", "absent"})
    else:
        losses = {}
        for temperature in TEMPERATURES:
            x, y, photo_of = table(elements, judged, temperature, weights)
            losses[temperature] = log_loss(held_out(x, y, photo_of), y)
            print(f"  temperature {temperature}: held-out log loss {losses[temperature]:.4f}")
        best = min(losses, key=lambda t: losses[t])
        x, y, photo_of = table(elements, judged, best, weights)
        p = held_out(x, y, photo_of)
        intercept, slope = fit(x, y)
        present, absent = cut_offs(p, y)
        numbers = {"temperature": best, "intercept": round(intercept, 4), "slope": round(slope, 4)}
        numbers |= {"present": present, "absent": absent}
    figures = report(p, y, numbers["present"], numbers["absent"])
    print(yaml.safe_dump(numbers | figures, sort_keys=False))
    compare_views(elements, judged, numbers["temperature"])
    compare_nets(elements, judged, numbers["temperature"])
    visible = [(j, n) for j in judged for n in j.labels if elements[n].get("classes")]
    for (photo, name), chance, truth in zip(visible, p, y, strict=True):
        if given.show and (truth or chance > numbers["absent"]):
            print(f"  {photo.name:12} {name:18} {chance:.3f} {'there' if truth else 'not there'}")
    read_right = [
        (print_probability(scene(j, 1.0, weights), elements[n]["print"]) >= 0.5) == truth
        for j in judged
        for n, truth in j.labels.items()
        if elements[n].get("print") and not elements[n].get("classes")
    ]
    print(f"printed words: {sum(read_right)} of {len(read_right)} right")
    captions(given.labels, judged, numbers["temperature"])
    if given.write:
        write(numbers | {"measured": figures})


if __name__ == "__main__":
    main()
