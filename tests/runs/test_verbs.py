"""What the hall promises, kept by each verb: real processes, real signals, a real server."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crosslight.models.fake import FakeServer
from tests.busy import BUSY
from tests.runs.forked import Child
from tests.runs.verbs import ASKING, Verb, prepared, ran, summary, tables

EACH = pytest.mark.parametrize("verb", ASKING, ids=lambda verb: verb.name)


def but_dear(*dear: str) -> list[object]:
    """All verbs; of one hall the dear ones are seen in `make test-all`."""
    slow = {verb.name: (pytest.mark.slow,) if verb.name in dear else () for verb in ASKING}
    return [pytest.param(verb, marks=slow[verb.name], id=verb.name) for verb in ASKING]


ENDS_IN_S = 5.0 * BUSY
NO_CANARY = {"build": ("--no-canary",), "prefer": ("--no-canary",)}
DEAD = "openai:x@http://127.0.0.1:1/v1"
KEYS = {
    *("kind", "status", "reason", "hint", "account", "rows", "inputs", "dropped", "failed"),
    *("notes", "models", "settings", "seed", "prompts", "data", "versions", "seconds"),
    *("calls", "tasks", "tokens", "cost", "faults", "answers"),
}


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[FakeServer]:
    """A server that takes 100 ms an answer: with two calls at a time a run takes its while."""
    with FakeServer(prepared(tmp_path, latency_ms=100)) as server:
        yield server


def under_way(child: Child, server: FakeServer, requests: int = 8) -> None:
    """Wait until the run is in the middle of its calls."""
    deadline = time.monotonic() + 60
    while server.stats()["requests"] < requests and child.poll() is None:
        assert time.monotonic() < deadline, "the run asks nothing"
        time.sleep(0.02)
    assert child.poll() is None, child.communicate()


def check_account(out: Path) -> dict[str, int]:
    told = summary(out)
    account = dict(told["account"])
    ends = ("finished", "dropped", "failed", "not_reached")
    assert account["inputs"] == sum(account[name] for name in ends), account
    assert min(account.values()) >= 0
    assert set(told) >= KEYS, KEYS - set(told)
    return account


def signalled() -> Iterator[object]:
    """Both signals go through one hall: the second is tried on one verb in the main run."""
    for number in (signal.SIGINT, signal.SIGTERM):
        for verb in ASKING:
            dear = number == signal.SIGTERM and verb is not ASKING[1]
            marks = (pytest.mark.slow,) if dear else ()
            yield pytest.param(number, verb, marks=marks, id=f"{number.name}-{verb.name}")


@pytest.mark.parametrize(("number", "verb"), list(signalled()))
def test_a_signal_ends_a_run_in_order(
    verb: Verb, number: signal.Signals, tmp_path: Path, slow: FakeServer
) -> None:
    command, out = verb.command(tmp_path, slow.spec, "out", "--concurrency", "2"), tmp_path / "out"
    child = Child(command)
    under_way(child, slow)
    child.send_signal(number)
    began = time.monotonic()
    _, told = child.communicate(timeout=30)
    assert time.monotonic() - began < ENDS_IN_S
    assert child.returncode == 3, told
    assert number.name in told and "run the same command again" in told
    assert summary(out)["status"] == "stopped"
    account = check_account(out)
    assert account["not_reached"] > 0
    assert {verb.main, "dropped.parquet", "failed.parquet"} <= set(tables(out))
    again = ran(command[:-2])
    assert again.returncode == 0, again.stderr
    assert slow.stats()["answered_twice"] == 0
    assert check_account(out)["not_reached"] == 0
    assert summary(out)["status"] == "complete"


@pytest.mark.parametrize("verb", but_dear("judge", "assess", "bench"))
@pytest.mark.slow
def test_the_second_signal_ends_it_at_once_and_a_rerun_goes_on(verb: Verb, tmp_path: Path) -> None:
    port = free_port()  # the endpoint stands in every key
    with FakeServer(prepared(tmp_path, 4, latency_ms=6_000), port=port) as server:
        command = verb.command(tmp_path, server.spec)
        child = Child(command)
        under_way(child, server, 2)
        child.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert child.poll() is None, "what is in flight is waited for"
        child.send_signal(signal.SIGINT)
        began = time.monotonic()
        child.communicate(timeout=30)
        assert time.monotonic() - began < 1.0 * BUSY
        assert child.returncode == 3
        assert summary(tmp_path / "out")["status"] == "stopped"
    with FakeServer(prepared(tmp_path / "same", 4), port=port):
        done = ran(command)
    assert done.returncode == 0, done.stderr
    assert check_account(tmp_path / "out")["not_reached"] == 0


@pytest.mark.parametrize(
    ("verb", "limit"),
    [
        (ASKING[0], ()),
        (ASKING[0], ("--limit", "4")),
        *(pytest.param(verb, (), marks=pytest.mark.slow) for verb in ASKING[1:]),
    ],
    ids=["build", "build-sample", *(verb.name for verb in ASKING[1:])],
)
def test_a_run_stopped_at_its_first_call_accounts_for_every_input(
    verb: Verb, limit: tuple[str, ...], tmp_path: Path
) -> None:
    """For `build` that call is the canary: its photos have not been looked at by then."""
    with FakeServer(prepared(tmp_path, 6, latency_ms=60_000)) as server:
        child = Child(verb.command(tmp_path, server.spec, "out", *limit))
        under_way(child, server, 1)
        child.send_signal(signal.SIGINT)
        _, told = child.communicate(timeout=30)
    assert child.returncode == 3, told
    account = check_account(tmp_path / "out")
    assert account["inputs"] == account["not_reached"] == (4 if limit else 6)


@pytest.mark.parametrize("verb", but_dear("build", "prefer"))
def test_that_nobody_reads_the_progress_ends_no_run(verb: Verb, tmp_path: Path) -> None:
    with FakeServer(prepared(tmp_path, 4, latency_ms=200, slots=2)) as server:
        command = [word for word in verb.command(tmp_path, server.spec) if word != "-q"]
        code = Child(command, unread=(1, 2)).wait()
    assert code == 0
    assert summary(tmp_path / "out")["status"] == "complete"
    assert check_account(tmp_path / "out")["not_reached"] == 0


@EACH
def test_what_was_in_flight_may_still_answer_and_is_kept(verb: Verb, tmp_path: Path) -> None:
    with FakeServer(prepared(tmp_path, 6, latency_ms=700, slots=8)) as server:
        child = Child(verb.command(tmp_path, server.spec))
        under_way(child, server, 1)
        time.sleep(0.2)
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=30)
        stats = server.stats()
    calls = summary(tmp_path / "out")["calls"]
    assert calls["answered"] == calls["asked"] == stats["answers"]


@EACH
def test_two_processes_and_one_folder(verb: Verb, tmp_path: Path) -> None:
    with FakeServer(prepared(tmp_path, 4, latency_ms=2_000)) as server:
        two_at_once(verb, tmp_path, server)


def two_at_once(verb: Verb, tmp_path: Path, slow: FakeServer) -> None:
    first = Child(verb.command(tmp_path, slow.spec, "out", "--concurrency", "2"))
    under_way(first, slow, 1)
    before = sorted(path.name for path in (tmp_path / "out").iterdir())
    second = ran(verb.command(tmp_path, slow.spec, "out", "--concurrency", "2"))
    assert second.returncode == 2
    assert f"process {first.pid} on " in second.stderr and "-o" in second.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == before
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=30)
    assert first.returncode == 3


@EACH
def test_the_lock_of_a_dead_process_is_taken_over(
    verb: Verb, tmp_path: Path, slow: FakeServer
) -> None:
    command = verb.command(tmp_path, slow.spec, "out", "--concurrency", "2")
    child = Child(command)
    under_way(child, slow)
    child.kill()
    child.communicate()
    assert (tmp_path / "out" / ".owner.json").exists()
    assert summary(tmp_path / "out")["status"] == "stopped"
    done = ran(command[:-2])
    assert done.returncode == 0, done.stderr
    left = [path.name for path in (tmp_path / "out").iterdir() if path.name.startswith(".")]
    assert left == [".lock"]


@EACH
def test_a_dead_endpoint_is_a_failed_run_and_no_verdict(verb: Verb, tmp_path: Path) -> None:
    prepared(tmp_path, 3)
    command = verb.command(tmp_path, DEAD, "out", "--attempts", "2")
    done = ran(command)
    assert done.returncode == 1
    assert "127.0.0.1:1" in done.stderr and "help:" in done.stderr
    assert "Traceback" not in done.stderr
    told = summary(tmp_path / "out")
    assert told["status"] == "failed"
    assert verb.name == "bench" or told["rows"] == 0
    assert verb.name != "bench" or told["failed"] == 3
    assert check_account(tmp_path / "out")["finished"] == 0
    assert tables(tmp_path / "out").get("verdicts.parquet", 0) == 0


@EACH
def test_a_folder_of_something_else_is_left_alone(verb: Verb, tmp_path: Path) -> None:
    prepared(tmp_path, 3)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("years of work")
    done = ran(verb.command(tmp_path, DEAD))
    assert done.returncode == 2
    assert "not empty" in done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.tex"]


@EACH
def test_a_name_that_no_table_can_have_is_refused_before_the_first_call(
    verb: Verb, tmp_path: Path
) -> None:
    with FakeServer(prepared(tmp_path, 3)) as server:
        command: list[str | bytes] = [*verb.command(tmp_path, server.spec)]
        command[command.index("-o") + 1] = os.fsencode(tmp_path) + b"/run\xff"
        done = ran(command)
        assert done.returncode == 2
        assert "no UTF-8" in done.stderr
        assert server.stats()["requests"] == 0


@EACH
def test_a_folder_that_cannot_be_made_is_refused_before_the_first_call(
    verb: Verb, tmp_path: Path
) -> None:
    with FakeServer(prepared(tmp_path, 3)) as server:
        command = verb.command(tmp_path, server.spec)
        command[command.index("-o") + 1] = "/proc/no/such/place"
        done = ran(command)
        assert done.returncode == 2
        assert "cannot be written" in done.stderr and "-o" in done.stderr
        assert server.stats()["requests"] == 0


@EACH
def test_a_sample_is_the_same_each_time_and_said(verb: Verb, tmp_path: Path) -> None:
    with FakeServer(prepared(tmp_path, 8)) as server:
        rows = []
        for out in ("one", "two"):
            command = verb.command(tmp_path, server.spec, out, "--limit", "4", "--seed", "5")
            done = ran(command)
            assert done.returncode == 0, done.stderr
            assert check_account(tmp_path / out)["inputs"] == 4
            rows.append(tables(tmp_path / out))
            notes = " ".join(summary(tmp_path / out)["notes"])
            assert "seed" in notes and "4" in notes
    assert rows[0] == rows[1]


@EACH
def test_a_budget_of_calls_stops_and_the_rerun_asks_nothing_twice(
    verb: Verb, tmp_path: Path
) -> None:
    with FakeServer(prepared(tmp_path, 6)) as server:
        command = verb.command(tmp_path, server.spec)
        bound = ["--max-calls", "5"]
        done = ran([*command, *bound])
        assert done.returncode == 3, done.stderr
        assert summary(tmp_path / "out")["calls"]["asked"] <= 5
        check_account(tmp_path / "out")
        done = ran(command)
        assert done.returncode == 0, done.stderr
        assert server.stats()["answered_twice"] == 0


@EACH
def test_failures_above_the_bound_fail_the_run(verb: Verb, tmp_path: Path) -> None:
    faults = {"content_filter": 0.9}
    with FakeServer(prepared(tmp_path, 6, faults=faults)) as server:
        more = ["--fail-on-error", "1", *NO_CANARY.get(verb.name, ())]
        command = verb.command(tmp_path, server.spec, "out", *more)
        done = ran(command)
    assert done.returncode == 1, done.stdout + done.stderr
    assert summary(tmp_path / "out")["status"] == "failed"
    check_account(tmp_path / "out")


@pytest.mark.parametrize("verb", ASKING[:3], ids=lambda verb: verb.name)
def test_the_runs_own_folders_are_no_part_of_the_input(verb: Verb, tmp_path: Path) -> None:
    with FakeServer(prepared(tmp_path, 4)) as server:
        command = verb.command(tmp_path, server.spec)
        command[command.index("-o") + 1] = str(tmp_path / "photos" / "out")
        command[command.index("--store") + 1] = str(tmp_path / "photos" / "store")
        for _ in range(2):
            done = ran(command)
            assert done.returncode == 0, done.stderr
            assert check_account(tmp_path / "photos" / "out")["inputs"] == 4


@EACH
def test_a_stop_never_shrinks_what_an_earlier_run_finished(verb: Verb, tmp_path: Path) -> None:
    with FakeServer(prepared(tmp_path, 6)) as server:
        command = verb.command(tmp_path, server.spec)
        assert ran(command).returncode == 0
        before = {p.name: p.read_bytes() for p in (tmp_path / "out").glob("*.parquet")}
        record, rows = summary(tmp_path / "out"), tables(tmp_path / "out")
        more = ["--store", str(tmp_path / "other"), "--max-calls", "3"]
        stopped = ran([*command, *more])
    assert stopped.returncode == 3
    assert "earlier run" in stopped.stderr
    assert summary(tmp_path / "out") == record
    assert tables(tmp_path / "out") == rows
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").glob("*.parquet")} == before


@pytest.mark.parametrize("verb", ASKING[1:], ids=lambda verb: verb.name)
def test_a_rerun_over_a_dead_endpoint_has_failed_though_it_replays(
    verb: Verb, tmp_path: Path
) -> None:
    port = free_port()
    with FakeServer(prepared(tmp_path, 4), port=port) as server:
        more = ("--attempts", "1", *NO_CANARY.get(verb.name, ()))
        command = verb.command(tmp_path, server.spec, "out", *more)
        assert ran([*command, "--max-calls", "2", "--concurrency", "1"]).returncode == 3
    done = ran(command)
    assert done.returncode == 1
    assert "has answered nothing" in done.stderr
    check_account(tmp_path / "out")


@EACH
@pytest.mark.parametrize("canary", [True, False])
def test_another_endpoint_that_is_dead_leaves_the_former_run(
    verb: Verb, canary: bool, tmp_path: Path
) -> None:
    """Nothing of it is replayed, for the model is another: all fail, and nothing is kept."""
    if canary is False and verb.name not in NO_CANARY:
        pytest.skip("has no canary")
    with FakeServer(prepared(tmp_path, 4)) as server:
        assert ran(verb.command(tmp_path, server.spec)).returncode == 0
    record, rows = summary(tmp_path / "out"), tables(tmp_path / "out")
    dead = f"openai:other@http://127.0.0.1:{free_port()}/v1"
    more = ["--attempts", "1", *(() if canary else NO_CANARY[verb.name])]
    done = ran(verb.command(tmp_path, dead, "out", *more))
    assert done.returncode == 1, done.stderr
    assert "earlier run" in done.stdout + done.stderr
    assert (summary(tmp_path / "out"), tables(tmp_path / "out")) == (record, rows)


@pytest.mark.parametrize("verb", ASKING[2:], ids=lambda verb: verb.name)
def test_a_share_of_one_is_a_share(verb: Verb, tmp_path: Path) -> None:
    # A row of prefer is some fifteen calls, and fails with any of them.
    faults = {"content_filter": 0.03 if verb.name == "prefer" else 0.3}
    with FakeServer(prepared(tmp_path, 6, faults=faults, seed=4)) as server:
        more = ["--fail-on-error", "1.0", *NO_CANARY.get(verb.name, ())]
        done = ran(verb.command(tmp_path, server.spec, "out", *more))
    account = check_account(tmp_path / "out")
    assert account["failed"] < account["inputs"]
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("verb", ASKING[:3], ids=lambda verb: verb.name)
def test_a_store_inside_the_input_takes_no_photo_away(verb: Verb, tmp_path: Path) -> None:
    with FakeServer(prepared(tmp_path, 4)) as server:
        command = verb.command(tmp_path, server.spec)
        command[command.index("--store") + 1] = str(tmp_path / "photos")
        for _ in range(2):
            assert ran(command).returncode == 0
            assert check_account(tmp_path / "out")["inputs"] == 4


@EACH
def test_an_input_without_a_usable_entry_is_no_success(verb: Verb, tmp_path: Path) -> None:
    prepared(tmp_path, 3)
    for path in (tmp_path / "photos").iterdir():
        path.write_text("no picture at all")
    done = ran(verb.command(tmp_path, DEAD, "out", *NO_CANARY.get(verb.name, ())))
    assert done.returncode == 1, done.stdout
    assert check_account(tmp_path / "out")["finished"] == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
