"""`crosslight rate` as people call it: real files, real processes, real signals."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crosslight.api import rate_job
from crosslight.flow import run_main
from crosslight.rate import RateConfig, run_rate
from tests.busy import BUSY
from tests.rate.tables import write_table
from tests.runs.verbs import ran, summary

RATE = [sys.executable, "-m", "crosslight", "rate"]
SMALL = ["-q", "--no-curves", "--mixture-steps", "0"]


def command(folder: Path, *more: str, out: str = "out") -> list[str]:
    """Two tables of one idea in two wordings."""
    tables = []
    for name in ("asks", "tells"):
        path = folder / f"{name}.jsonl"
        tables.append(str(path if path.exists() else write_table(folder, name, name)))
    store = ("--store", str(folder / "store"))
    return [*RATE, *tables, "-o", str(folder / out), *store, *SMALL, *more]


def rated(folder: Path) -> dict[str, object]:
    return dict(json.loads((folder / "rate.json").read_text(encoding="utf-8")))


def files(folder: Path) -> dict[str, bytes]:
    names = ("rate.json", "rate.md", "rate.tex", "README.md", "report.html")
    return {name: (folder / name).read_bytes() for name in names}


def test_a_run_leaves_its_files_and_a_stopped_one_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    """In this process; the next one is the same with a process of its own."""
    done = ran(command(tmp_path))
    assert done.returncode == 0, done.stderr
    told = rated(tmp_path / "out")
    assert "above chance" in str(told["sentence"])
    assert " ".join(str(told["sentence"]).split()) in " ".join(done.stdout.split())
    account = summary(tmp_path / "out")["account"]
    assert account["finished"] == account["inputs"] == 4
    whole = files(tmp_path / "out")

    asked: list[str] = []

    def interrupts(what: str, done: int, of: int) -> None:
        if what == "train and test" and not asked:
            asked.append(what)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.3)  # the loop takes the signal before the next cell begins

    tables = [str(tmp_path / f"{name}.jsonl") for name in ("asks", "tells")]
    job = rate_job(
        tables,
        tmp_path / "stopped",
        pool=None,
        judge="vectors",
        config=RateConfig(curves=False, steps=0),
        store=tmp_path / "store",
    )
    result = run_main(run_rate(job, interrupts))
    assert asked and result.exit_code == 3
    stopped = summary(tmp_path / "stopped")
    assert stopped["status"] == "stopped" and stopped["account"]["not_reached"] == 4
    assert not (tmp_path / "stopped" / "rate.json").exists()
    cells = tmp_path / "stopped" / "cells"
    kept = {path.name: path.stat().st_mtime_ns for path in cells.glob("*.npy")}
    assert kept and len(kept) < len(list((tmp_path / "out" / "cells").glob("*.npy")))

    again = ran(command(tmp_path, out="stopped"))
    assert again.returncode == 0, again.stderr
    assert files(tmp_path / "stopped") == whole
    now = {path.name: path.stat().st_mtime_ns for path in cells.glob("*.npy")}
    assert all(now[name] == when for name, when in kept.items()), "trained again"


@pytest.mark.slow
def test_a_process_that_is_interrupted_ends_with_three_and_goes_on(tmp_path: Path) -> None:
    done = ran(command(tmp_path))
    assert done.returncode == 0, done.stderr
    whole = files(tmp_path / "out")

    child = subprocess.Popen(command(tmp_path, out="stopped"), stderr=subprocess.PIPE, text=True)
    cells = tmp_path / "stopped" / "cells"
    deadline = time.monotonic() + 60 * BUSY
    while not list(cells.glob("*.npy")) and child.poll() is None:
        assert time.monotonic() < deadline, "nothing is trained"
        time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=30)
    assert child.returncode == 3, said
    assert "run the same command again" in said
    stopped = summary(tmp_path / "stopped")
    assert stopped["status"] == "stopped" and stopped["account"]["not_reached"] == 4
    assert not (tmp_path / "stopped" / "rate.json").exists()
    kept = {path.name: path.stat().st_mtime_ns for path in cells.glob("*.npy")}
    assert kept and len(kept) < len(list((tmp_path / "out" / "cells").glob("*.npy")))

    again = ran(command(tmp_path, out="stopped"))
    assert again.returncode == 0, again.stderr
    assert files(tmp_path / "stopped") == whole
    now = {path.name: path.stat().st_mtime_ns for path in cells.glob("*.npy")}
    assert all(now[name] == when for name, when in kept.items()), "trained again"


def test_a_set_that_must_not_be_trained_on_and_one_label_are_test_only(tmp_path: Path) -> None:
    only = write_table(tmp_path, "only", "asks", label=1)
    both = write_table(tmp_path, "both", "tells")
    base = [*RATE, str(only), str(both), "-o", str(tmp_path / "out"), *SMALL]
    base += ["--store", str(tmp_path / "store")]
    done = ran(base)
    assert done.returncode == 0, done.stderr
    told = rated(tmp_path / "out")
    why = {one["name"]: one["why_not"] for one in told["datasets"]}  # type: ignore[attr-defined]
    assert why == {"only": "its rows are all unsafe", "both": ""}
    lines = {one["name"]: one for one in told["lines"]}  # type: ignore[attr-defined]
    assert "only" not in lines and lines["both"]["mean"] is None
    cell = next(one for one in lines["both"]["cells"] if one["test"] == "only")
    assert set(cell["figures"]) == {"recall"} and "auc" not in cell["figures"]
    assert "no measure" in str(told["sentence"])

    pool = write_table(tmp_path, "pool", "plans")
    done = ran([*base, "--control-pool", str(pool)])
    assert done.returncode == 0, done.stderr
    told = rated(tmp_path / "out")
    entry = next(one for one in told["datasets"] if one["name"] == "only")  # type: ignore[attr-defined]
    assert entry["why_not"] == "" and entry["controls"] == entry["safe"] == 60
    lines = {one["name"]: one for one in told["lines"]}  # type: ignore[attr-defined]
    assert lines["only"]["mean"] is not None and lines["both"]["mean"] is not None


def test_the_same_rows_in_two_sets_are_found_and_left_out(tmp_path: Path) -> None:
    one = write_table(tmp_path, "one", "asks")
    copy = tmp_path / "copy.jsonl"
    rows = [json.loads(line) for line in one.read_text().splitlines()]
    more = [json.loads(x) for x in write_table(tmp_path, "more", "tells").read_text().splitlines()]
    changed = [{**row, "text": row["text"].upper() + " "} for row in rows[:60]]
    copy.write_text("".join(json.dumps(row) + "\n" for row in changed + more), encoding="utf-8")
    done = ran([*RATE, str(one), str(copy), "-o", str(tmp_path / "out"), *SMALL])
    assert done.returncode == 0, done.stderr
    found = {(x["train"], x["test"]): x for x in rated(tmp_path / "out")["overlaps"]}  # type: ignore[attr-defined]
    assert found["copy", "one"]["flagged"] and found["copy", "one"]["ways"]["text"] > 0
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "held test rows" in page and "flagged" in page


def test_one_set_alone_is_told_within_itself_and_how_to_get_others(tmp_path: Path) -> None:
    one = write_table(tmp_path, "one", "asks")
    done = ran([*RATE, str(one), "-o", str(tmp_path / "out"), *SMALL])
    assert done.returncode == 0, done.stderr
    told = rated(tmp_path / "out")
    assert not told["lines"]
    titles = {each["title"]: each["value"] for each in told["within"]}  # type: ignore[attr-defined]
    assert titles["the text; pairs held out"] > 0.7
    assert str(told["sentence"]).startswith("A judge that learnt from one tells unsafe from safe")
    assert titles["words of the text alone; pairs and texts held out"] > 0.7
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<code>crosslight bench fetch SUITE</code>" in page


@pytest.mark.parametrize(
    ("more", "cause", "remedy"),
    [
        (("--seeds", "2"), "--seeds 2", "give 3 or more"),
        (("--per-class", "3"), "--per-class 3", "give 12 or more"),
        (("--judge", "hf:x"), "no folder 'x'", "OWNER/REPO"),
        (("--per-class", "500"), "none of the datasets can be trained on", "--control-pool"),
        (("--control-pool", "none.jsonl"), "none.jsonl", "SUITE=FOLDER"),
    ],
)
def test_what_cannot_be_done_names_its_cause_and_remedy(
    more: tuple[str, ...], cause: str, remedy: str, tmp_path: Path
) -> None:
    done = ran(command(tmp_path, *more))
    assert done.returncode == 2, done.stdout
    assert cause in done.stderr and remedy in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out" / "rate.json").exists()


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("years of work")
    done = ran(command(tmp_path))
    assert done.returncode == 2 and "not empty" in done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.tex"]
