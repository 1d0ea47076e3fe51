"""What is done with a finished build without asking a model: a signal, a kill, a stream that nobody
reads, a place that cannot be written."""

import signal
import sys
from functools import cache
from pathlib import Path

import pytest

from crosslight.models.fake import FakeServer
from crosslight.runs import held_folder
from tests.build.scenes import KEEP, Scene, picture
from tests.build.scripted import build, script_for, write_photos
from tests.runs.forked import At, Child
from tests.runs.quiet_verbs import left
from tests.runs.verbs import ran, summary

WORDS = {
    "rethreshold": ("build", "rethreshold", "RUN", "--adds", "2.5"),
    "bank export": ("bank", "export", "RUN"),
}
EACH = pytest.mark.parametrize(
    "verb", [pytest.param("rethreshold", marks=pytest.mark.slow), "bank export"]
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("build")
    scenes = [Scene(number, picture(number), KEEP) for number in range(3)]
    photos = write_photos(scenes, here / "photos")
    with FakeServer(script_for(scenes, here / "scratch")) as server:
        build(here, photos, "run", server.spec)
    return here / "run"


@cache
def calm(verb: str, run: Path) -> dict[str, bytes]:
    """What it leaves when nothing disturbs it."""
    out = run.parent / verb / "out"  # the page names the folder
    done = ran(command(verb, run, out))
    assert done.returncode == 0, done.stderr
    found = left(out)
    assert found
    return found


def command(verb: str, run: Path, out: Path) -> list[str]:
    words = [word.replace("RUN", str(run)) for word in WORDS[verb]]
    return [sys.executable, "-m", "crosslight", *words, "-o", str(out)]


@EACH
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda n: n.name)
def test_stopped_or_killed_the_same_command_ends_it(
    verb: str, number: signal.Signals, run: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    at = At(str(tmp_path), number, nth=3 if verb == "rethreshold" else 2)
    child = Child(command(verb, run, out), at)
    _, told = child.communicate()
    assert child.returncode == (3 if number == signal.SIGINT else -number), told
    if number == signal.SIGINT:
        assert "interrupted" in told and "run the same command again" in told
        assert "answers" not in told and "Traceback" not in told
    if (out / "run.json").exists():
        assert summary(out)["status"] == "stopped"
    done = ran(command(verb, run, out))
    assert done.returncode == 0, done.stderr
    assert left(out) == calm(verb, run)


@EACH
def test_that_nobody_reads_what_it_says_changes_nothing(
    verb: str, run: Path, tmp_path: Path
) -> None:
    assert Child(command(verb, run, tmp_path / "out"), unread=(1, 2)).wait() == 0
    assert left(tmp_path / "out") == calm(verb, run)


@EACH
def test_a_place_that_cannot_be_written_is_refused(verb: str, run: Path) -> None:
    done = ran(command(verb, run, Path("/proc/no/such/place")))
    assert done.returncode == 2
    assert "cannot be written" in done.stderr and "-o" in done.stderr


@EACH
def test_a_folder_of_something_else_is_left_alone(verb: str, run: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    done = ran(command(verb, run, tmp_path))
    assert done.returncode == 2 and "help:" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_folder_that_another_process_holds_is_left_alone(run: Path, tmp_path: Path) -> None:
    with held_folder(tmp_path, "build"):
        before = sorted(path.name for path in tmp_path.iterdir())
        done = ran(command("rethreshold", run, tmp_path))
        assert done.returncode == 2 and "process " in done.stderr
        assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_prompt_is_shown_whoever_reads_it() -> None:
    words = ["", "", "", "prompts", "show", "build/two_photos/propose"]
    assert Child(words, unread=(1, 2)).wait() == 0
    child = Child(words)
    said, told = child.communicate()
    assert child.returncode == 0 and not told and "Find up to 4 ways" in said


def test_a_prompt_that_is_stopped_while_it_is_read_says_so() -> None:
    words = ["", "", "", "prompts", "show", "build/two_photos/propose"]
    child = Child(words, At("propose.j2", signal.SIGINT, "open"))
    said, told = child.communicate()
    assert child.returncode == 3 and not said
    assert told == "error: interrupted\nhelp:  run the same command again\n"
