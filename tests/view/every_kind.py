"""A run of each kind, made by its own writer, and the address of each page of the viewer."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow.parquet as pq

from crosslight.judge import Scale
from tests.bench.small import By
from tests.bench.small import items as bench_items
from tests.bench.small import run as bench_run
from tests.export.test_pairs import fixed, made
from tests.judge.running import job as judge_job
from tests.judge.running import run as judge_run
from tests.judge.scripted import graded
from tests.judge.simulated import scenes
from tests.rate.test_write import report
from tests.view.make_run import make_run, write_lost
from tests.view.served import pictured

TEXTS = ("text", "speaker", "response", "risk", "why", "element", "source", "category", "scenario")


def every_kind(folder: Path, said: str) -> tuple[Path, list[Path]]:
    """(the store of answers and pictures, the runs); `said`: what strangers say everywhere."""
    folder.mkdir(parents=True)
    store = folder / "store"
    runs = [
        _built(folder / "built", said),
        _judged(store, said),
        _benched(store, said),
        made(folder / "pairs", fixed(4, reply=said), notes=[said]),
        _rated(folder / "rated", said),
        pictured(folder / "one", 4, text=[said, "b", "c", "d"]),
        pictured(folder / "two", 4, text=["a", f"{said} again", "c", "d"]).parent,
        _graded(folder / "graded", said),
    ]
    return store, runs


def pages(runs: list[Path]) -> dict[str, str]:
    """What is looked at -> its address."""
    row = quote(_first(next(runs[0].glob("dataset/train*.parquet")), "id"), safe="")
    judged = quote(_first(runs[1] / "verdicts.parquet", "id"), safe="")
    item = quote(_first(runs[2] / "items.parquet", "item"), safe="")
    graded_row = quote(_first(runs[7] / "assessed.parquet", "photo"), safe="")
    pair = quote(_first(next(runs[3].glob("dataset/*.parquet")), "id"), safe="")
    return {
        "runs": "/",
        "care": "/care",
        **{f"overview of {one.name}": f"/r/{one.name}/overview" for one in runs[:5]},
        "dropped": "/r/built/lost/dropped",
        "dropped rows": "/r/built/lost/dropped/rows",
        "failed": "/r/built/lost/failed",
        "rows": "/r/built/rows",
        "row": f"/r/built/row/{row}",
        "matrix": "/r/judged/kind",
        "judged row": f"/r/judged/row/{judged}",
        "calls": f"/r/judged/calls/{judged}",
        "overview of grades": "/r/graded/overview",
        "grades": "/r/graded/rows",
        "graded row": f"/r/graded/row/{graded_row}",
        "reviews of grades": "/r/graded/review",
        "numbers": "/r/bench/kind",
        "items": "/r/bench/rows",
        "item": f"/r/bench/row/{item}",
        "pairs": "/r/pairs/kind",
        "pair": f"/r/pairs/row/{pair}",
        "rating": "/r/rated/kind",
        "compared": "/compare?a=rows.parquet&b=two",
        "reviews": "/r/built/review",
        "not there": "/nowhere",
    }


def _built(folder: Path, said: str) -> Path:
    make_run(folder, families=3, change=dict.fromkeys(TEXTS, said))
    columns = ("input", "photo", "row", "step", "reason", "detail", "text")
    lost = ("input", "photo", "row", "step", "error", "hint")
    failed: list[dict[str, Any]] = [{**dict.fromkeys(lost, said), "retryable": True}]
    write_lost(folder, [dict.fromkeys(columns, said)], failed)
    return folder


def _judged(store: Path, said: str) -> Path:
    job = judge_job(scenes(6), store, out="judged")
    targets = [replace(one, source=f"{said} {at}") for at, one in enumerate(job.targets)]
    judge_run(replace(job, targets=targets))
    _told(job.out, lambda run: run["constitution"]["titles"].update({"r0": said}))
    return job.out


def _graded(folder: Path, said: str) -> Path:
    scale = Scale(question=f"How risky? {said[:300]}", marks={0: "calm", 5: said[:200], 10: "harm"})
    made = graded(folder, "28?5", scale=scale)
    return made.rename(folder / "graded")


def _benched(store: Path, said: str) -> Path:
    rows = [replace(one, text=f"{said} {at}") for at, one in enumerate(bench_items(6, "choice"))]
    rows[0] = replace(rows[0], labels={"category": said})
    bench_run(store, rows, By("fake:x", lambda request: {"Yes": 1.0}), out="bench")
    return store / "bench"


def _rated(folder: Path, said: str) -> Path:
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"kind": "rate", "status": "complete"}))
    (folder / "rate.json").write_text(report(said).model_dump_json())
    return folder


def _told(folder: Path, change: Any) -> None:
    path = folder / "run.json"
    run = json.loads(path.read_text(encoding="utf-8"))
    change(run)
    path.write_text(json.dumps(run), encoding="utf-8")


def _first(file: Path, column: str) -> str:
    return str(pq.read_table(file, columns=[column]).column(0)[0].as_py())
