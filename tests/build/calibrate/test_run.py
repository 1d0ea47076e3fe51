"""`build calibrate` over a fake server whose guard is wrong by a known amount."""

import json
import re
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from crosslight.build.bank import read_bank
from crosslight.build.calibrate import CalibrateJob, Calibration, calibrate_guard
from crosslight.build.calibrate.cuts import chance, log_odds
from crosslight.build.calibrate.figures import PairReading, Readings, figures_of, propose
from crosslight.build.calibrate.material import bank_sentences, pairs_of
from crosslight.build.config import BuildConfig
from crosslight.build.dataset import read_run, write_dataset
from crosslight.cli import app
from crosslight.flow import Budget, run_main
from crosslight.models import NotSupported
from crosslight.models.fake import FakeServer
from crosslight.models.fake.script import Script, parse
from crosslight.photos import LeftOut
from crosslight.records import CrossCheck, Kind, Photo, Sample, Triplet
from crosslight.store import ImageStore, write_json
from tests.build.scenes import picture
from tests.build.scripted import yes
from tests.runs.forked import Child
from tests.runs.verbs import ran

PHOTOS, LIMIT = 24, 96
CHECK = CrossCheck(None, None, 0.1, 0.9, decided_by="people")


def a_run(folder: Path) -> Path:
    """Two unsafe rows and two harmless ones beside each photo."""
    store, photos = ImageStore(folder / "pictures"), []
    for at in range(PHOTOS):
        photos.append(Photo(store.put(picture(at)), f"{at:02}.jpg", 160, 120, "JPEG", "none:0"))
    kinds = (Kind.UNSAFE, Kind.UNSAFE, Kind.CONTROL_TEXT, Kind.HARD_NEGATIVE)
    rows = [
        Sample(said(photo.id, f"Sentence {at} of photo {n}."), kind, _label(kind), "", CHECK)
        for n, photo in enumerate(photos)
        for at, kind in enumerate(kinds)
    ]
    by_id = {photo.id: photo for photo in photos}
    put = [(row, "train") for row in rows]
    write_dataset(folder / "run", put, by_id.__getitem__, store, LeftOut())
    write_json(folder / "run" / "run.json", {"kind": "build", "status": "complete"})
    return folder / "run"


def _label(kind: Kind) -> str:
    return "unsafe" if kind is Kind.UNSAFE else "safe"


def said(photo: str, text: str) -> Triplet:
    return Triplet(photo, "p", "a thing", text, "risk", "why", "fire", "fire")


def guard(run: Path, bias: float, alone: float) -> Script:
    """Reads pairs as they are, but for `bias`; texts alone around `alone`. In log-odds."""
    rng = np.random.default_rng(11)
    rules: list[dict[str, Any]] = [{"text": "^Look at the photo by itself", "choice": yes(0.02)}]
    for row in read_run(run).rows:
        odds = (2.0 if row.kind == Kind.UNSAFE else -2.0) + bias + rng.normal(0, 0.6)
        said = r"(?s)shows you the photo.*" + re.escape(row.text)
        rules.append({"text": said, "choice": yes(round(chance(odds), 4))})
    for one in bank_sentences(read_bank(), LIMIT, 0):
        odds = alone + rng.normal(0, 0.4)
        said = rf"(?s)^Somebody says:\s+\S+\s+{re.escape(one.text)}"
        rules.append({"text": said, "choice": yes(round(chance(odds), 4))})
    rules.append({"text": "(?s)You know nothing but these words", "choice": yes(0.05)})
    return parse({"rules": rules}, name="guard")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_run(tmp_path_factory.mktemp("calibrate"))


def job(here: Path, spec: str, photos: Path | None, **more: Any) -> CalibrateJob:
    return CalibrateJob(spec, here / "a.sqlite", here / "images", photos, LIMIT, **more)


def values(found: Calibration) -> dict[str, Any]:
    return {one.name: one for one in found.figures.proposals}


