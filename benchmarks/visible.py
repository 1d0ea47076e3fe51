"""How often is `visible` right without a vision-language model? By labelled pictures.

    python -m benchmarks.visible --data FOLDER              # judges them and prints the table
    python -m benchmarks.visible --data FOLDER --run RUN    # reads a finished run of them

The labels are in visible_labels.yaml, made before the rules were tuned, by one reader; the pictures
are the user's own, found below the folder by their sha256. Every (picture, rule) pair counts that
the labels decide; rules that fewer than three pictures break are listed and not counted.
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from crosslight.judge.tables import read_verdicts
from crosslight.records import Finding, Verdict
from crosslight.stats import wilson

LABELS = Path(__file__).with_name("visible_labels.yaml")
LEAST = 3
PARTS = ("photos", "benchmarks/mossbench", "benchmarks/mmsafeaware", "benchmarks/figstep")
SAME = {
    "vehicle": ("vehicles",),
    "bicycle": ("cycles",),
    "motorcycle": ("motorcycles",),
    "boat": ("boats",),
    "animals": ("pets", "large_animals", "rabbits"),
    "card_number": ("card",),
    "bank_account": ("iban",),
    "number_plate": ("plate",),
    "agency_mark": ("watermarks",),
    "blank_list": ("empty_list",),
}
"""Rule -> what breaks it, in the words of the labels, where that has another name."""


@dataclass(slots=True)
class Tally:
    """One rule: pictures that break it and that do not, by what was said of them."""

    found: int = 0
    missed: int = 0
    open_broken: int = 0
    kept: int = 0
    false: int = 0
    open_kept: int = 0

    @property
    def broken(self) -> int:
        return self.found + self.missed + self.open_broken

    @property
    def pairs(self) -> int:
        return self.broken + self.kept + self.false + self.open_kept

    @property
    def decided(self) -> int:
        return self.pairs - self.open_broken - self.open_kept

    @property
    def wrong(self) -> int:
        return self.missed + self.false

    def add(self, broken: bool, finding: Finding) -> None:
        """One pair."""
        at = {Finding.VIOLATED: 0, Finding.CLEAR: 1}.get(finding, 2)
        names = ("found", "missed", "open_broken") if broken else ("false", "kept", "open_kept")
        setattr(self, names[at], getattr(self, names[at]) + 1)

    def __add__(self, other: "Tally") -> "Tally":
        names = self.__slots__
        return Tally(*(getattr(self, n) + getattr(other, n) for n in names))


def pictures(data: Path, book: dict[str, Any]) -> dict[str, Path]:
    """sha256 -> file, of the labelled pictures that are there; the copies are left out."""
    files = {p.name: p for p in data.rglob("*") if p.is_file()}
    found = {}
    for sha, said in book.items():
        path = data / said["path"]
        path = path if path.is_file() else files.get(Path(said["path"]).name, path)
        if said.get("same") or not path.is_file():
            continue
        if hashlib.sha256(path.read_bytes()).hexdigest() == sha:
            found[sha] = path
    return found


def judged(files: dict[str, Path], out: Path, constitution: str) -> None:
    """Judge the pictures, each under the name of its hash, so that names tell which it is."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for sha, path in files.items():
            (folder / f"{sha}{path.suffix}").write_bytes(path.read_bytes())
        command = [sys.executable, "-m", "crosslight", "judge", "run", str(folder)]
        options = ["--constitution", constitution, "--model", "embedded", "--keep-copies"]
        subprocess.run([*command, *options, "-o", str(out), "-q"], check=False)


def tallies(
    verdicts: Sequence[Verdict], book: dict[str, Any], only: Sequence[str] = ("",)
) -> dict[str, Tally]:
    """By rule, over the pictures whose path begins with one of `only`."""
    found: dict[str, Tally] = {}
    for verdict in verdicts:
        said = book.get(Path(verdict.source).stem) or book.get(verdict.photo)
        if said is None or said.get("same") or not said["path"].startswith(tuple(only)):
            continue
        for rule in verdict.rules:
            names = SAME.get(rule.rule, (rule.rule,))
            broken = any(name in said.get("broken", ()) for name in names)
            if broken or not any(name in said.get("unsure", ()) for name in names):
                found.setdefault(rule.rule, Tally()).add(broken, rule.finding)
    return found


def table(found: dict[str, Tally]) -> str:
    """The rules, those that count first, and their sum."""
    counted = {rule: one for rule, one in found.items() if one.broken >= LEAST}
    rows = [
        "| rule | pictures that break it | found | missed | undecided | false alarms | decided |"
    ]
    rows.append("|---|---|---|---|---|---|---|")
    for rule, one in counted.items():
        rows.append(
            f"| `{rule}` | {one.broken} | {one.found} | {one.missed} | {one.open_broken} "
            f"| {one.false} of {one.pairs - one.broken} | {one.decided / one.pairs:.0%} |"
        )
    total = sum(counted.values(), Tally())
    rows += ["", summary(f"{len(counted)} rules", total), ""]
    rows.append(f"Listed, not counted (fewer than {LEAST} pictures break them):")
    rows += [
        f"- `{rule}`: {one.found} of {one.broken} found, {one.false} false alarms, "
        f"{one.decided / one.pairs:.0%} decided"
        for rule, one in found.items()
        if rule not in counted
    ]
    return "\n".join(rows)


def summary(name: str, one: Tally) -> str:
    """Decided, wrong and recall in a sentence."""
    if not one.decided or not one.broken:
        return f"{name}: nothing to count"
    low, high = wilson(one.wrong / one.decided, one.decided)
    return (
        f"{name}: {one.pairs} pairs, {one.decided / one.pairs:.1%} decided; of these "
        f"{one.wrong / one.decided:.2%} wrong ({one.wrong} of {one.decided}, 95% interval "
        f"{low:.2%}-{high:.2%}); recall {one.found / one.broken:.2f} ({one.found} of "
        f"{one.broken}), "
        f"precision {one.found / max(1, one.found + one.false):.2f}"
    )


def main() -> None:
    """Parse arguments and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path)
    parser.add_argument("--constitution", default="visible")
    arguments = parser.parse_args()
    book = yaml.safe_load(LABELS.read_text(encoding="utf-8"))["pictures"]
    with tempfile.TemporaryDirectory() as name:
        run = arguments.run or Path(name) / "run"
        if arguments.run is None:
            judged(pictures(arguments.data, book), run, arguments.constitution)
        verdicts = read_verdicts(run)
    found = tallies(verdicts, book)
    print(table(found))
    print()
    counted = [rule for rule, one in found.items() if one.broken >= LEAST]
    for part in PARTS:
        here = tallies(verdicts, book, (part,))
        print(summary(part, sum((here[rule] for rule in counted if rule in here), Tally())))


if __name__ == "__main__":
    main()
