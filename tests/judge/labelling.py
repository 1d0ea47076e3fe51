"""The labelling loop as documented, played many times with known truth: do the intervals cover?"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from crosslight.judge import cutoff, metrics
from crosslight.judge.label_queue import images_to_label, write_queue
from crosslight.judge.labels import Labels, read_labels
from crosslight.judge.sample import Sample, images_of, judged
from crosslight.records import Finding, RuleFinding, Status, Verdict

TOLD = ("recall", "precision", "prevalence", "f1", "auroc")


@dataclass
class Tally:
    """Of one figure over many runs. `told`: not called too few."""

    runs: int = 0
    covered: int = 0
    told: int = 0
    told_covered: int = 0
    points: int = 0
    """Runs whose interval has no width."""
    width: float = 0.0

    @property
    def share(self) -> float:
        """Of the told intervals, how many cover; 1 where none was told."""
        return self.told_covered / self.told if self.told else 1.0


@dataclass
class Played:
    """The figures of many runs by name."""

    figures: dict[str, Tally] = field(default_factory=lambda: {name: Tally() for name in TOLD})


def made_run(
    size: int, *, unsafe: float, recall: float, specificity: float, undecided: float, seed: int
) -> tuple[list[Verdict], list[bool]]:
    """Verdicts of one rule, whose errors are doubtful more often than what is right, and truth."""
    rng = np.random.default_rng(seed)
    truth = rng.random(size) < unsafe
    right = rng.random(size) < np.where(truth, recall, specificity)
    said = truth == right
    doubt = np.where(right, rng.beta(1, 5, size), rng.beta(3, 3, size))
    score = np.where(said, 1 - doubt / 2, doubt / 2)
    open_ = doubt + rng.random(size) / 4
    limit = np.quantile(open_, 1 - undecided)
    verdicts = []
    for at in range(size):
        finding = Finding.VIOLATED if said[at] else Finding.CLEAR
        if undecided and open_[at] > limit:
            finding = Finding.UNDECIDED
        verdicts.append(verdict(at, finding, float(score[at])))
    return verdicts, truth.tolist()


def verdict(at: int, finding: Finding, score: float) -> Verdict:
    """Of one rule."""
    status = {Finding.VIOLATED: Status.UNSAFE, Finding.CLEAR: Status.SAFE}
    rule = RuleFinding("r0", finding, "", score)
    return Verdict(f"p{at}", status.get(finding, Status.UNDECIDED), (rule,), source=f"{at}.jpg")


def renamed(verdicts: Sequence[Verdict], run: int) -> list[Verdict]:
    """The same images under other hashes: another draw of chance."""
    return [
        Verdict(f"{run}/{at}", v.status, v.rules, v.reason, source=f"{at}.jpg")
        for at, v in enumerate(verdicts)
    ]


def loop(
    verdicts: Sequence[Verdict], truth: Sequence[bool], rounds: Sequence[int], folder: Path
) -> Labels:
    """Rounds of a queue: somebody fills in all rows and gives all files to the next."""
    by_source = {v.source: unsafe for v, unsafe in zip(verdicts, truth, strict=True)}
    labels, files = None, list[Path]()
    for number, size in enumerate(rounds):
        into = folder / str(number)
        into.mkdir(parents=True, exist_ok=True)
        (into / "label_next.csv").unlink(missing_ok=True)
        path = write_queue(into, images_to_label(verdicts, labels, size))
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            row["label"] = "unsafe" if by_source[row["image"]] else "safe"
            row["broken"] = "r0" if by_source[row["image"]] else ""
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        files.append(path)
        labels = read_labels(*files)
    assert labels is not None
    return labels


def cut_at(verdicts: Sequence[Verdict], cut: float) -> list[Verdict]:
    """The verdicts of a run of one rule by a cut of its score; what is undecided stays so."""
    return [
        v
        if v.status is Status.UNDECIDED
        else replace(v, status=Status.UNSAFE if v.score >= cut else Status.SAFE)
        for v in verdicts
    ]


def at_cut(
    verdicts: Sequence[Verdict], labels: Labels, seed: int
) -> tuple[dict[str, dict[str, float]], list[Verdict]] | None:
    """What a card says of the cut that it chose on half of the labels, by the other half, and the
    verdicts by it; None where there is no cut."""
    images = [replace(i, reach=_reach(i.verdict)) for i in images_of(verdicts, [])]
    j, _ = judged(images, labels)
    first, second = cutoff.halves(set(j.at[j.labelled].tolist()), 0.5, seed)
    cut = cutoff.best_f1(cutoff.knowing(j, first)).at
    if cut is None:
        return None
    applied = cut_at(verdicts, cut)
    rest = cutoff.knowing(judged(images_of(applied, []), labels)[0], second)
    return metrics.measure(rest, seed=seed), applied


def _reach(v: Verdict | None) -> dict[str, float]:
    return {"r0": v.score} if v is not None and v.status is not Status.UNDECIDED else {}


def true_figures(verdicts: Sequence[Verdict], truth: Sequence[bool]) -> dict[str, float]:
    """With every label known."""
    said = [v.status is Status.UNSAFE for v in verdicts]
    known = [v.status is not Status.UNDECIDED for v in verdicts]
    rows = zip(truth, said, known, [v.score for v in verdicts], strict=True)
    found = metrics.measure(metrics.arrays(list(rows)))
    return {name: found[name]["value"] for name in TOLD}


def play(
    verdicts: Sequence[Verdict],
    truth: Sequence[bool],
    rounds: Sequence[int],
    runs: int,
    folder: Path,
    *,
    cut: bool = False,
) -> Played:
    """The loop `runs` times over the same images, each with its own draw. `cut`: count the figures
    of the cut that the card chooses, where it finds one, in place of those of the run."""
    true, played = true_figures(verdicts, truth), Played()
    for run in range(runs):
        these = renamed(verdicts, run)
        labels = loop(these, truth, rounds, folder)
        if cut:
            found = at_cut(these, labels, run)
            if found is not None:
                count(played, found[0], true_figures(found[1], truth))
            continue
        j, _ = judged(images_of(these, []), labels)
        count(played, metrics.measure(j, seed=run), true)
    return played


def count(played: Played, found: dict[str, dict[str, float]], true: dict[str, float]) -> None:
    """Take in the figures of one run."""
    for name, tally in played.figures.items():
        figure = found[name]
        low, high = figure["low"], figure["high"]
        if low is None:
            low, high = 0.0, 1.0
        covered = low - 1e-6 <= true[name] <= high + 1e-6
        tally.runs += 1
        tally.covered += covered
        tally.told += not figure["few"]
        tally.told_covered += covered and not figure["few"]
        tally.points += high <= low
        tally.width += high - low


def sampled(verdicts: Sequence[Verdict], labels: Labels, said: str = "") -> Sample:
    """How the labels were drawn."""
    return judged(images_of(verdicts, []), labels, said="random" if said else "")[1]
