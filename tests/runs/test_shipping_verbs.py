"""What the verbs keep that hand a run on (`export` of each kind, `report`, `import labelstudio`): a
signal, a kill, a stream that nobody reads, a folder that is busy or not theirs."""

import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crosslight.runs import Act, Reviews, held_folder
from tests.export.judged_run import judged
from tests.export.pairs_run import drawn, pair, write_pairs
from tests.runs.forked import At, Child
from tests.runs.quiet_verbs import left
from tests.runs.verbs import ran, summary

ACTS = 60


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return judged(tmp_path_factory.mktemp("judged"), 6)


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "crosslight", *map(str, words)]


def export(run: Path, to: str, out: Path) -> list[str]:
    words = ("export", run, "--to", to, "-o", out, "--store", run.parent)
    return command(*words, "--include-sensitive")


@pytest.mark.slow  # one format stands for all in test_quiet_verbs
@pytest.mark.parametrize(
    ("to", "file"),
    [
        ("labelstudio", "tasks-0001.json"),
        ("hf", "train-00000"),
        ("webdataset", "train-000000.tar"),
        ("croissant", "croissant.json"),
    ],
)
def test_an_export_is_whole_or_is_not_there(run: Path, tmp_path: Path, to: str, file: str) -> None:
    out, words = tmp_path / "out", export(run, to, tmp_path / "out")
    assert ran(export(run, to, tmp_path / "calm")).returncode == 0
    calm = left(tmp_path / "calm")
    child = Child(words, At(file, signal.SIGTERM))
    _, told = child.communicate()
    assert child.returncode == 3 and "run the same command again" in told, told
    assert not out.exists(), "what it had begun is taken away"
    # Once as it is written, once as it is put in its place.
    for nth in (1, 2):
        assert Child(words, At(file, signal.SIGKILL, nth=nth)).wait() == -signal.SIGKILL
        assert summary(out)["status"] == "stopped"
    assert Child(words, unread=(1, 2)).wait() == 0
    assert left(out) == calm and summary(out)["status"] == "complete"
    other = [*words, "--kind", "unsafe"]
    child = Child(other, At(file, signal.SIGINT))
    _, told = child.communicate()
    assert child.returncode == 3, told
    now = left(out)
    assert {name: now.get(name) for name in calm} == calm, "the earlier export is as it was"


@pytest.mark.parametrize(
    ("to", "file", "number"),
    [
        ("trl", "train", signal.SIGINT),
        ("llamafactory", "train", signal.SIGTERM),
        ("msswift", "train", signal.SIGINT),
        ("hf", "train", signal.SIGTERM),
        ("webdataset", "train", signal.SIGINT),
        ("croissant", "croissant.json", signal.SIGTERM),
        ("labelstudio", "tasks-0001.json", signal.SIGINT),
    ],
)
def test_an_export_that_is_stopped_takes_away_what_it_had_begun(
    tmp_path: Path, to: str, file: str, number: signal.Signals
) -> None:
    run = write_pairs(tmp_path / "pairs", [pair(f"r{n}", drawn(n)) for n in range(4)])
    out = tmp_path / "out"
    words = command("export", run, "--to", to, "-o", out, "--include-sensitive")
    child = Child(words, At(file, number))
    _, told = child.communicate()
    assert child.returncode == 3 and "run the same command again" in told, told
    assert "Traceback" not in told
    assert not out.exists(), sorted(out.rglob("*"))
    assert ran(words).returncode == 0
    calm = left(out)
    child = Child(words, At(file, number))
    assert child.wait() == 3
    assert left(out) == calm and not [p.name for p in out.iterdir() if p.name.endswith(".part")]
    assert Child(words, At(file, signal.SIGKILL)).wait() == -signal.SIGKILL
    assert [p.name for p in out.iterdir() if p.name.endswith(".part")], "nobody could"
    assert ran(words).returncode == 0 and left(out) == calm


def reviewed(folder: Path) -> tuple[Path, Path]:
    """A run, and what Label Studio gives back of it: an annotation a row."""
    run = write_pairs(folder / "pairs", [pair(f"r{n}", drawn(1)) for n in range(ACTS)])
    tasks = [{"data": {"id": f"r{n}"}, "annotations": [_said(n)]} for n in range(ACTS)]
    file = folder / "project.json"
    file.write_text(json.dumps(tasks), encoding="utf-8")
    return run, file


