"""Two builds beside each other: what was set, what came out, why the rest was lost."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from crosslight.build.compare import Amount, compare_builds
from crosslight.models.fake import FakeServer
from crosslight.runs.folder import NotARunFolder
from tests.build.scenes import KEEP, Scene, picture
from tests.build.scripted import build, script_for, write_photos


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """`plain`: of six photos four keep their idea; `strict`: the same photos, and nothing is unsafe
    enough; `fewer`: three of the photos, by another model."""
    here = tmp_path_factory.mktemp("builds")
    made = [Scene(n, picture(n), (KEEP, KEEP, "not_unsafe_together")[n % 3]) for n in range(6)]
    six, three = write_photos(made, here / "six"), write_photos(made[:3], here / "three")
    script = script_for(made, here / "scratch")
    with FakeServer(script) as server, FakeServer(script) as other:
        build(here, six, "plain", server.spec)
        build(here, six, "strict", server.spec, together_at_least=0.98)
        build(here, three, "fewer", other.spec)
    yield here


def test_the_same_run_twice_differs_in_nothing(folder: Path) -> None:
    (pair,) = compare_builds([folder / "plain", folder / "plain"])
    assert pair.setup == ()
    assert (pair.only_a, pair.only_b) == (0, 0)
    assert pair.common > 0
    assert not any(section.rows for section in pair.sections())
    assert pair.sections()[-1].text == "no difference in what was lost"


def test_another_threshold_is_the_only_difference_and_its_drops_are_named(folder: Path) -> None:
    (pair,) = compare_builds([folder / "plain", folder / "strict"])
    assert pair.setup == (("settings.together_at_least", "0.5", "0.98"),)
    assert pair.yields[0].inputs == pair.yields[1].inputs == 6
    assert pair.yields[0].photos > pair.yields[1].photos == 0
    assert (pair.common, pair.only_b) == (0, 0)
    unsafe = next(one for one in pair.rows if (one.what, one.name) == ("label", "unsafe"))
    assert unsafe.a and unsafe.b == 0
    assert Amount("cross_check", "not_unsafe_together", 2, 6) in pair.lost[:2]
    changes = [abs(one.change or 0) for one in pair.lost]
    assert changes == sorted(changes, reverse=True)


def test_fewer_photos_and_another_model(folder: Path) -> None:
    (pair,) = compare_builds([folder / "plain", folder / "fewer"])
    names = {one.name for one in pair.setup}
    assert {"models.author.spec", "models.guard.endpoint", "data.inputs_sha256"} <= names
    assert not any(name.startswith("settings") for name in names), "the command is no setting"
    assert (pair.yields[0].inputs, pair.yields[1].inputs) == (6, 3)
    assert pair.only_a > 0
    told = json.loads(json.dumps(pair.as_json()))
    assert told["row_ids"]["only_a"] == pair.only_a
    assert {one["what"] for one in told["rows"]} == {"kind", "label", "scenario", "category"}


def test_a_missing_table_of_drops_is_unknown_and_not_zero(folder: Path, tmp_path: Path) -> None:
    older = copy(folder / "plain", tmp_path / "older")
    (older / "dropped.parquet").unlink()
    (pair,) = compare_builds([older, folder / "plain"])
    drop = next(one for one in pair.lost if one.name == "not_unsafe_together")
    assert (drop.a, drop.b, drop.change) == (None, 2, None)
    assert pair.sections()[-1].text.endswith("(A has no dropped.parquet)")
    (pair,) = compare_builds([older, older])
    assert pair.sections()[-1].text.startswith("what was lost cannot be told")


def copy(run: Path, to: Path) -> Path:
    return Path(shutil.copytree(run, to))


def test_an_older_run_that_counts_no_inputs_has_no_yield(folder: Path, tmp_path: Path) -> None:
    older = copy(folder / "plain", tmp_path / "older")
    run = json.loads((older / "run.json").read_text())
    older_run = {name: run[name] for name in ("kind", "models")}
    (older / "run.json").write_text(json.dumps(older_run))
    (pair,) = compare_builds([older, folder / "plain"])
    assert pair.yields[0].share is None
    assert "unknown number of inputs" in pair.sections()[0].text


def test_no_dataset_is_a_clear_error(folder: Path, tmp_path: Path) -> None:
    empty = copy(folder / "plain", tmp_path / "empty")
    shutil.rmtree(empty / "dataset")
    with pytest.raises(NotARunFolder, match="lacks dataset"):
        compare_builds([folder / "plain", empty])
