"""What the verbs keep that ask no model: a signal, a kill, a stream that nobody reads, a folder that
is not theirs; and a finished run is never replaced by less."""

import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from crosslight.runs import held_folder
from tests.runs.forked import Child
from tests.runs.quiet_verbs import QUIET, Inputs, Quiet, each, left
from tests.runs.verbs import ran, summary


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    return Inputs(tmp_path_factory.mktemp("inputs"))


def reads_as_stopped(out: Path) -> bool:
    """Or nothing has begun."""
    return not (out / "run.json").exists() or summary(out)["status"] == "stopped"


@each()
def test_stopped_and_killed_it_goes_on_to_the_same_bytes(
    verb: Quiet, inputs: Inputs, tmp_path: Path
) -> None:
    calm, out = left(inputs.calm(verb)), tmp_path / "out"
    command = verb.command(inputs.here, tmp_path)
    child = Child(command, replace(verb.stopped, signal=signal.SIGTERM))
    _, told = child.communicate()
    assert child.returncode == 3, told
    assert "run the same command again" in told and "interrupted" in told
    assert "answers" not in told, "it asks nothing"
    assert "Traceback" not in told
    assert reads_as_stopped(out)
    killed = Child(command, replace(verb.killed, signal=signal.SIGKILL))
    assert killed.wait() == -signal.SIGKILL
    assert reads_as_stopped(out)
    kept = {path: path.stat().st_mtime_ns for path in out.glob(verb.kept)} if verb.kept else {}
    assert bool(kept) == bool(verb.kept)
    again = ran(command)
    assert again.returncode == 0, again.stderr
    assert left(out) == calm
    assert summary(out)["status"] == "complete"
    assert {path: path.stat().st_mtime_ns for path in kept} == kept, "made again"


@each()
def test_a_stop_or_a_failure_leaves_what_an_earlier_run_finished(
    verb: Quiet, inputs: Inputs, tmp_path: Path
) -> None:
    out = inputs.finished(verb, tmp_path)
    before, record = left(out), (out / "run.json").read_bytes()
    done = ran(verb.broken_command(inputs.here, tmp_path))
    assert done.returncode in (1, 2) and "help:" in done.stderr, done
    assert (left(out), (out / "run.json").read_bytes()) == (before, record)
    if verb.heavy:
        return  # the folder of another set-up is refused
    other = verb.command(inputs.here, tmp_path, *verb.other)
    child = Child(other, replace(verb.stopped, signal=signal.SIGINT))
    _, told = child.communicate()
    assert child.returncode == 3, told
    now = left(out)
    assert {name: now.get(name) for name in before} == before
    assert (out / "run.json").read_bytes() == record
    assert ran(verb.command(inputs.here, tmp_path)).returncode == 0
