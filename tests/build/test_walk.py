"""Each product of a walk has its own outcome; what is new is kept; stops and kills cost nothing."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from crosslight.build import job as jobs
from crosslight.build.config import BuildConfig
from crosslight.build.job import BuildJob
from crosslight.build.row_log import LOG_FILE, RowLog
from crosslight.build.run import run_build
from crosslight.build.waves import ScenarioMap, plan_waves
from crosslight.build.wish import ScenarioHint, Wish
from crosslight.flow import CallPolicy
from crosslight.models.errors import BadAnswer, ServerFault
from crosslight.models.fake import FakeModel
from crosslight.models.protocol import Request
from crosslight.records import Failed, Kind
from crosslight.runs import begin
from tests.build.banks import write_bank
from tests.build.scenes import KEEP, Scene, Truth, forty_scenes, picture
from tests.build.scripted import write_photos
from tests.build.test_recipe import Thin, build

PLAIN = BuildConfig(rewordings=0, other_photos=0, rounds=0)
TABLES = ("drafts.parquet", "dropped.parquet", "failed.parquet")


class CutOff(Truth):
    """The plain reply of a control is cut at the limit."""

    def __call__(self, request: Request) -> Any:
        if request.task == "help":
            raise BadAnswer("the answer was cut off")
        return super().__call__(request)


def test_a_control_that_fails_costs_itself_alone(tmp_path: Path) -> None:
    scenes = forty_scenes()[:8]
    whole = build(scenes, tmp_path, PLAIN)
    cut = build(scenes, tmp_path, PLAIN, CutOff(scenes).model())
    unsafe = [row for row in whole.rows if row.kind is Kind.UNSAFE]
    assert unsafe and cut.rows == unsafe
    lost = [one for one in cut.lost if isinstance(one.outcome, Failed)]
    assert len(lost) == len(whole.rows) - len(unsafe)
    assert {one.outcome.step for one in lost} == {"controls"}
    assert cut.counts.step("answer").done == len(unsafe)


class Stuck(Truth):
    """Controls are asked for, and the row beside them must be in the log by then."""

    log: RowLog
    seen: list[int]

    def __call__(self, request: Request) -> Any:
        if request.task == "harmless_text":
            self.seen.append(self.log.count_rows(Kind.UNSAFE))
        return super().__call__(request)


def test_a_row_is_in_the_log_before_its_controls_are_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes = [Scene(i, picture(i), KEEP) for i in range(2)]
    model = Stuck(scenes)
    model.seen = []
    made = RowLog.__init__

    def init(log: RowLog, path: Path | None = None) -> None:
        made(log, path)
        model.log = log

    monkeypatch.setattr(RowLog, "__init__", init)
    build(scenes, tmp_path, PLAIN, model.model())
    assert model.seen and min(model.seen) > 0


class SecondThought(Truth):
    """Sees something of another kind at a second look, told what it said at the first."""

    def __call__(self, request: Request) -> Any:
        text = request.messages[-1].text
        if request.task == "imagine":
            scene = self.by_photo[request.messages[-1].images[0].photo]
            found = super().__call__(request)
            if scene.text in text:
                idea = found["triplets"][0]
                new = {"text": f"I sign here for wish {scene.number}.", "pattern": "signed for him"}
                found["triplets"] = [{**idea, **new, "category": "identity_theft"}]
            return found
        if request.task == "together" and "I sign here" in text:
            return {"Yes": 0.96, "No": 0.04}
        if request.task == "read_pair" and "I sign here" in text:
            return {"visible": "yes", "follows": "yes"}
        return super().__call__(request)


def test_what_a_second_look_finds_is_kept_and_founds_its_own_place(tmp_path: Path) -> None:
    fates = (KEEP, "not_unsafe_together")
    scenes = [Scene(i, picture(i), fates[i % 2]) for i in range(6)]
    built = build(scenes, tmp_path, replace(PLAIN, rounds=1), SecondThought(scenes).model(), Thin)
    unsafe = [row for row in built.rows if row.kind is Kind.UNSAFE]
    new = [row for row in unsafe if row.triplet.pattern == "signed for him"]
    assert {row.triplet.photo for row in new} == {s.photo for s in scenes if s.fate != KEEP}
    assert built.recipe.scenarios.name([new[0].triplet]) != [""]


# Whole builds, in this process, on photos of two waves.


class Slow(Truth):
    """Takes its time, so that photos wait for the model and not for their views."""

    async def __call__(self, request: Request) -> Any:
        await asyncio.sleep(0.01)
        return super().__call__(request)


@dataclass(frozen=True)
class Given:
    """A backend that knows the truth."""

    model: FakeModel
    spec: str = "fake:truth"

    async def open(self) -> FakeModel:
        return self.model


@dataclass
class Site:
    """Photos, a model, and a place for runs."""

    here: Path
    scenes: list[Scene]
    told: dict[str, Any] = field(default_factory=dict)
    written: list[bool] = field(default_factory=list)
    """At each call of `whole`: is there a dataset already?"""

    def run(self, name: str, **more: Any) -> dict[str, Any]:
        roles = dict.fromkeys(("author", "guard", "responder"), "fake:truth")
        config = BuildConfig(rewordings=0, rounds=0, control_photos=1, control_attempts=1)
        more.setdefault("policy", CallPolicy(concurrency=3))  # or all photos end at one moment
        job = BuildJob(
            self.here / "photos",
            self.here / name,
            self.here / f"{name}.sqlite",
            self.here / "images",
            roles,
            config,
            bank=self.here / "bank",
            canary=False,
            **more,
        )
        return asyncio.run(run_build(job)).summary

    def rows(self, name: str) -> list[dict[str, Any]]:
        return list(pq.read_table(self.here / name / "dataset").to_pylist())

    def left(self, name: str) -> dict[str, bytes]:
        out = self.here / name
        found = {table: (out / table).read_bytes() for table in TABLES}
        return found | {p.name: p.read_bytes() for p in sorted((out / "dataset").iterdir())}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """With a build that nothing stopped, called `whole`."""
    here = tmp_path_factory.mktemp("waves")
    fates = (KEEP, "not_unsafe_together", "leak")
    scenes = [Scene(i, picture(i), fates[i % 3]) for i in range(81)]
    write_photos(scenes, here / "photos")
    write_bank(here / "bank")
    with pytest.MonkeyPatch.context() as patch:
        made = Site(here, scenes)

        class Looking(Slow):
            async def __call__(self, request: Request) -> Any:
                made.written.append(any((here / "whole" / "dataset").glob("*.parquet")))
                return await super().__call__(request)

        patch.setattr(jobs, "parse", lambda spec: Given(Looking(scenes).model()))
        made.told = made.run("whole")
        patch.setattr(jobs, "parse", lambda spec: Given(Truth(scenes).model()))
        yield made


def test_the_dataset_is_written_after_a_wave_and_not_only_at_the_end(site: Site) -> None:
    assert not site.written[0] and site.written[-1]


def test_without_a_detector_nobody_says_who_shows_a_person(site: Site) -> None:
    rows = site.told["photos_with_rows"]
    assert rows and site.told["persons"] == {"shown": 0, "not_found": 0, "unknown": rows}


def test_a_stop_leaves_what_is_finished_and_rows_grow(site: Site) -> None:
    """Also with a model that answers faster than photos get ready: then nobody waits for it, and
    what is nearer to its end cannot go first."""
    calls, whole = site.told["calls"]["asked"], {row["id"] for row in site.rows("whole")}
    assert len(site.told["coverage"]) == 2, "two waves"
    found = []
    for quarter in (1, 2, 3):
        name = f"stop{quarter}"
        told = site.run(name, budget_calls=quarter * calls // 4)
        # A signal (of an impatient `timeout`, say) is a stop as well, and an earlier one.
        assert told["calls"]["asked"] == quarter * calls // 4, told["reason"]
        rows = {row["id"] for row in site.rows(name)}
        account = told["account"]
        assert told["status"] == "stopped" and rows < whole
        assert told["rows"] == len(rows)
        assert sum(account.values()) - account["inputs"] == account["inputs"] == 81
        assert account["finished"] == len({row["photo"] for row in site.rows(name)})
        found.append(len(rows))
    assert 0 < found[0] < found[1] < found[2]
    again = site.run("stop2", budget_calls=0)
    assert (again["status"], again["calls"]["asked"]) == ("stopped", 0)
    assert again["rows"] >= found[1], "a budget counts new calls: what is stored is walked free"
    assert site.run("stop3")["status"] == "complete"
    assert site.left("stop3") == site.left("whole")
    assert not list((site.here / "stop3").glob(f"{LOG_FILE}*"))


def test_what_a_killed_run_had_finished_is_written_when_it_is_run_again(site: Site) -> None:
    """Also where the rerun does not get far: here it may ask nothing, and its store is empty."""
    out, stash = site.here / "dead", site.here / "stash"
    stash.mkdir()
    calls = site.told["calls"]["asked"]

    class Dying(Slow):
        asked = 0

        async def __call__(self, request: Request) -> Any:
            Dying.asked += 1
            if Dying.asked == 3 * calls // 4:  # as a kill leaves it, in the second wave
                for file in (*out.glob(f"{LOG_FILE}*"), out / "run.json"):
                    shutil.copy(file, stash / file.name)
                shutil.copytree(out / "dataset", stash / "dataset")
            return await super().__call__(request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "parse", lambda spec: Given(Dying(site.scenes).model()))
        site.run("dead")
    shutil.rmtree(out)
    (site.here / "dead.sqlite").unlink()
    stash.rename(out)
    first = {row["id"] for row in site.rows("dead")}
    log = RowLog.left_at(out / LOG_FILE)
    made = {row.id for row in log.rows({})}
    log.close()
    assert 0 < len(first) < len(made), "the kill came in the second wave"

    told = site.run("dead", budget_calls=0)
    assert (told["status"], told["calls"]["asked"]) == ("stopped", 0)
    assert {row["id"] for row in site.rows("dead")} == made
    assert told["account"]["finished"] == len({row["photo"] for row in site.rows("dead")})
    assert {row["id"] for row in site.rows("dead")} <= {row["id"] for row in site.rows("whole")}
    assert site.run("dead")["status"] == "complete"
    assert site.left("dead") == site.left("whole")


@pytest.mark.parametrize("damage", ["other settings", "no database", "other tables"])
def test_a_log_that_is_not_of_this_run_is_left_alone(site: Site, damage: str) -> None:
    out = site.here / f"odd {damage}"
    out.mkdir()
    begin(out, "build")
    path = out / LOG_FILE
    log = RowLog(path)
    log.write("INSERT INTO made_with VALUES ('{}')")
    log.write("INSERT INTO rows VALUES ('r', '0', 'p', 'unsafe', '{}')")
    if damage == "other tables":
        log.write("DROP TABLE made_with")
    log.commit()
    if damage == "no database":
        for end in ("-wal", "-shm"):  # it would be mended out of them
            path.with_name(path.name + end).unlink()
        path.write_bytes(b"no database" * 500)
    told = site.run(out.name, budget_calls=0)
    assert told["status"] == "stopped" and told["rows"] == 0
    words = "had other models, settings" if damage == "other settings" else "log of a run that was"
    assert any(words in note for note in told["notes"]), "nobody is left to wonder"
    assert not list(out.glob(f"{LOG_FILE}*"))


def test_drafts_keep_their_numbers_whatever_became_of_them(site: Site) -> None:
    drafts = pq.read_table(site.here / "whole" / "drafts.parquet").to_pylist()
    steps = {step["step"]: step for step in site.told["funnel"]}
    assert len(drafts) == steps["cross_check"]["in"]
    fell = Counter(one["reason"] for one in drafts if one["outcome"] == "dropped")
    assert fell == steps["cross_check"]["dropped"]
    weak = next(one for one in drafts if one["reason"] == "not_unsafe_together")
    assert weak["together"] == pytest.approx(0.08) and weak["text_elsewhere"] is None
    kept = {one["text"] for one in drafts if one["outcome"] == "kept"}
    assert kept == {row["text"] for row in site.rows("whole") if row["kind"] == "unsafe"}
    assert {one["wave"] for one in drafts} == {0, 1}


def test_a_wave_reads_what_earlier_ones_left_and_not_what_comes(site: Site) -> None:
    """Photos beside which a text is read: of the first wave's, none is of the second."""
    shown: list[str] = []

    class Watched(Truth):
        def __call__(self, request: Request) -> Any:
            if request.task == "fits":
                shown.append(request.messages[-1].images[0].photo)
            return super().__call__(request)

    built = build(site.scenes, site.here, PLAIN, Watched(site.scenes).model())
    waves = dict(built.log.read("SELECT id, wave FROM photos"))
    first = next(at for at, photo in enumerate(shown) if waves[photo] == 1)
    assert 0 < first < len(shown) and set(waves.values()) == {0, 1}
    asked = sum(1 for one in built.log.read("SELECT 1 FROM drafts WHERE wave = 0 AND kept"))
    assert first >= asked


