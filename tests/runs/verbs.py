"""Every verb that runs, as a command over one fake server: what each promises is tried on each."""

import contextlib
import io
import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from crosslight.models.fake.script import Script, parse
from tests.build.scenes import KEEP, Scene, picture
from tests.build.scripted import script_for, write_photos
from tests.judge.two_rules import TWO
from tests.prefer.asked_world import HARD, annotator, guard, responders
from tests.prefer.scripted import script as prefer_script

SUITE = """
name: signs
data: items.jsonl
subsets: {bad: Unsafe items., good: Safe items.}
"""
RULES: list[dict[str, Any]] = [
    {"task": "visible", "choice": {"Yes": 0.05, "No": 0.9}},
    {
        "task": "weigh",
        "json": {"thought": "I look.", "rationale": "none", "rating": "No"},
    },
    {"task": "describe", "answer": "A quiet scene."},
    {"task": "grade", "choice": {"A": 0.6, "B": 0.3}},
    {"task": "answer", "text": "May I", "choice": {"Yes": 0.1, "No": 0.8}},
]


@dataclass(frozen=True)
class Verb:
    """A verb with its input in place. `main`: the tables that hold what it is for."""

    name: str
    words: tuple[str, ...]
    main: str
    roles: tuple[tuple[str, str], ...] = (("--model", ""),)
    """Options that name models, and the name of each at the endpoint; empty: that of the spec."""

    def command(self, folder: Path, spec: str, out: str = "out", *more: str) -> list[str]:
        """The command; out and store lie in `folder`."""
        words = [word.replace("HERE", str(folder)) for word in self.words]
        places = ("-o", str(folder / out), "--store", str(folder / "store"))
        _, at, url = spec.partition("@")
        models = [
            w for o, name in self.roles for w in (o, f"openai:{name}@{url}" if name else spec)
        ]
        assert at or not any(name for _, name in self.roles), "these are models of an endpoint"
        return [sys.executable, "-m", "crosslight", *words, *places, *models, "-q", *more]


VERBS = (
    Verb("build", ("build", "HERE/photos", "--rounds", "0"), "dataset"),
    Verb(
        "judge",
        ("judge", "HERE/photos", "--constitution", "HERE/two.yaml", "--injection", "off",
         "--keep-copies"),
        "verdicts.parquet",
    ),
    Verb(
        "assess",
        ("judge", "assess", "HERE/photos", "--injection", "off", "--keep-copies"),
        "assessed.parquet",
    ),
    Verb("bench", ("bench", "HERE/suite.yaml"), "items.parquet"),
)  # fmt: skip
ASKING = (
    *VERBS,
    Verb(
        "prefer",
        ("prefer", "HERE/questions.jsonl", "--probes", "0", "--draw", "item"),
        "comparisons.parquet",
        (("--responder", "good"), ("--responder", "naive"), ("--guard", "guard"),
         ("--annotator", "annotator")),
    ),
)  # fmt: skip
"""And those with a model in each of several roles."""

MAIN = ("verdict", "answer", "grade", "guidance", "response", "text", "risk", "status", "test")
"""Columns of the tables that say what the model said, and what came of it."""


def prepared(folder: Path, n: int = 12, **server: Any) -> Script:
    """Photos, a constitution and a suite in `folder`; returns what a model says to all of it."""
    made = [Scene(i, picture(i), KEEP) for i in range(n)]
    photos = write_photos(made, folder / "photos")
    (folder / "two.yaml").write_text(TWO.model_dump_json(), encoding="utf-8")
    (folder / "suite.yaml").write_text(SUITE, encoding="utf-8")
    items = [
        {"id": str(i), "text": f"May I? ({i})", "image": f"photos/{path.name}",
         "expected": "no" if i % 2 else "yes", "subset": "bad" if i % 2 else "good",
         "side": "unsafe" if i % 2 else "safe"}
        for i, path in enumerate(sorted(photos.iterdir()))
    ]  # fmt: skip
    asked = [{"question": HARD, "image": item["image"]} for item in items]
    for name, rows in (("items", items), ("questions", asked)):
        text = "\n".join(map(json.dumps, rows))
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    script = script_for(made, folder / "scratch", **server)
    told = json.loads(script.model_dump_json(exclude_defaults=True, by_alias=True))
    preferred = prefer_script(*responders(), *guard(), *annotator()).model_dump(
        mode="json", exclude_defaults=True, by_alias=True
    )["rules"]
    return parse({**told, "rules": [*RULES, *preferred, *told["rules"]]}, name="all")


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def ran(command: Sequence[str | bytes]) -> Ended:
    """Run a command of `Verb.command` to its end, in this process: a second saved each time."""
    from crosslight.cli import main

    out, err = io.StringIO(), io.StringIO()
    before = sys.argv
    usual = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    sys.argv = ["crosslight", *map(os.fsdecode, command[3:])]
    code: Any = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as end:
        code = end.code
    finally:
        sys.argv = before
        for number, handler in usual.items():
            signal.signal(number, handler)
    return Ended(int(code or 0), out.getvalue(), err.getvalue())


def summary(out: Path) -> dict[str, Any]:
    return dict(json.loads((out / "run.json").read_text(encoding="utf-8")))


def tables(out: Path) -> dict[str, int]:
    """The rows of every table; reading them is the test."""
    found = {path.name: pq.read_table(path).num_rows for path in out.glob("*.parquet")}
    if (out / "dataset").is_dir():
        found["dataset"] = sum(
            pq.read_table(path).num_rows for path in (out / "dataset").glob("*.parquet")
        )
    return found