@pytest.mark.parametrize("bias", [1.5, -2.5])
def test_the_proposed_cut_offs_recover_a_known_bias(run: Path, tmp_path: Path, bias: float) -> None:
    with FakeServer(guard(run, bias, alone=-3.0)) as server:
        found = run_main(calibrate_guard(job(tmp_path, server.spec, run)))
    assert (found.status, found.failed) == ("complete", 0)
    together = values(found)["together_at_least"]
    assert log_odds(together.value) == pytest.approx(bias, abs=0.7)
    assert together.low <= chance(bias) <= together.high
    assert together.high - together.low < 0.4
    # What comes along reads many of one class wrongly; what is proposed, few of both.
    shipped, fitted = (
        {e.what: e.share for e in es} for es in (found.figures.errors, found.figures.fitted)
    )
    wrong = "harmless pair that is not sure to be safe" if bias > 0 else "unsafe pair that falls"
    assert shipped[wrong] > 0.25
    assert fitted[wrong] < shipped[wrong] / 2
    assert fitted["unsafe pair that falls"] < 0.2
    assert any("the word of people" in note for note in found.notes)


def test_texts_that_a_guard_reads_as_unsafe_raise_their_bound(tmp_path: Path, run: Path) -> None:
    """Around log-odds 1, spread 0.4: 95% of the bank's sentences lie below 1.66, or 0.84."""
    with FakeServer(guard(run, 0.0, alone=1.0)) as server:
        found = run_main(calibrate_guard(job(tmp_path, server.spec, None)))
    assert list(values(found)) == ["alone_below"]
    bound = values(found)["alone_below"]
    assert bound.value == pytest.approx(0.84, abs=0.05)
    assert bound.low <= 0.84 <= bound.high
    (error,) = found.figures.errors
    assert error.share > 0.9
    assert found.figures.fitted[0].share < 0.2
    assert "pairs were not read" in found.notes[0]
    assert server.stats()["requests"] == LIMIT


def test_a_guard_that_fits_keeps_its_bound(tmp_path: Path, run: Path) -> None:
    readings = Readings(tuple((0.1, f"p{at}") for at in range(40)))
    (proposal,) = propose(readings, BuildConfig())
    assert (proposal.name, proposal.value, proposal.low) == ("alone_below", 0.5, None)


def test_it_is_said_where_a_guard_does_not_tell_pairs_apart() -> None:
    rng = np.random.default_rng(5)

    def readings(apart: float) -> Readings:
        odds = [(at % 2 == 0, rng.normal(apart * (at % 2 == 0), 1)) for at in range(120)]
        pairs = (PairReading(f"{at // 4}", u, 0.05, chance(o)) for at, (u, o) in enumerate(odds))
        return Readings(pairs=tuple(pairs))

    blind, sees = (figures_of(readings(apart), BuildConfig(), 0) for apart in (0.0, 4.0))
    assert blind.weak and not sees.weak
    assert sees.proposals and not blind.proposals, "what would fit it lets everything through"


def test_what_is_unknown_is_counted_and_read_as_nothing() -> None:
    unknown = tuple(PairReading(f"{at}", at % 2 == 0, 0.1, None) for at in range(60))
    assert propose(Readings(pairs=unknown), BuildConfig()) == ()
    spread = Readings(pairs=unknown).classes()
    assert spread["together, unsafe"] == [None] * 30
    assert spread["the photo adds, unsafe"] == [None] * 30


def test_pairs_are_half_of_each_kind_and_bounded(run: Path) -> None:
    pairs = pairs_of(read_run(run), 11, 0)
    assert [sum(one.unsafe is kind for one in pairs) for kind in (True, False)] == [6, 5]
    assert pairs == pairs_of(read_run(run), 11, 0) != pairs_of(read_run(run), 11, 1)
    sentences = bank_sentences(read_bank(), 10_000, 0)
    assert len(sentences) == len({one.text.casefold() for one in sentences}) < 10_000
    assert bank_sentences(read_bank(), 7, 0) == sentences[:7]


