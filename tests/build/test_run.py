"""Whole builds: through the command line, over HTTP, killed, faulted, repeated."""

import json
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from crosslight.models.fake import FakeServer
from tests.build.hostile import make_hostile
from tests.build.scenes import KEEP, Scene, picture
from tests.build.scripted import script_for, write_photos
from tests.runs.verbs import Ended, ran

TABLES = ("dropped.parquet", "failed.parquet", "README.md", "report.html")


def scenes(n: int) -> list[Scene]:
    fates = (KEEP, KEEP, "not_unsafe_together")
    return [Scene(i, picture(i), fates[i % 3]) for i in range(n)]


def command(photos: Path, out: Path, store: Path, spec: str, *more: str) -> list[str]:
    names = ("build", str(photos), "-o", str(out), "--store", str(store), "--model", spec)
    return [sys.executable, "-m", "crosslight", *names, "--quiet", "--rounds", "0", *more]


def run(args: list[str], code: int = 0) -> Ended:
    done = ran(args)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def left(out: Path) -> dict[str, bytes]:
    """Everything that a run leaves except its clock and counters."""
    found = {name: (out / name).read_bytes() for name in TABLES}
    return found | {p.name: p.read_bytes() for p in sorted((out / "dataset").iterdir())}


def summary(out: Path) -> dict[str, Any]:
    return dict(json.loads((out / "run.json").read_text()))


def rows(path: Path) -> list[dict[str, Any]]:
    return list(pq.read_table(path).to_pylist())


