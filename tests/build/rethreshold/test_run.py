"""`build rethreshold` over a run that a scripted model made."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from crosslight.build.config import BuildConfig
from crosslight.build.rethreshold import Cuts, rethreshold_build
from crosslight.build.rethreshold.run import with_cuts
from crosslight.cli import app
from crosslight.models.fake import FakeServer
from crosslight.runs import NotARunFolder, RunError
from tests.build.scenes import KEEP, Scene, picture
from tests.build.scripted import build, script_for, write_photos

BETWEEN = {1: 0.7, 2: 0.45}
"""How unsafe some pairs are: 2 is just below the shipped bound."""
TIGHT = Cuts(together_at_least=0.8)


@dataclass(frozen=True)
class Made:
    here: Path
    spec: str

    @property
    def run(self) -> Path:
        return self.here / "run"

    def copy(self, name: str) -> Path:
        shutil.copytree(self.run, self.here / name)
        return self.here / name


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    here = tmp_path_factory.mktemp("rethreshold")
    scenes = [Scene(i, picture(i), (KEEP, KEEP, "not_unsafe_together")[i % 3]) for i in range(6)]
    photos = write_photos(scenes, here / "photos")
    with FakeServer(script_for(scenes, here / "scratch", BETWEEN)) as server:
        build(here, photos, "run", server.spec)
        build(here, photos, "strict", server.spec, together_at_least=0.8)
        yield Made(here, server.spec)


def dataset(run: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((run / "dataset").iterdir())}


def table(path: Path) -> list[dict[str, Any]]:
    return list(pq.read_table(path).to_pylist())


def summary(run: Path) -> dict[str, Any]:
    return dict(json.loads((run / "run.json").read_text()))


def test_a_runs_own_cut_offs_give_the_same_bytes(made: Made, tmp_path: Path) -> None:
    rethreshold_build(made.run, tmp_path / "same", Cuts())
    assert dataset(tmp_path / "same") == dataset(made.run)
    for name in ("drafts.parquet", "dropped.parquet", "failed.parquet"):
        assert (tmp_path / "same" / name).read_bytes() == (made.run / name).read_bytes(), name
    assert not (tmp_path / "same" / "left_out.parquet").exists()


def test_stricter_cut_offs_give_what_a_build_with_them_gives(made: Made, tmp_path: Path) -> None:
    told = rethreshold_build(made.run, tmp_path / "new", TIGHT)
    strict = summary(made.here / "strict")
    assert dataset(tmp_path / "new") == dataset(made.here / "strict") != dataset(made.run)
    for name in ("rows", "labels", "kinds", "splits", "account", "funnel"):
        assert told[name] == strict[name], name
    outcomes = [
        [(row["id"], row["outcome"], row["reason"]) for row in table(run / "drafts.parquet")]
        for run in (tmp_path / "new", made.here / "strict")
    ]
    assert outcomes[0] == outcomes[1]
    reasons = [
        Counter((row["step"], row["row"], row["reason"]) for row in table(run / "dropped.parquet"))
        for run in (tmp_path / "new", made.here / "strict")
    ]
    assert reasons[0] == reasons[1]
    assert sorted(told["settings"]["command"]) == sorted(strict["settings"]["command"])
    assert told["rethreshold"]["calls"] == told["rethreshold"]["open"] == 0


def test_what_fell_comes_back_with_its_answers(made: Made) -> None:
    run = made.copy("and-back")
    told = rethreshold_build(run, run, TIGHT)
    aside = table(run / "left_out.parquet")
    assert {row["left_out"] for row in aside} == {"not_unsafe_together", "parent_fell"}
    assert len(aside) == told["rethreshold"]["left_out"] == summary(made.run)["rows"] - told["rows"]
    assert all(row["image"]["bytes"] for row in aside)
    rethreshold_build(run, run, Cuts(together_at_least=0.99))
    assert not sum(pq.read_metadata(p).num_rows for p in (run / "dataset").iterdir())
    back = rethreshold_build(run, run, Cuts(together_at_least=0.5))
    assert dataset(run) == dataset(made.run)
    for name in ("drafts.parquet", "dropped.parquet"):
        assert (run / name).read_bytes() == (made.run / name).read_bytes(), name
    assert not (run / "dropped_by_build.parquet").exists()
    assert not (run / "left_out.parquet").exists()
    for name in ("rows", "labels", "kinds", "splits", "account", "funnel", "dropped", "status"):
        assert back[name] == summary(made.run)[name], name


def test_a_run_that_is_killed_on_the_way_loses_no_row(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = made.copy("killed")
    rethreshold_build(run, run, TIGHT)
    with monkeypatch.context() as patch:
        patch.setattr("crosslight.build.rethreshold.run._drafts", full_disk)
        with pytest.raises(OSError, match="full"):
            rethreshold_build(run, run, Cuts(together_at_least=0.99))
        assert summary(run)["status"] == "stopped"
        with pytest.raises(OSError, match="full"):
            rethreshold_build(run, run, Cuts(together_at_least=0.6))
    told = rethreshold_build(run, run, Cuts(together_at_least=0.5))
    assert dataset(run) == dataset(made.run)
    assert told["status"] == "complete"
    assert "ended" not in summary(run)


def full_disk(*of: Any) -> Iterator[dict[str, Any]]:
    raise OSError("the disk is full")


def test_what_nobody_asked_is_counted_and_not_made_up(made: Made, tmp_path: Path) -> None:
    """The pair of 0.45 would go on; that of 0.08 would not."""
    new = tmp_path / "loose"
    done = CliRunner().invoke(
        app,
        [*f"build rethreshold {made.run} -o {new} --together-at-least 0.4 --adds 1".split()],
    )
    assert done.exit_code == 0, done.output
    assert dataset(new) == dataset(made.run)
    is_open = [row for row in table(new / "drafts.parquet") if row["outcome"] == "open"]
    assert [(row["together"], row["reason"]) for row in is_open] == [(0.45, "unread")]
    assert "1 more draft would go on, 1 of them to further questions" in done.output
    lost = [row for row in table(new / "dropped.parquet") if row["row"] == is_open[0]["id"]]
    assert [(row["step"], row["reason"]) for row in lost] == [("cross_check", "unread")]
    command = next(line for line in done.output.splitlines() if "crosslight build" in line)
    assert "--together-at-least 0.4" in command and "--adds 1.0" in command


def test_the_command_that_is_named_has_the_open_ones_answered(made: Made, tmp_path: Path) -> None:
    former = made.copy("DIR")
    rethreshold_build(former, former, TIGHT)
    told = rethreshold_build(made.run, tmp_path / "loose", Cuts(together_at_least=0.4, adds=1.0))
    words = told["settings"]["command"][1:]
    before = Path.cwd()
    os.chdir(made.here)  # the command names photos without their folder
    try:
        done = CliRunner().invoke(app, [*words, "--store", str(made.here), "--quiet"])
    finally:
        os.chdir(before)
    assert done.exit_code == 0, done.output
    assert told["rows"] < summary(former)["rows"]
    # What other cut-offs had left aside of the former build does not outlive it.
    assert not (former / "left_out.parquet").exists()
    assert not (former / "dropped_by_build.parquet").exists()


def test_a_control_that_is_not_sure_any_more_falls_for_itself(made: Made, tmp_path: Path) -> None:
    """Controls beside their photo read 0.05; photos by themselves 0.02."""
    rethreshold_build(made.run, tmp_path / "new", Cuts(safe_below=0.03))
    rows = table(next((tmp_path / "new" / "dataset").iterdir()))
    assert {row["kind"] for row in rows} == {"unsafe"}
    assert len(rows) == summary(made.run)["kinds"]["unsafe"]
    assert all("a control is missing: no harmless text" in row["notes"] for row in rows)
    lost = Counter(row["reason"] for row in table(tmp_path / "new" / "dropped.parquet"))
    assert lost["no_harmless_text"] == len(rows)


def test_a_photo_that_is_not_sure_any_more_is_no_control(made: Made) -> None:
    run = made.copy("photo")
    control = next(row for row in rows_of(run) if row["kind"] == "control_photo")
    change(run, lambda draft: draft["photo"] == control["photo"], photo_alone=0.25)
    rethreshold_build(run, run, Cuts(safe_below=0.2))
    assert control["photo"] not in {row["photo"] for row in rows_of(run)}
    parent = next(row for row in rows_of(run) if row["id"] == control["parent"])
    assert "a control is missing: no harmless photo" in parent["notes"]
    lost = [row for row in table(run / "dropped.parquet") if row["reason"] == "no_harmless_photo"]
    assert [row["detail"] for row in lost if row["text"] == control["text"]] == ["its photo 0.250"]


def change(run: Path, chosen: Callable[[dict[str, Any]], bool], **values: Any) -> None:
    """Write other values into chosen drafts."""
    drafts = [row | (values if chosen(row) else {}) for row in table(run / "drafts.parquet")]
    schema = pq.read_schema(run / "drafts.parquet")
    pq.write_table(pa.Table.from_pylist(drafts, schema=schema), run / "drafts.parquet")


def test_rewordings_fall_with_their_idea(made: Made) -> None:
    run = made.copy("children")
    drafts = table(run / "drafts.parquet")
    parent = next(row for row in drafts if row["together"] == 0.7)
    row = next(r for r in rows_of(run) if r["text"] == parent["text"] and r["kind"] == "unsafe")
    child = next(one for one in drafts[::-1] if one["together"] == 0.96)
    change(run, lambda draft: draft["id"] == child["id"], parent=row["id"])
    rethreshold_build(run, run, TIGHT)
    reasons = {one["id"]: one["reason"] for one in table(run / "drafts.parquet")}
    assert reasons[child["id"]] == "idea_fell"
    assert child["text"] not in {r["text"] for r in rows_of(run) if r["kind"] == "unsafe"}


def rows_of(run: Path) -> list[dict[str, Any]]:
    return [row for path in sorted((run / "dataset").iterdir()) for row in table(path)]


def test_it_is_said_what_is_no_build(made: Made, tmp_path: Path) -> None:
    with pytest.raises(NotARunFolder, match="holds no build"):
        rethreshold_build(tmp_path, tmp_path / "new", Cuts())
    old = made.copy("old")
    (old / "drafts.parquet").unlink()
    with pytest.raises(RunError, match=r"no drafts\.parquet"):
        rethreshold_build(old, tmp_path / "new", Cuts())
    told = summary(old)
    told["settings"]["recipe"] = "rms-1"
    (old / "run.json").write_text(json.dumps(told))
    with pytest.raises(NotARunFolder, match="rms-1"):
        rethreshold_build(old, tmp_path / "new", Cuts())
    assert not (tmp_path / "new").exists()
    done = CliRunner().invoke(app, ["build", "rethreshold", str(old), "-o", "x", "--in-place"])
    assert done.exit_code == 2


def test_a_draft_that_cannot_be_read_is_named(made: Made, tmp_path: Path) -> None:
    run = made.copy("broken")
    second = table(run / "drafts.parquet")[1]
    whole = json.loads(second["triplet"])
    for triplet in ('{"photo": 1}', "[", json.dumps(whole | {"photo": ["x"]}), "[" * 10**5):
        change(run, lambda draft: draft["id"] == second["id"], triplet=triplet)
        with pytest.raises(RunError, match=r"drafts\.parquet, row 2"):
            rethreshold_build(run, tmp_path / "new", Cuts())


def test_a_command_names_its_cut_offs_once() -> None:
    words = ["crosslight", "build", "photos", "--adds", "2.0", "--rounds", "0"]
    assert with_cuts(words, BuildConfig(adds=3.0)) == [*words[:3], "--rounds", "0", "--adds", "3.0"]
    assert with_cuts(words, BuildConfig()) == [*words[:3], "--rounds", "0"]
