"""What the verbs keep that ask no model: a signal, a kill, a stream that nobody reads, a folder
that is not theirs; and a finished run is never replaced by less."""

import os
import shlex
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from crosslight.runs import held_folder
from tests.prefer.builds import write_build
from tests.runs.forked import At, Child
from tests.runs.quiet_verbs import QUIET, Inputs, Quiet, left
from tests.runs.verbs import ran, summary

LONG = pytest.mark.timeout(3600)
"""Of tests in which torch is loaded many times: on a busy machine each takes minutes."""
EACH = pytest.mark.parametrize(
    "verb",
    [pytest.param(v, id=v.name, marks=[pytest.mark.slow, LONG] if v.heavy else []) for v in QUIET],
)


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    return Inputs(tmp_path_factory.mktemp("inputs"))


@pytest.fixture(autouse=True)
def networks(request: pytest.FixtureRequest, inputs: Inputs) -> None:
    """Only for who needs one: it takes seconds."""
    verb = getattr(request.node, "callspec", None) and request.node.callspec.params.get("verb")
    if isinstance(verb, Quiet) and verb.heavy:
        inputs.networks()


def reads_as_stopped(out: Path) -> bool:
    """Or nothing has begun."""
    return not (out / "run.json").exists() or summary(out)["status"] == "stopped"


@EACH
def test_stopped_and_killed_it_goes_on_to_the_same_bytes(
    verb: Quiet, inputs: Inputs, tmp_path: Path
) -> None:
    calm, out = left(inputs.calm(verb)), tmp_path / "out"
    command = verb.command(inputs.here, tmp_path)
    child = Child(command, replace(verb.stopped, signal=signal.SIGTERM), alone=verb.heavy)
    _, told = child.communicate()
    assert child.returncode == 3, told
    assert "run the same command again" in told and "interrupted" in told
    assert "answers" not in told, "it asks nothing"
    assert "Traceback" not in told
    assert reads_as_stopped(out)
    killed = Child(command, replace(verb.killed, signal=signal.SIGKILL), alone=verb.heavy)
    assert killed.wait() == -signal.SIGKILL
    assert reads_as_stopped(out)
    kept = {path: path.stat().st_mtime_ns for path in out.glob(verb.kept)} if verb.kept else {}
    assert bool(kept) == bool(verb.kept)
    again = ran(command)
    assert again.returncode == 0, again.stderr
    assert left(out) == calm
    assert summary(out)["status"] == "complete"
    assert {path: path.stat().st_mtime_ns for path in kept} == kept, "made again"


@EACH
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