def test_a_run_killed_at_random_moments_ends_as_if_it_never_was(tmp_path: Path) -> None:
    made = scenes(16)
    photos = write_photos(made, tmp_path / "photos")
    script = script_for(made, tmp_path / "scratch", latency_ms=40, slots=32)
    port = free_port()  # the endpoint stands in every key and row: the same for both
    with FakeServer(script, port=port) as calm:
        run(command(photos, tmp_path / "calm" / "out", tmp_path / "calm-store", calm.spec))
        asked = calm.stats()["requests"]
    chance = random.Random(7)
    kills = under_way = 0
    with FakeServer(script, port=port) as server:
        args = command(photos, tmp_path / "killed" / "out", tmp_path / "killed-store", server.spec)
        for _ in range(3):
            child = subprocess.Popen(args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            # Counted in requests: how long a process takes to begin says nothing on a busy machine.
            moment = server.stats()["requests"] + chance.randrange(1, asked // 3)
            while server.stats()["requests"] < moment and child.poll() is None:
                time.sleep(0.02)
            time.sleep(chance.uniform(0, 0.2))
            if child.poll() is None:
                kills += 1
                under_way += server.stats()["in_flight"]
                child.send_signal(signal.SIGKILL)
            child.wait()
        run(args)
        stats = server.stats()
    assert kills, "no run lived long enough to be killed"
    # What was in flight at a kill must be asked again, and what was answered but not yet on the
    # disk: a commit window (16), and a burst of the server's that nobody had read (its 32 slots).
    lost = (16 + 32) * kills
    assert stats["requests"] - asked <= under_way + lost
    assert stats["answers"] - stats["answered_payloads"] <= lost
    assert left(tmp_path / "killed" / "out") == left(tmp_path / "calm" / "out")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def rows_of(out: Path) -> list[dict[str, Any]]:
    return [row for path in sorted((out / "dataset").iterdir()) for row in rows(path)]


def test_the_same_command_again_asks_nothing_and_leaves_the_same_bytes(tmp_path: Path) -> None:
    made = scenes(12)
    photos = write_photos(made, tmp_path / "photos")
    with FakeServer(script_for(made, tmp_path / "scratch")) as server:
        args = command(photos, tmp_path / "out", tmp_path / "store", server.spec)
        run(args)
        first, asked = left(tmp_path / "out"), server.stats()["requests"]
        assert summary(tmp_path / "out")["kinds"] == {
            "control_photo": 8,
            "control_text": 8,
            "unsafe": 8,
        }
        run(args)
        assert server.stats()["requests"] == asked
    assert left(tmp_path / "out") == first
    calls = summary(tmp_path / "out")["calls"]
    assert calls["asked"] == 0 and calls["replayed"] > 0


def test_faults_are_counted_by_class_and_never_become_rows(tmp_path: Path) -> None:
    made = scenes(40)
    photos = write_photos(made, tmp_path / "photos")
    faults = {
        "server_error": 0.02,
        "rate_limit": 0.02,
        "malformed": 0.02,
        "hang": 0.01,
        "empty": 0.01,
        "content_filter": 0.01,
        "hang_s": 5,
        "retry_after": 0.05,
    }
    script = script_for(made, tmp_path / "scratch", faults=faults, seed=3)
    out = tmp_path / "out"
    with FakeServer(script) as server:
        run(command(photos, out, tmp_path / "store", server.spec, "--timeout", "1"))
    told = summary(out)
    assert told["status"] == "complete"
    faulty = told["faults"]
    assert {"content_filter", "server_fault", "rate_limited", "bad_answer"} <= set(faulty)
    failed = rows(out / "failed.parquet")
    assert failed and all(row["error"].startswith("content_filter") for row in failed)
    keepers = {scene.number for scene in made if scene.fate == KEEP}
    kept = {row["source"] for row in rows_of(out) if row["kind"] == "unsafe"}
    assert kept <= {f"scene-{n:03}.jpg" for n in keepers}
    lost = {row["input"] for row in failed}
    assert {f"scene-{n:03}.jpg" for n in keepers} <= kept | lost
    page = (out / "report.html").read_text(encoding="utf-8")
    assert all(name in page for name in ("content filter", "not unsafe together"))


def test_a_budget_stops_the_run_and_the_next_one_goes_on(tmp_path: Path) -> None:
    made = scenes(12)
    photos = write_photos(made, tmp_path / "photos")
    with FakeServer(script_for(made, tmp_path / "scratch")) as server:
        args = command(photos, tmp_path / "out", tmp_path / "store", server.spec)
        done = run([*args, "--max-calls", "30"], code=3)
        assert "stopped" in done.stderr and "run the same command" in done.stderr
        assert summary(tmp_path / "out")["status"] == "stopped"
        assert summary(tmp_path / "out")["calls"]["asked"] <= 30
        run(args)
        assert server.stats()["answered_twice"] == 0
    assert summary(tmp_path / "out")["status"] == "complete"


def test_a_budget_too_small_for_the_first_look_is_a_stop_too(tmp_path: Path) -> None:
    photos = write_photos(scenes(3), tmp_path / "photos")
    with FakeServer("echo") as server:
        args = command(photos, tmp_path / "out", tmp_path / "store", server.spec)
        done = run([*args, "--max-calls", "2"], code=3)
        assert "the budget of 2 calls is spent" in done.stderr
        assert summary(tmp_path / "out")["status"] == "stopped"
        assert server.stats()["requests"] <= 2


def test_a_build_that_keeps_nothing_says_why(tmp_path: Path) -> None:
    made = [Scene(i, picture(i), "not_unsafe_together") for i in range(3)]
    photos = write_photos(made, tmp_path / "photos")
    with FakeServer(script_for(made, tmp_path / "scratch")) as server:
        store = tmp_path / "store"
        done = run(command(photos, tmp_path / "out", store, server.spec))
        assert "cross_check: not unsafe together" in done.stderr
        one = run(command(photos / "scene-000.jpg", tmp_path / "one", store, server.spec))
        assert "cross_check: not unsafe together" in one.stderr, "one photo can be kept as well"


def test_the_command_of_the_card_names_no_folder_of_this_machine(tmp_path: Path) -> None:
    made = scenes(3)
    photos = write_photos(made, tmp_path / "photos")
    (tmp_path / "demo.yaml").write_text("name: demo\n")
    out, spec = tmp_path / "out [x]", f"fake:{tmp_path / 'demo.yaml'}"
    done = run(command(photos, out, tmp_path / "store", spec))
    assert f"{out}/report.html" in done.stdout
    for name in ("run.json", "README.md", "report.html"):
        assert str(tmp_path) not in (out / name).read_text(encoding="utf-8"), name
    assert all(str(tmp_path) not in row["provenance"] for row in rows_of(out))


def test_an_interrupt_ends_the_run_in_order(tmp_path: Path) -> None:
    made = scenes(24)
    photos = write_photos(made, tmp_path / "photos")
    with FakeServer(script_for(made, tmp_path / "scratch", latency_ms=400, slots=2)) as server:
        args = command(photos, tmp_path / "out", tmp_path / "store", server.spec)
        child = subprocess.Popen(args, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        while server.stats()["requests"] < 6 and child.poll() is None:
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        _, told = child.communicate(timeout=60)
    assert child.returncode == 3, told
    assert "run the same command again" in told
    assert summary(tmp_path / "out")["status"] == "stopped"


@pytest.mark.slow
def test_an_interrupt_ends_the_screening_too(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    pictures = [picture(i) for i in range(40)]
    for i in range(4_000):
        (tmp_path / "photos" / f"{i}.jpg").write_bytes(pictures[i % 40])
    out = tmp_path / "out"
    with FakeServer("echo") as server:
        args = command(tmp_path / "photos", out, tmp_path / "store", server.spec)
        child = subprocess.Popen(args, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        kept = tmp_path / "store" / "images" / "photos"
        while not (kept.is_dir() and any(kept.iterdir())) and child.poll() is None:
            time.sleep(0.02)
        child.send_signal(signal.SIGINT)
        _, told = child.communicate(timeout=60)
    assert child.returncode == 3, told
    assert "run the same command again" in told
    assert summary(out)["status"] == "stopped"


def test_every_hostile_file_stands_in_exactly_one_place(tmp_path: Path) -> None:
    expected = make_hostile(tmp_path / "photos")
    with FakeServer("echo") as server:
        args = command(tmp_path / "photos", tmp_path / "out", tmp_path / "store", server.spec)
        run(args)
    out = tmp_path / "out"
    told = summary(out)
    assert told["status"] == "complete"
    assert told["inputs"] == len(expected)
    screened = [r for r in rows(out / "dropped.parquet") if r["step"] == "screen"]
    screened += [r for r in rows(out / "failed.parquet") if r["step"] == "screen"]
    names = [row["input"] for row in screened]
    assert len(names) == len(set(names))
    assert set(names) == {name for name, fate in expected.items() if fate != "done"}


def test_a_dead_endpoint_is_told_before_any_photo_is_shown(tmp_path: Path) -> None:
    photos = write_photos(scenes(3), tmp_path / "photos")
    spec = "openai:nobody@http://127.0.0.1:9/v1"
    args = command(photos, tmp_path / "out", tmp_path / "store", spec, "--timeout", "1")
    done = run(args, code=1)
    assert "127.0.0.1:9" in done.stderr and "help:" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_endpoint_that_dies_on_the_way_makes_failures_not_safe_rows(tmp_path: Path) -> None:
    photos = write_photos(scenes(3), tmp_path / "photos")
    spec = "openai:nobody@http://127.0.0.1:9/v1"
    args = command(photos, tmp_path / "out", tmp_path / "store", spec, "--timeout", "1")
    run([*args, "--no-canary"], code=1)
    told = summary(tmp_path / "out")
    assert (told["rows"], told["failed"]) == (0, 3)
    assert all(row["retryable"] for row in rows(tmp_path / "out" / "failed.parquet"))


def test_a_dry_run_refuses_what_the_build_would_refuse(tmp_path: Path) -> None:
    photos = write_photos(scenes(3), tmp_path / "photos")
    args = command(photos, tmp_path / "out", tmp_path / "store", "fake:echo", "--dry-run")
    assert "3 rows" in run(args).stdout
    assert "cannot be the guard" in run([*args, "--guard", "embedded"], code=2).stderr
    assert not (tmp_path / "out").exists()


def test_a_blind_model_is_refused_before_it_is_shown_photos(tmp_path: Path) -> None:
    photos = write_photos(scenes(3), tmp_path / "photos")
    with FakeServer("blind") as server:
        args = command(photos, tmp_path / "out", tmp_path / "store", server.spec)
        assert "does not see them" in run(args, code=2).stderr
        assert server.stats()["requests"] == 4


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["build", "no-such-folder", "-o", "x"], "no-such-folder"),
        (["build"], "PHOTOS"),
        (["build", ".", "-o", "x", "--model", "gpt"], "embedded"),
        (["build", ".", "-o", "x", "--budget", "lots"], "5usd"),
        (["build", "table.csv", "-o", "x"], "Name one with --column"),
    ],
)
def test_bad_commands_name_cause_and_remedy(
    args: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "table.csv").write_text("where,what\nhere,b\n")
    monkeypatch.chdir(tmp_path)
    done = ran([sys.executable, "-m", "crosslight", *args])
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("Name one with --column") <= 1, "the remedy is said once"
    assert "Traceback" not in done.stderr
