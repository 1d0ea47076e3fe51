"""The verbs that ask no model, as commands over inputs that are made once: what each promises is
tried on each."""

import shutil
import sys
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from tests.prefer.builds import bank_rows, write_build
from tests.rate.tables import write_table
from tests.runs.forked import At
from tests.runs.verbs import ran
from tests.tune.judge.family import rows, write

NOT_COMPARED = ("run.json", ".lock", ".owner.json")
"""They tell when, how long, and by whom."""


@dataclass(frozen=True)
class Quiet:
    """A verb that asks nothing. `stopped` and `killed` say where in its work a signal comes,
    `other` makes something else, `broken` fails, and `kept` is made once whatever comes."""

    name: str
    words: tuple[str, ...]
    kind: str
    stopped: At
    killed: At
    other: tuple[str, ...]
    broken: tuple[str, ...]
    kept: str = ""
    store: bool = True
    heavy: bool = False
    """It needs torch: that is for the slow tests."""

    def command(self, here: Path, folder: Path, *more: str) -> list[str]:
        """Over the inputs in `here`, into `folder/out`. An option in `more` counts, not the one
        before it."""
        words = [word.replace("HERE", str(here)) for word in self.words]
        if self.store:
            words += ["--store", str(folder / "store"), "-q"]
        more = tuple(word.replace("HERE", str(here)) for word in more)
        return [sys.executable, "-m", "crosslight", *words, "-o", str(folder / "out"), *more]

    def broken_command(self, here: Path, folder: Path) -> list[str]:
        """That fails."""
        return replace(self, words=self.broken).command(here, folder)


QUIET = (
    Quiet(
        "prefer",
        ("prefer", "HERE/demo"),
        "prefer",
        At("demo/dataset", 0, "open"),
        At("out/dataset", 0),
        ("--limit", "5"),
        ("prefer", "HERE/plain", "--unmirrored", "0"),
    ),
    Quiet(
        "judge",
        ("tune", "judge", "HERE/family.jsonl"),
        "tune-judge",
        At("family.jsonl", 0, "open"),
        At("tuned.json", 0),
        ("--seed", "1"),
        ("tune", "judge", "HERE/plain/absent.jsonl"),
    ),
    Quiet(
        "rate",
        ("rate", "HERE/asks.jsonl", "HERE/tells.jsonl", "--no-curves", "--mixture-steps", "0"),
        "rate",
        At("/cells/", 0, nth=2),
        At("/cells/", 0, nth=2),
        ("--seed", "1"),
        ("rate", "HERE/asks.jsonl", "HERE/tells.jsonl", "--per-class", "500"),
        "cells/*.npy",
    ),
    Quiet(
        "export",
        ("export", "HERE/demo", "--to", "llamafactory"),
        "export",
        At("/images/", 0),
        At("credits.csv", 0, nth=2),
        ("--include-sensitive",),
        ("export", "HERE/blind", "--to", "trl"),
        store=False,
    ),
    Quiet(
        "probe",
        ("tune", "probe", "HERE/probe/rows.jsonl", "--base", "HERE/idefics3", "--tokens", "3",
         "--side", "64"),
        "tune",
        At("states/000000.npz", 0),
        At("states/000001.npz", 0),
        ("--seed", "1"),
        ("tune", "probe", "HERE/probe/rows.jsonl", "--base", "HERE/idefics3", "--tokens", "4"),
        "states/000000.npz",
        heavy=True,
    ),
    Quiet(
        "sft",
        ("tune", "sft", "HERE/sft/rows.jsonl", "--base", "HERE/idefics3", "--steps", "4",
         "--save-every", "1", "--set", "max_length=512", "--set", "batch=2"),
        "tune",
        At("checkpoint-1/complete.json", 0),
        At("checkpoint-3/complete.json", 0),
        ("--seed", "1"),
        ("tune", "sft", "HERE/sft/rows.jsonl", "--base", "HERE/idefics3", "--steps", "2"),
        heavy=True,
    ),
)  # fmt: skip


@dataclass(eq=False)
class Inputs:
    """What the verbs read, made once, and what a run that nothing disturbed makes of it."""

    here: Path

    def __post_init__(self) -> None:
        write_build(self.here / "demo", bank_rows(40, share=1))
        plain = [dict(row, other_response="", other_kind="") for row in bank_rows(60)]
        write_build(self.here / "plain", [row for row in plain if row["kind"] == "unsafe"])
        for row in plain:
            row["image"] = {"bytes": b"no picture", "path": "x.png"}
        write_build(self.here / "blind", plain)
        write(self.here / "family.jsonl", rows()[:24])
        for name in ("asks", "tells"):
            write_table(self.here, name, name)
        self._calm: dict[str, Path] = {}

    @cache  # noqa: B019 - one object a session
    def networks(self) -> None:
        """Make what the heavy ones read."""
        from tests.tune import test_probe, tiny

        tiny.base("idefics3", self.here)
        test_probe.table(self.here / "probe", 40)
        told = [
            {
                "image": f"{colour}.png",
                "prompt": "What do you see?",
                "completion": f"It is {colour}",
            }
            for colour in (*tiny.COLOURS, *tiny.COLOURS)
        ]
        tiny.write_jsonl(self.here / "sft", told)

    def calm(self, verb: Quiet) -> Path:
        """The folder of a run that nothing disturbed, not to be written."""
        if verb.name not in self._calm:
            folder = self.here / "calm" / verb.name
            folder.mkdir(parents=True)
            done = ran(verb.command(self.here, folder))
            assert done.returncode == 0, done.stderr
            self._calm[verb.name] = folder / "out"
        return self._calm[verb.name]

    def finished(self, verb: Quiet, folder: Path) -> Path:
        """A copy of it in `folder`."""
        shutil.copytree(self.calm(verb).parent, folder, dirs_exist_ok=True)
        return folder / "out"


def left(out: Path) -> dict[str, bytes]:
    """All that a run leaves, by name."""
    files = (path for path in sorted(out.rglob("*")) if path.is_file())
    return {str(p.relative_to(out)): p.read_bytes() for p in files if p.name not in NOT_COMPARED}