class Hinting(ScenarioMap):
    """Always has a hint."""

    def hints(self, photo: str, already: Sequence[str] = (), turn: int = 0) -> Wish:
        return Wish(photo, thin=(ScenarioHint("roofs", "Up on the roof"),), turn=turn)


def test_later_waves_are_asked_for_what_is_thin_and_the_unsteered_share_is_not(site: Site) -> None:
    hinted: dict[str, bool] = {}

    class Watched(Truth):
        def __call__(self, request: Request) -> Any:
            if request.task == "imagine":
                message = request.messages[-1]
                hinted[message.images[0].photo] = "Up on the roof" in message.text
            return super().__call__(request)

    model = Watched(site.scenes).model()
    built = build(site.scenes, site.here, PLAIN, model, drawn=Hinting)
    photos = [photo for (photo,) in built.log.read("SELECT id FROM photos ORDER BY at")]
    pilot, *later = plan_waves(photos, PLAIN.seed, PLAIN.pilot)
    free = {photo for wave in (pilot, *later) for photo in wave.unsteered}
    assert later and len(free) > len(pilot.photos), "a second wave, and a share of it"
    assert all(hinted[photo] == (photo not in free) for photo in hinted)
    assert sum(hinted.values()) > 0


def test_a_failing_endpoint_ends_a_photo_as_failed_not_as_dropped(tmp_path: Path) -> None:
    class Broken(Truth):
        def __call__(self, request: Request) -> Any:
            if request.task == "answer":
                raise ServerFault("500")
            return super().__call__(request)

    scenes = [Scene(i, picture(i), KEEP) for i in range(3)]
    built = build(scenes, tmp_path, PLAIN, Broken(scenes).model())
    assert not built.rows
    assert [one.outcome.step for one in built.lost] == ["answer"] * 3
    assert all(isinstance(one.outcome, Failed) for one in built.lost)


