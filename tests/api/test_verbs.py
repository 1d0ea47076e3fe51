"""The runs as functions: the same objects as the command line's, in a script and in a notebook."""

import asyncio
import inspect
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import crosslight
from crosslight.api import Run, assess_images, jobs, verbs
from crosslight.cli import bench as bench_command
from crosslight.cli import build as build_command
from crosslight.cli import judge as judge_command
from crosslight.flow import stop_all
from crosslight.models.fake import FakeServer
from tests.runs.verbs import prepared

Verb = Callable[[Path, str, Path], Run]


def build(folder: Path, spec: str, out: Path) -> Run:
    store = folder / "store"
    return crosslight.build_dataset(folder / "photos", out, model=spec, store=store, progress=False)


def judge(folder: Path, spec: str, out: Path) -> Run:
    return crosslight.judge_images(
        folder / "photos",
        out,
        constitution=str(folder / "two.yaml"),
        model=spec,
        store=folder / "store",
        progress=False,
    )


def assess(folder: Path, spec: str, out: Path) -> Run:
    return assess_images(folder / "photos", out, model=spec, store=folder / "store", progress=False)


def bench(folder: Path, spec: str, out: Path) -> Run:
    suite = str(folder / "suite.yaml")
    return crosslight.run_bench(suite, out, model=spec, store=folder / "store", progress=False)


@pytest.mark.parametrize("verb", [build, judge, assess, bench], ids=lambda verb: verb.__name__)
def test_a_run_as_a_function_and_its_folder_as_an_object(verb: Verb, tmp_path: Path) -> None:
    with FakeServer(prepared(tmp_path, 4)) as server:
        run = verb(tmp_path, server.spec, tmp_path / "out")
    assert (run.status, run.kind) == ("complete", verb.__name__)
    assert run.rows.num_rows > 0
    assert run.account["inputs"] == sum(n for k, n in run.account.items() if k != "inputs")
    assert run.failed.num_rows == 0 and "dropped" in run.tables
    assert crosslight.open_run(tmp_path / "out").record == run.record
    assert str(run.account["inputs"]) in repr(run) and "complete" in repr(run)


@pytest.mark.parametrize("verb", [build, judge, assess, bench], ids=lambda verb: verb.__name__)
def test_it_works_where_an_event_loop_is_running_already(verb: Verb, tmp_path: Path) -> None:
    async def cell() -> Run:
        return verb(tmp_path, server.spec, tmp_path / "out")

    with FakeServer(prepared(tmp_path, 3)) as server:
        assert asyncio.run(cell()).status == "complete"


def test_the_stop_button_of_a_notebook_ends_a_run_in_order(tmp_path: Path) -> None:
    with FakeServer(prepared(tmp_path, 8, latency_ms=200, slots=2)) as server:
        ended: list[Run] = []
        out = tmp_path / "out"
        thread = threading.Thread(target=lambda: ended.append(judge(tmp_path, server.spec, out)))
        thread.start()
        while server.stats()["requests"] < 3:
            time.sleep(0.02)
        stop_all("interrupted")
        thread.join(timeout=20)
    assert ended[0].status == "stopped"
    assert ended[0].account["not_reached"] > 0


def test_a_folder_of_something_else_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(crosslight.CrosslightError, match="no run of ours"):
        crosslight.open_run(tmp_path)


def test_a_table_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with FakeServer(prepared(tmp_path, 2)) as server:
        run = bench(tmp_path, server.spec, tmp_path / "out")
    with pytest.raises(crosslight.CrosslightError, match="no table 'verdicts'") as caught:
        run.table("verdicts")
    assert "items" in caught.value.hint
    with pytest.raises(crosslight.CrosslightError):
        run.table("../store/answers")


@pytest.mark.parametrize(
    ("made", "called", "more"),
    [
        (jobs.build_job, build_command.run, {"photos", "output", "example_photos"}),
        (jobs.judge_job, judge_command.run, {"images", "output", "injection"}),
        (jobs.assess_job, judge_command.assess, {"images", "output", "injection"}),
        (jobs.bench_job, bench_command.run, {"suite", "output", "judge", "judge_as"}),
    ],
)
def test_every_option_of_calls_has_the_same_name_on_both_sides(
    made: Callable[..., object], called: Callable[..., object], more: set[str]
) -> None:
    shared = set(jobs.CallOptions.__annotations__)
    assert shared <= set(inspect.signature(called).parameters)
    own = set(inspect.signature(made).parameters) - {"source", "out", "options"}
    named = {"config", "thresholds", "judges", "guard"}
    assert own - named - more <= set(inspect.signature(called).parameters) - shared
    function = getattr(
        verbs,
        {
            "build": "build_dataset",
            "judge": "judge_images",
            "assess": "assess_images",
            "bench": "run_bench",
        }[made.__name__.removesuffix("_job")],
    )
    assert "options" in inspect.signature(function).parameters


def test_the_public_names_are_there_and_load_nothing_before() -> None:
    assert set(dir(crosslight)) == set(crosslight.__all__)
    for name in crosslight.__all__:
        assert getattr(crosslight, name) is not None
    with pytest.raises(AttributeError):
        crosslight.nothing  # noqa: B018


@pytest.mark.parametrize(
    "wrong",
    [
        {"concurrency": 0},
        {"attempts": 0},
        {"timeout": -1},
        {"seed": "x"},
        {"fail_on_error": 2.5},
        {"fail_on_error": True},
        {"limit": 0},
        {"budget": 5},
        {"budgets": "5usd"},
    ],
    ids=str,
)
def test_what_the_command_line_refuses_is_refused(wrong: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(crosslight.CrosslightError) as caught:
        crosslight.build_dataset(tmp_path, tmp_path / "out", **wrong)  # type: ignore[arg-type]
    assert caught.value.hint
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "record", ['{"kind": ["x"]}', '{"kind": "judge", "account": null}', '{"kind": "other"}', "[]"]
)
def test_an_odd_run_json_is_no_defect(record: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(record)
    try:
        run = crosslight.open_run(tmp_path)
    except crosslight.CrosslightError:
        return
    assert run.account == {} and "judge" in repr(run)