@EACH
def test_a_folder_that_is_busy_is_left_alone(verb: Quiet, inputs: Inputs, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with held_folder(tmp_path / "out", verb.kind):
        before = sorted(path.name for path in (tmp_path / "out").iterdir())
        done = ran(verb.command(inputs.here, tmp_path))
        assert done.returncode == 2, done
        assert f"process {os.getpid()} on " in done.stderr and "-o" in done.stderr
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == before


@EACH
def test_a_folder_of_something_else_is_left_alone(
    verb: Quiet, inputs: Inputs, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("years of work")
    done = ran(verb.command(inputs.here, tmp_path))
    assert done.returncode == 2 and "not empty" in done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.tex"]


@EACH
def test_a_folder_that_cannot_be_made_is_refused(verb: Quiet, inputs: Inputs) -> None:
    done = ran(replace(verb, store=False).command(inputs.here, Path("/proc/no/such/place")))
    assert done.returncode == 2
    assert "cannot be written" in done.stderr and "-o" in done.stderr


@EACH
def test_that_nobody_reads_what_it_says_ends_no_run(
    verb: Quiet, inputs: Inputs, tmp_path: Path
) -> None:
    command = [word for word in verb.command(inputs.here, tmp_path) if word != "-q"]
    assert Child(command, unread=(1, 2), alone=verb.heavy).wait() == 0
    assert left(tmp_path / "out") == left(inputs.calm(verb))


@pytest.mark.parametrize("number", ["0", "3"])
def test_streams_that_are_closed_change_no_exit_code(
    number: str, inputs: Inputs, tmp_path: Path
) -> None:
    """As a shell starts it with `>&- 2>&-`: its next files would be called 1 and 2."""
    verb = next(verb for verb in QUIET if verb.name == "export")
    more = ("sitecustomize", f"import os, signal\n{SELF_STOP if number == '3' else ''}")
    (tmp_path / f"{more[0]}.py").write_text(more[1])
    paths = os.pathsep.join([str(tmp_path), *sys.path])
    words = shlex.join(verb.command(inputs.here, tmp_path))
    done = subprocess.run(
        ["sh", "-c", f"exec {words} >&- 2>&-"], env={**os.environ, "PYTHONPATH": paths}, check=False
    )
    assert done.returncode == int(number)
    if number == "0":
        assert left(tmp_path / "out") == left(inputs.calm(verb))


SELF_STOP = """
import sys

def hook(event, args):
    if event == "os.rename" and "credits.csv" in str(args[1]):
        os.kill(os.getpid(), signal.SIGTERM)

sys.addaudithook(hook)
"""


@pytest.mark.parametrize(
    "verb",
    [
        pytest.param(v, id=v.name, marks=[] if v.name == "rate" else [pytest.mark.slow, LONG])
        for v in QUIET
    ],
)
def test_the_second_signal_ends_it_at_once(verb: Quiet, inputs: Inputs, tmp_path: Path) -> None:
    inputs.calm(verb)
    at = replace(verb.stopped, signal=signal.SIGINT, times=2)
    child = Child(verb.command(inputs.here, tmp_path), at, alone=verb.heavy)
    _, told = child.communicate()
    assert child.returncode == 3 and "Traceback" not in told, told
    assert reads_as_stopped(tmp_path / "out")


def audit(here: Path, folder: Path) -> list[str]:
    words = ["audit", str(here / "asks.jsonl"), "-o", str(folder / "audit.json")]
    return [sys.executable, "-m", "crosslight", *words]


@pytest.mark.parametrize(
    ("words", "part"), [(("bank", "lint"), "bank_data"), (("audit",), "asks.jsonl")], ids=str
)
def test_what_keeps_nothing_says_so_when_it_is_stopped(
    words: tuple[str, ...], part: str, inputs: Inputs, tmp_path: Path
) -> None:
    command = audit(inputs.here, tmp_path) if words == ("audit",) else ["", "", "", *words]
    child = Child(command, At(part, signal.SIGINT, "open"))
    said, told = child.communicate()
    assert child.returncode == 3, told
    assert told == "error: interrupted\nhelp:  run the same command again\n"
    assert not said and not list(tmp_path.iterdir())


def test_an_audit_replaces_an_audit_and_nothing_else(inputs: Inputs, tmp_path: Path) -> None:
    command = audit(inputs.here, tmp_path)
    assert Child(command, unread=(1, 2)).wait() == 0
    first = (tmp_path / "audit.json").read_bytes()
    data = tmp_path / "data.jsonl"
    data.write_bytes((inputs.here / "asks.jsonl").read_bytes())
    record = write_build(tmp_path / "run", []) / "run.json"
    for place in (data, record, tmp_path / "none" / "audit.json", tmp_path):
        before = place.read_bytes() if place.is_file() else b""
        done = ran([*command[:-1], str(place)])
        assert done.returncode == 2 and "-o" in done.stderr and "help:" in done.stderr
        assert "AUC" not in done.stdout, "it is refused before anything is measured"
        assert (place.read_bytes() if place.is_file() else b"") == before
    assert ran(command).returncode == 0
    assert (tmp_path / "audit.json").read_bytes() == first


@LONG
@pytest.mark.kill_matrix
@pytest.mark.parametrize("verb", QUIET, ids=lambda verb: verb.name)
def test_killed_at_each_file_in_turn(verb: Quiet, inputs: Inputs, tmp_path: Path) -> None:
    """A kill as each file is to take its name; of states, scores and checkpoints alike."""
    calm, nth, code = left(inputs.calm(verb)), 0, -1
    while code:
        nth += 1
        folder = tmp_path / str(nth)
        folder.mkdir()
        command = verb.command(inputs.here, folder)
        child = Child(command, At(str(folder / "out"), signal.SIGKILL, nth=nth), alone=verb.heavy)
        _, told = child.communicate()
        code = child.returncode or 0
        assert code in (0, -signal.SIGKILL) and "Traceback" not in told, (nth, told)
        # Card and page are written after run.json: killed there it is complete, and lacks them.
        whole = (folder / "out/run.json").exists() and summary(folder / "out")["status"]
        assert code == 0 or whole == "complete" or reads_as_stopped(folder / "out"), nth
        if code:
            again = ran(command)
            assert again.returncode == 0, (nth, again)
        assert left(folder / "out") == calm, nth
        assert summary(folder / "out")["status"] == "complete"
    assert nth > 3
