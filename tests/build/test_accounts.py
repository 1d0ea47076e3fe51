"""Builds of one photo and of two over a server with every kind of fault, stopped and gone on with:
the account, the funnel, the tables and the dataset tell the same, and no answer is paid twice."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from crosslight.build import BuildConfig, BuildJob, read_run, run_build
from crosslight.flow import CallPolicy, run_main
from crosslight.models.fake import FakeServer
from crosslight.models.fake.script import Script, parse
from tests.build.scenes import KEEP, Scene, picture
from tests.build.scripted import script_for, write_photos
from tests.build.two_photos.test_run import script as script_of_two

PHOTOS = 10
SCENES = [Scene(number, picture(number), KEEP) for number in range(PHOTOS)]
FAULTS = {
    "all kinds": {
        **{"server_error": 0.08, "rate_limit": 0.06, "malformed": 0.06, "reset": 0.05},
        **{"empty": 0.05, "cut": 0.05, "content_filter": 0.03, "retry_after": 0.02},
    },
    "cut": {"cut": 0.2},
}
ONE = BuildConfig(rewordings=1, other_photos=1)
Make = Callable[[Path], Script]
KINDS: dict[str, tuple[Make, BuildConfig]] = {
    "one photo": (lambda here: script_for(SCENES, here / "scratch"), ONE),
    "two photos": (script_of_two, BuildConfig(images=2, per_photo=2)),
}


def lost(out: Path, file: str, *names: str) -> Counter[tuple[str, ...]]:
    rows = pq.read_table(out / file).to_pylist()
    return Counter(tuple(row[name].partition(":")[0] for name in names) for row in rows)


def adds_up(told: dict[str, Any], out: Path) -> None:
    account, run = told["account"], read_run(out)
    parts = ("finished", "dropped", "failed", "not_reached")
    assert account["inputs"] == PHOTOS + 1 == sum(account[part] for part in parts)
    assert account["finished"] == len({photo for row in run.rows for photo in row.photos})
    assert len({row.id for row in run.rows}) == len(run.rows) == told["rows"]
    unsafe = {row.id for row in run.rows if row.kind == "unsafe"}
    assert {row.parent for row in run.rows if row.kind != "unsafe"} <= unsafe
    steps = {step["step"]: step for step in told["funnel"]}
    assert steps["answer"]["done"] == len(unsafe)
    assert steps["controls"]["done"] == len(run.rows) - len(unsafe)
    dropped = Counter({(s, r): n for s in steps for r, n in steps[s]["dropped"].items()})
    del dropped["pair", "same_pair"]  # found from the other photo as well: no loss
    not_reached = Counter({("run", "not_reached"): account["not_reached"]})
    assert lost(out, "dropped.parquet", "step", "reason") == dropped + not_reached
    failed = Counter({(s, r): n for s in steps for r, n in steps[s]["failed"].items()})
    assert lost(out, "failed.parquet", "step", "error") == failed
    assert not any("127.0.0.1" in note for row in run.rows for note in row.notes)


@pytest.mark.slow
@pytest.mark.parametrize("faults", FAULTS)
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_a_server_does_everything_stands_once(
    kind: str, faults: str, tmp_path: Path
) -> None:
    make, config = KINDS[kind]
    photos = write_photos(SCENES, tmp_path / "photos")
    (photos / "broken.jpg").write_bytes(b"no picture")
    raw = json.loads(make(tmp_path).model_dump_json(by_alias=True, exclude_defaults=True))
    out = tmp_path / "out"
    with FakeServer(parse({**raw, "faults": FAULTS[faults]}, name="moody")) as server:
        models = dict.fromkeys(("author", "guard", "responder"), server.spec)
        paths = (photos, out, tmp_path / "a.sqlite", tmp_path / "images")
        policy = CallPolicy(concurrency=8)

        def run(calls: int | None = None) -> dict[str, Any]:
            job = BuildJob(*paths, models, config, canary=False, policy=policy, budget_calls=calls)
            return run_main(run_build(job)).summary

        for calls in (40, 40, None, None):
            adds_up(run(calls), out)
        assert read_run(out).rows
        assert server.stats()["answered_twice"] == 0