def test_the_command_line_prints_and_writes_it_and_asks_once(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "guard.json"
    with FakeServer(guard(run, -1.5, alone=-3.0)) as server:
        shared = ["--guard", server.spec, "--photos", str(run), "--store", str(tmp_path)]
        args = ["build", "calibrate", *shared, "--limit", str(LIMIT)]
        dry = CliRunner().invoke(app, [*args, "--dry-run"])
        assert server.stats()["requests"] == 0
        done = CliRunner().invoke(app, [*args, "-o", str(out)])
        asked = server.stats()["requests"]
        again = CliRunner().invoke(app, args)
        assert server.stats()["requests"] == asked
    assert (dry.exit_code, done.exit_code, again.exit_code) == (0, 0, 0), dry.output + done.output
    assert "together" in dry.output
    told = json.loads(out.read_text())
    assert told["classes"]["together, unsafe"]["n"] == 2 * PHOTOS
    assert sum(told["classes"]["together, unsafe"]["histogram"]) == 2 * PHOTOS
    (named,) = [line for line in done.output.splitlines() if line.startswith("use them:")]
    value = next(one["value"] for one in told["proposals"] if one["name"] == "together_at_least")
    assert f"--together-at-least {value:g}" in named
    assert accepted(named.split()[4:])


def accepted(words: Sequence[str]) -> bool:
    """Whether `build run` knows these options."""
    known = CliRunner().invoke(app, ["build", "run", "--help"], env={"COLUMNS": "300"}).output
    return all(word in known for word in words if word.startswith("--"))


def test_a_budget_stops_it_and_what_was_read_counts(run: Path, tmp_path: Path) -> None:
    with FakeServer(guard(run, 0.0, alone=-3.0)) as server:
        bounded = job(tmp_path, server.spec, run, budget=Budget(calls=30))
        found = run_main(calibrate_guard(bounded))
        assert server.stats()["requests"] == 30
    assert found.status == "stopped" and "30" in found.reason
    assert len(found.figures.spreads["text alone, harmless"].histogram) > 0
    assert found.figures.spreads["text alone, harmless"].n == 30


def test_failures_are_in_no_number(run: Path, tmp_path: Path) -> None:
    refused = {"text": "(?s)shows you the photo", "error": "content_filter"}
    rules = [{"text": "(?s)You know nothing", "choice": yes(0.1)}, refused]
    args = f"build calibrate --photos {run} --store {tmp_path} --limit 8 --fail-on-error 0.1"
    with FakeServer(parse({"rules": rules}, name="deaf")) as server:
        done = CliRunner().invoke(app, [*args.split(), "--guard", server.spec])
    assert done.exit_code == 1, done.output
    assert "questions failed" in done.output


def test_the_embedded_model_reads_no_sentences(tmp_path: Path) -> None:
    with pytest.raises(NotSupported, match="reads no sentences"):
        run_main(calibrate_guard(job(tmp_path, "embedded", None)))


def words(here: Path, spec: str, *more: str) -> list[str]:
    name, store = str(here / "c.json"), str(here / "store")
    asked = ["build", "calibrate", "--guard", spec, "--limit", "30", "--concurrency", "4", "-q"]
    return ["", "", "", *asked, "-o", name, "--store", store, *more]


@pytest.mark.slow
def test_an_interrupt_leaves_what_was_read_and_the_next_run_goes_on(tmp_path: Path) -> None:
    rules = [{"text": "(?s)You know nothing", "choice": yes(0.1)}]
    script, file = parse({"rules": rules, "latency_ms": 40}, name="slow"), tmp_path / "c.json"
    with FakeServer(script) as server:
        child = Child(words(tmp_path, server.spec))
        while server.stats()["requests"] < 12 and child.poll() is None:
            time.sleep(0.01)
        child.send_signal(signal.SIGINT)
        said, told = child.communicate()
        assert child.returncode == 3, told
        assert "interrupted" in told and "run the same command again" in told
        stopped = json.loads(file.read_text("utf-8"))
        assert stopped["status"] == "stopped" and "how" in said
        before = server.stats()["requests"]
        assert ran(words(tmp_path, server.spec)).returncode == 0
        whole = file.read_bytes()
        assert json.loads(whole)["status"] == "complete"
        assert 12 <= before < server.stats()["requests"] == json.loads(whole)["asked"]
        # One that is complete is not replaced by less, and one that nobody reads is the same.
        bounded = ("--max-calls", "2", "--store", str(tmp_path / "new"), "--seed", "4")
        done = ran(words(tmp_path, server.spec, *bounded))
        assert done.returncode == 3 and "stays as it is" in done.stderr
        assert file.read_bytes() == whole
        loud = [word for word in words(tmp_path, server.spec) if word != "-q"]
        assert Child(loud, unread=(1, 2)).wait() == 0
        assert json.loads(file.read_text("utf-8"))["asked"] == json.loads(whole)["asked"]


def test_a_file_that_is_no_calibration_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text('{"kind": "build"}')
    nowhere = ("-o", str(tmp_path / "none" / "c.json"))
    for more, why in (((), "no calibration"), (nowhere, "cannot be written")):
        done = ran(words(tmp_path, "openai:m@http://127.0.0.1:9/v1", *more))
        assert done.returncode == 2 and why in done.stderr and "help:" in done.stderr
    assert (tmp_path / "c.json").read_text() == '{"kind": "build"}'
    assert not (tmp_path / "store").exists(), "nothing was asked"