def _said(number: int) -> dict[str, Any]:
    value = {"choices": ["accept" if number % 3 else "reject"]}
    at = f"2026-02-03T04:05:{number:02d}Z"
    part = {"from_name": "verdict", "to_name": "text", "value": value}
    return {"completed_by": 1, "updated_at": at, "result": [part]}


def test_reviews_that_come_back_are_never_lost_nor_doubled(tmp_path: Path) -> None:
    run, file = reviewed(tmp_path)
    Reviews(run).add(Act("r0", "ann", "accept"))
    words = command("import", "labelstudio", file, run)
    killed = Child(words, At("reviews.jsonl", signal.SIGKILL, "open", nth=20))
    assert killed.wait() == -signal.SIGKILL
    first = len(Reviews(run).acts())
    assert 1 < first < ACTS
    stopped = Child(words, At("reviews.jsonl", signal.SIGINT, "open", nth=20))
    _, told = stopped.communicate()
    assert stopped.returncode == 3 and "run the same command again" in told, told
    assert first < len(Reviews(run).acts()) < ACTS
    assert Child(words, unread=(1, 2)).wait() == 0
    acts = Reviews(run).acts()
    assert sorted(act.row for act in acts[1:]) == sorted(f"r{n}" for n in range(ACTS))
    assert acts[0] == Reviews(run).of_row("r0")[0] and acts[0].by == "ann"
    done = ran(words)
    assert done.returncode == 0 and "0 reviews" in done.stdout and len(Reviews(run).acts()) == 61
    assert not [path for path in run.iterdir() if path.name.endswith(".part")]


def test_reviews_that_cannot_be_written_are_told_with_the_task(tmp_path: Path) -> None:
    run, file = reviewed(tmp_path)
    (run / "reviews.jsonl").mkdir()
    done = ran(command("import", "labelstudio", file, run))
    assert done.returncode in (1, 2) and "help:" in done.stderr and "Traceback" not in done.stderr
    assert "reviews.jsonl" in done.stderr


@pytest.fixture
def reported(tmp_path: Path) -> Path:
    return judged(tmp_path, 3)


def test_a_page_is_the_old_one_or_the_new_one(reported: Path, tmp_path: Path) -> None:
    words = command("report", reported, "--store", tmp_path)
    assert ran(words).returncode == 0
    calm, record = left(reported), (reported / "run.json").read_bytes()
    assert "report.html" in calm
    (reported / "report.html").write_bytes(b"the old one")
    for part, number, code in (
        ("report.html", signal.SIGKILL, -signal.SIGKILL),
        (".png", signal.SIGTERM, 3),
    ):
        assert Child(words, At(part, number)).wait() == code
        whole = b"the old one" if part == "report.html" else calm["report.html"]
        assert left(reported)["report.html"] == whole
        assert (reported / "run.json").read_bytes() == record
    assert Child(words, unread=(1, 2)).wait() == 0
    assert left(reported) == calm, "and what a kill left half written is gone"


@pytest.mark.parametrize("verb", ["report", "import"])
def test_what_lays_something_beside_a_run_waits_for_who_writes_it(
    verb: str, tmp_path: Path
) -> None:
    run, file = reviewed(tmp_path)
    told: dict[str, Callable[[], list[str]]] = {
        "report": lambda: command("report", run),
        "import": lambda: command("import", "labelstudio", file, run),
    }
    with held_folder(run, "prefer"):
        before = sorted(path.name for path in run.iterdir())
        done = ran(told[verb]())
        assert done.returncode == 2 and "another process writes" in done.stderr, done
        assert "help:" in done.stderr and "-o" not in done.stderr.split("help:")[1]
        assert sorted(path.name for path in run.iterdir()) == before


@pytest.mark.parametrize("verb", ["report", "import"])
def test_a_folder_of_nothing_is_not_made_a_run(verb: str, tmp_path: Path) -> None:
    _, file = reviewed(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    for place in ("mine", "none"):
        words = ("report",) if verb == "report" else ("import", "labelstudio", file)
        done = ran(command(*words, tmp_path / place))
        assert done.returncode == 2 and "help:" in done.stderr, done
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.tex"]
    assert not (tmp_path / "none").exists()
