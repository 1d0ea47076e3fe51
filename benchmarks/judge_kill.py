"""10,000 images against the fake server, killed three times: is any answered question asked again?

    python benchmarks/judge_kill.py [IMAGES]

Prints for each run what was stored before, asked, replayed, and at the end whether the tables are
the same as those of a run that was never killed.
"""

import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from crosslight.models.fake import FakeServer, parse

POLICY = {
    "title": "Two rules",
    "by": "hand",
    "rules": [
        {
            "id": f"r{k}",
            "rule": f"No thing {k} here.",
            "text": f"No thing {k} here.",
            "chain": [
                {"any": [{"see": f"a thing {k}"}]},
                {"any": [{"see": f"a broken thing {k}"}]},
            ],
        }
        for k in "ab"
    ],
}
SCRIPT = {
    "latency_ms": 5,
    "rules": [
        {"task": "visible", "text": "a broken thing", "choice": {"Yes": 0.1, "No": 0.85}},
        {"task": "visible", "colour": "red", "choice": {"Yes": 0.97, "No": 0.02}},
        {"task": "visible", "choice": {"Yes": 0.05, "No": 0.9}},
        {
            "task": "weigh",
            "json": {"thought": "I look.", "rationale": "none", "rating": "No"},
        },
    ],
}


def pictures(folder: Path, count: int) -> None:
    """Small pictures of coloured blocks, no two alike."""
    folder.mkdir()
    for number in range(count):
        rng = np.random.default_rng(number)
        blocks = rng.integers(0, 255, (6, 8, 3), dtype=np.uint8)
        if number % 5 == 0:
            blocks[:, :, 0], blocks[:, :, 1:] = 220, blocks[:, :, 1:] // 6
        out = io.BytesIO()
        Image.fromarray(blocks).resize((96, 72), Image.Resampling.NEAREST).save(out, "JPEG")
        (folder / f"{number:05d}.jpg").write_bytes(out.getvalue())


def command(folder: Path, spec: str, out: str) -> list[str]:
    """The command line of a run with a store of its own."""
    return [
        sys.executable,
        "-m",
        "crosslight",
        "judge",
        str(folder / "photos"),
        "--constitution",
        str(folder / "policy.yaml"),
        "--model",
        spec,
        "-o",
        str(folder / out),
        "--store",
        str(folder / f"store-{out}"),
        "--addressed",
        "off",
        "--keep-copies",
        "-q",
    ]


def stored(path: Path) -> int:
    """Answers in the store."""
    try:
        with sqlite3.connect(path) as db:
            return int(db.execute("SELECT COUNT(*) FROM answers").fetchone()[0])
    except sqlite3.Error:
        return 0


def main(count: int) -> None:
    """Run it."""
    with tempfile.TemporaryDirectory() as name, FakeServer(parse(SCRIPT)) as server:
        folder = Path(name)
        pictures(folder / "photos", count)
        (folder / "policy.yaml").write_text(json.dumps(POLICY))
        began = time.monotonic()
        subprocess.run(command(folder, server.spec, "whole"), check=True, capture_output=True)
        total = server.stats()["answers"]
        print(f"whole: {total:,} answers, {time.monotonic() - began:.1f} s")
        store = folder / "store-cut" / "answers.sqlite"
        for share in (0.2, 0.5, 0.8):
            process = subprocess.Popen(
                command(folder, server.spec, "cut"),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            while stored(store) < share * total and process.poll() is None:
                time.sleep(0.05)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            print(f"killed at {share:.0%}: {stored(store):,} answers kept")
        kept = stored(store)
        subprocess.run(command(folder, server.spec, "cut"), check=True, capture_output=True)
        told = json.loads((folder / "cut" / "run.json").read_text())["calls"]
        print(f"last run: {told}; asked again: {told['answered'] - (total - kept)}")
        same = all(
            (folder / "cut" / f).read_bytes() == (folder / "whole" / f).read_bytes()
            for f in ("verdicts.parquet", "evidence.parquet", "failed.parquet", "dropped.parquet")
        )
        print(f"tables byte-identical to the run that was never killed: {same}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