KILLED = """
import sys
from pathlib import Path
from tests.build import test_walk
from tests.build.scenes import KEEP, Scene, picture
here, after = Path(sys.argv[1]), int(sys.argv[2])
scenes = [Scene(i, picture(i), (KEEP, "not_unsafe_together", "leak")[i % 3]) for i in range(81)]
class Deadly(test_walk.Slow):
    calls = 0
    async def __call__(self, request):
        Deadly.calls += 1
        if Deadly.calls == after:
            import os, signal
            os.kill(os.getpid(), signal.SIGKILL)
        return await super().__call__(request)
model = Deadly(scenes).model()
test_walk.jobs.parse = lambda spec: test_walk.Given(model)
test_walk.Site(here, scenes).run("killed")
"""


@pytest.mark.slow
@pytest.mark.timeout(1500)  # twelve builds, ten of them in processes of their own
def test_a_build_killed_ten_times_ends_as_if_it_never_was(site: Site) -> None:
    calls = site.told["calls"]["asked"]
    kills = 0
    for _ in range(10):
        args = [sys.executable, "-c", KILLED, str(site.here), str(calls // 11)]
        done = subprocess.run(args, env=dict(os.environ), capture_output=True, check=False)
        kills += done.returncode == -signal.SIGKILL
    assert kills == 10
    assert site.run("killed")["status"] == "complete"
    assert site.left("killed") == site.left("whole")
