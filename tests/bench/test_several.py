"""Several models in one run: a folder each; none stops the others, nothing is paid twice."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from crosslight.api import bench_jobs
from crosslight.bench.several import folder_of
from crosslight.models.fake import FakeServer
from crosslight.models.fake import parse as script
from crosslight.records import BadSetting
from crosslight.runs import NotARunFolder
from crosslight.store import AnswerStore
from tests.bench.small import By, items, job, pictures
from tests.runs.verbs import ran, summary

ITEMS = 24
RULES = [{"text": "May I", "choice": {"No": 0.6, "Yes": 0.35}}]
SAME = ("items.parquet", "results.json", "results.csv", "epochs.csv")


def suite(folder: Path) -> Path:
    """A small suite with pictures, half of it safe."""
    pictures(folder / "img", ITEMS)
    (folder / "suite.yaml").write_text("name: signs\nsubsets: {a: All items.}\n")
    rows = [
        {"id": str(at), "text": f"May I ({at})?", "image": f"img/{at}.png",
         "expected": "no" if at % 2 else "yes", "side": "unsafe" if at % 2 else "safe"}
        for at in range(ITEMS)
    ]  # fmt: skip
    (folder / "items.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder / "suite.yaml"


def command(folder: Path, out: str, specs: list[str], *more: str) -> list[str]:
    named = [word for spec in specs for word in ("--model", spec)]
    places = ["-o", str(folder / out), "--store", str(folder / f"store-{out}")]
    return [sys.executable, "-m", "crosslight", "bench", str(folder / "suite.yaml"), *named,
            *places, "-q", *more]  # fmt: skip


def spec_of(server: FakeServer, name: str) -> str:
    return f"openai:{name}@{server.url}"


def test_a_model_that_dies_does_not_stop_the_others_and_all_share_a_board(tmp_path: Path) -> None:
    suite(tmp_path)
    dead = "openai:dead@http://127.0.0.1:9/v1"
    with FakeServer(script({"rules": RULES})) as server:
        lacks = spec_of(server, "blind") + "?lacks=images"
        specs = [dead, lacks, spec_of(server, "one"), spec_of(server, "two")]
        ended = ran(command(tmp_path, "out", specs, "--attempts", "1", "--require-sight"))
        assert ended.returncode == 1, ended.stderr
        folders = [tmp_path / "out" / folder_of(spec) for spec in specs]
        assert summary(folders[0])["status"] == "failed"
        assert not folders[1].exists(), "nothing was asked"
        assert "blind" in ended.stderr and "takes no images" in ended.stderr
        assert [summary(folder)["status"] for folder in folders[2:]] == ["complete"] * 2
        assert "model 4 of 4: openai:two" in ended.stdout
        board = (tmp_path / "out" / "leaderboard.md").read_text("utf-8")
        assert "openai:one" in board and "openai:two" in board
        assert {path.suffix for path in (tmp_path / "out").glob("leaderboard.*")} == {
            ".md", ".csv", ".tex", ".html"
        }  # fmt: skip
        asked = server.stats()["requests"]
        # Another order, one more model: those that are there stand where they stood.
        ended = ran(command(tmp_path, "out", [specs[3], specs[2], spec_of(server, "three")]))
        assert ended.returncode == 0, ended.stderr
        assert server.stats()["requests"] == asked + ITEMS + 4
        ended = ran(["python", "-m", "crosslight", "compare", str(tmp_path / "out")])
        assert "openai:three" in ended.stdout
        dry = ran(command(tmp_path, "dry", specs[2:], "--dry-run"))
        assert f"{2 * ITEMS} rows" in dry.stdout and "openai:two" in dry.stdout


def test_the_budget_is_one_for_all(tmp_path: Path) -> None:
    suite(tmp_path)
    with FakeServer(script({"rules": RULES})) as server:
        specs = [spec_of(server, "one"), spec_of(server, "two")]
        calls = 4 + ITEMS + 4 + 6
        ended = ran(command(tmp_path, "out", specs, "--budget", f"{calls}calls"))
        assert ended.returncode == 3, ended.stdout + ended.stderr
        assert server.stats()["requests"] == calls
        one, two = (summary(tmp_path / "out" / folder_of(spec)) for spec in specs)
        assert (one["status"], two["status"]) == ("complete", "stopped")
        assert two["account"]["finished"] == 6
        assert ran(command(tmp_path, "out", specs)).returncode == 0
        assert server.stats()["requests"] == 2 * (4 + ITEMS)


def kept(folder: Path) -> int:
    """Answers in the store."""
    with AnswerStore(folder / "store-out" / "answers.sqlite") as store:
        return store.stats().answers


def until(server: FakeServer, requests: int, process: "subprocess.Popen[bytes]") -> None:
    """Wait until the server has answered so many more."""
    end = time.monotonic() + 60
    aim = server.stats()["answers"] + requests
    while server.stats()["answers"] < aim and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)


def test_interrupted_and_killed_it_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    suite(tmp_path)
    told = script({"rules": RULES, "latency_ms": 40, "slots": 4})
    more = ("--epochs", "2", "--temperature", "1", "--concurrency", "4")
    with FakeServer(told) as server:
        specs = [spec_of(server, "one"), spec_of(server, "two")]
        folders = [tmp_path / "out" / folder_of(spec) for spec in specs]
        words, each = command(tmp_path, "out", specs, *more), 4 + 2 * ITEMS
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        until(server, 10, process)  # in the first model
        os.kill(process.pid, signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 3
        assert b"not begun: openai:two" in said
        assert summary(folders[0])["status"] == "stopped"
        assert not folders[1].exists()
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(server, each - kept(tmp_path) + 10, process)  # in the second
        process.kill()
        process.wait()
        assert each <= kept(tmp_path) < 2 * each
        assert summary(folders[0])["status"] == "complete"
        asked, before = server.stats()["requests"], kept(tmp_path)
        assert ran(words).returncode == 0
        assert server.stats()["requests"] - asked == 2 * each - before, "only what was not kept"
        assert ran(command(tmp_path, "whole", specs, *more)).returncode == 0
    for spec in specs:
        for name in SAME:
            one, two = (tmp_path / out / folder_of(spec) / name for out in ("out", "whole"))
            assert one.read_bytes() == two.read_bytes(), name


def test_one_model_keeps_its_folder_and_folders_are_told_apart(tmp_path: Path) -> None:
    made: Any = job(tmp_path, items(2, "choice"), By("fake:a", lambda request: ""))
    (only,) = bench_jobs(made, ["fake:echo"])
    assert only.out == made.out
    with pytest.raises(BadSetting, match="twice"):
        bench_jobs(made, ["fake:echo", "fake:echo"])
    made.out.mkdir()
    (made.out / "run.json").write_text("{}")
    with pytest.raises(NotARunFolder, match="a folder each"):
        bench_jobs(made, ["fake:echo", "embedded"])
    names = [
        folder_of(spec)
        for spec in (
            "openai:Qwen/Qwen3-VL-8B@http://a/v1",
            "openai:Qwen/Qwen3-VL-8B@http://b/v1",
            "hf:../../etc",
            "fake:..",
            "embedded",
        )
    ]
    assert len(set(names)) == 5
    assert all("/" not in name and name[0] not in ".-" for name in names)
    assert names[0].startswith("Qwen3-VL-8B-")
