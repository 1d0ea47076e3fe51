"""Do the intervals of the judge's report card cover the truth as often as they say?

Run: python -m benchmarks.judge_card [--runs 1000] [--images 400] [--labels 10,20,50,100,200,400]
     [--worlds vlm,balanced,rare,poor] [--cut]

Plays the labelling loop of docs/judge.md with known truth: `label_next.csv` (half by chance, half
by doubt) is filled in as somebody would who sees everything, and given to the report card; more
than 50 labels in several rounds. Each run has its own draw of chance over the same verdicts. The
verdicts are those of the judge over a simulated vision-language model with a rule-breaking half
(`vlm`: without debiasing and cascade, so that it errs), or made by given error rates.

A row is a world and a number of labels; a cell is the share of runs whose nominal 95% interval
covers, over all runs, then over those that were told and not called "too few" (how many these are),
and the mean width. The last line says which told cell is lowest, of those told in a fiftieth of
the runs or more. With `--cut` the figures are those of the cut that the card chose on half of the
labels, by the other half, and the runs are those that found one.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.judge.labelling import TOLD, Played, made_run, play, true_figures
from tests.judge.running import job, run
from tests.judge.simulated import World, scenes

from crosslight.records import Verdict

MADE = {
    "balanced": {"unsafe": 0.5, "recall": 0.87, "specificity": 0.9, "undecided": 0.0},
    "rare": {"unsafe": 0.1, "recall": 0.8, "specificity": 0.97, "undecided": 0.1},
    "poor": {"unsafe": 0.3, "recall": 0.6, "specificity": 0.8, "undecided": 0.2},
    "good": {"unsafe": 0.4, "recall": 0.98, "specificity": 0.99, "undecided": 0.05},
}
ROUND = 50


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--images", type=int, default=400)
    parser.add_argument("--labels", default="10,20,50,100,200,400")
    parser.add_argument("--worlds", default=f"vlm,{','.join(MADE)}")
    parser.add_argument("--cut", action="store_true")
    args = parser.parse_args()
    lowest = (2.0, "")
    for world in args.worlds.split(","):
        verdicts, truth = world_of(world, args.images)
        true = true_figures(verdicts, truth)
        print(world, ", ".join(f"{name} {true[name]:.2f}" for name in TOLD), flush=True)
        for labels in map(int, args.labels.split(",")):
            begun = time.monotonic()
            with tempfile.TemporaryDirectory() as folder:
                rounds = rounds_of(labels)
                played = play(verdicts, truth, rounds, args.runs, Path(folder), cut=args.cut)
            line = f"{world} {labels}"
            if args.cut:
                line += f", {played.figures['recall'].runs} cuts"
            print(f"| {line} | {row(played)} | {time.monotonic() - begun:.0f} s |", flush=True)
            lowest = min([lowest, *least(played, args.runs, line)])
    print(f"lowest share of told intervals that cover: {lowest[0]:.3f} ({lowest[1]})")


def rounds_of(labels: int) -> Sequence[int]:
    """Queues of at most 50, or of a quarter of all."""
    each = max(ROUND, labels // 4)
    return [min(each, labels - at) for at in range(0, labels, each)]


def world_of(name: str, images: int) -> tuple[list[Verdict], list[bool]]:
    """Verdicts and truth."""
    if name in MADE:
        return made_run(images, seed=1, **MADE[name])
    shown = scenes(images)
    with tempfile.TemporaryDirectory() as folder:
        made = job(shown, Path(folder), world=World(shown), without=("debias1", "cascade"))
        _, verdicts = run(made)
    truth = {scene.photo: scene.unsafe for scene in shown}
    return verdicts, [truth[v.photo] for v in verdicts]


def row(played: Played) -> str:
    """The figures of one world and number of labels."""
    cells = []
    for name in TOLD:
        t = played.figures[name]
        if not t.runs:
            cells.append("none")
            continue
        told = f"{t.share:.3f} of {t.told}" if t.told else "too few"
        cells.append(f"{t.covered / t.runs:.3f}; {told}; {t.width / t.runs:.2f}")
    return " | ".join(cells)


def least(played: Played, runs: int, line: str) -> list[tuple[float, str]]:
    """Shares that rest on a fiftieth of the runs or more."""
    return [
        (tally.share, f"{name}, {line}")
        for name, tally in played.figures.items()
        if tally.told >= runs / 50
    ]


if __name__ == "__main__":
    main()
