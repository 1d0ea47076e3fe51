"""No loader reads a file outside the folder that it was given, whatever is a link on the way."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from crosslight.bench import SuiteError, find_suite, load_suite
from crosslight.bench.native import files
from crosslight.bench.native.fields import RowFault
from crosslight.bench.native.images import image_bytes
from crosslight.bench.published.check import expected
from crosslight.bench.published.recompute import recompute
from crosslight.build.bank import BankError, read_bank
from crosslight.judge.labels import LabelError, read_labels
from crosslight.judge.scales import read_scale
from crosslight.models import ModelError
from crosslight.models.fake.script import load as load_script
from crosslight.photos.sources import InputError, Refused, open_source
from crosslight.policy import PolicyError, read_any, read_constitution, read_policy_text
from crosslight.policy.constitution import CONSTITUTION_FOLDER
from crosslight.runs import NotARunFolder, read_manifest, read_run
from crosslight.view import write_judge_report
from tests.build.banks import as_yaml, small_bank

CONSTITUTION = next(CONSTITUTION_FOLDER.glob("*.yaml")).read_text("utf-8")
SUITE = "name: mine\nsubsets: {a: One.}\n"
ITEM = '{"id": "1", "text": "?", "expected": "refuse", "image": "images/mine.png"}\n'
MSTS = "model,prompt_type,final_label,final_taxonomy\nm,p,safe,x\n"
NAMED: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "policy.yaml": (CONSTITUTION, read_constitution),
    "policy.compiled.yaml": (CONSTITUTION, read_any),
    "guard.txt": ("the policy of a guard", read_policy_text),
    "labels.csv": ("image,label\na.png,unsafe\n", read_labels),
    "labels.jsonl": ('{"image": "a.png", "label": "unsafe"}\n', read_labels),
    "scale.yaml": ("question: How?\n", lambda path: read_scale(str(path))),
    "script.yaml": ("default: hello\n", lambda path: load_script(str(path))),
    "suite.yaml": (SUITE, lambda path: find_suite(str(path))),
    "photos.csv": ("image\na.png\n", open_source),
    "photos.jsonl": ('{"image": "a.png"}\n', open_source),
    "photos.txt": ("a.png\n", open_source),
    "one.png": ("no picture", lambda path: next(open_source(path)).read()),
    "photos.tar": ("no tar", open_source),
    "photos.parquet": ("no parquet", open_source),
}
REFUSALS = (
    *(PolicyError, LabelError, ModelError, SuiteError, BankError, NotARunFolder),
    *(InputError, Refused, RowFault),
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """What is nobody's business."""
    folder = tmp_path / "home"
    folder.mkdir()
    Image.new("RGB", (8, 8), (200, 10, 10)).save(folder / "mine.png")
    return folder


@pytest.mark.parametrize("name", NAMED)
def test_a_named_file_elsewhere(tmp_path: Path, home: Path, name: str) -> None:
    text, read = NAMED[name]
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (home / name).write_text(text, "utf-8")
    (theirs / name).symlink_to(home / name)
    with pytest.raises(REFUSALS, match=r"is a link|outside"):
        read(theirs / name)
    # Its own folder may be reached by any way: that is what the person typed.
    (tmp_path / "way").symlink_to(home, target_is_directory=True)
    try:
        read(tmp_path / "way" / name)
    except REFUSALS as error:
        assert "link" not in str(error) and "outside" not in str(error)
    except Exception:
        pass


def test_a_picture_of_a_bench_through_a_linked_folder(tmp_path: Path, home: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "suite.yaml").write_text(SUITE)
    (theirs / "items.jsonl").write_text(ITEM + ITEM.replace('"1"', '"2"').replace("mine", "none"))
    (theirs / "images").symlink_to(home, target_is_directory=True)
    with pytest.raises(SuiteError, match="out of the folder"):
        load_suite(find_suite(str(theirs / "suite.yaml")), theirs)
    for name in ("images/mine.png", "images/../images/mine.png", "./images/mine.png"):
        with pytest.raises(SuiteError, match="out of the folder"):
            image_bytes(theirs, name)
    with pytest.raises(SuiteError, match="out of the folder"):
        image_bytes(theirs, "images/table.parquet::0/image")


def native_readers(folder: Path) -> Iterator[Callable[[], Any]]:
    yield lambda: files.file_bytes(folder, "sub/x.csv")
    yield lambda: files.find(folder, "sub/x.csv")
    yield lambda: list(files.csv_rows(folder, "sub/x.csv", ["model"]))
    yield lambda: list(files.line_rows(folder, "sub/x.csv", "model"))
    yield lambda: list(files.jsonl_rows(folder, "sub/x.csv"))
    yield lambda: files.json_value(folder, "sub/x.csv")


def test_every_reader_of_a_benchmark(tmp_path: Path, home: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (home / "x.csv").write_text(MSTS)
    (theirs / "sub").symlink_to(home, target_is_directory=True)
    for read in native_readers(theirs):
        with pytest.raises((SuiteError, RowFault), match="out of the folder"):
            read()
    assert files.file_hash(theirs, "sub/x.csv") == ""
    # Named, so that what cannot be read is told and no table is quietly shorter.
    assert files.matching(theirs, "*/x.csv") == ["sub/x.csv"]


def test_published_numbers_are_those_of_the_folder(tmp_path: Path, home: Path) -> None:
    theirs = tmp_path / "theirs"
    (theirs / "benchmarks" / "msts").mkdir(parents=True)
    (home / "one.csv").write_text(MSTS)
    (home / "EXPECTED.json").write_text('{"secret": 1}')
    answers = theirs / "benchmarks" / "msts" / "response_annotations"
    answers.symlink_to(home, target_is_directory=True)
    (theirs / "EXPECTED.json").symlink_to(home / "EXPECTED.json")
    made, failed = recompute(theirs)
    assert not made and failed
    assert all("out of the folder" in told for told in failed.values())
    with pytest.raises(SuiteError, match="out of the folder"):
        expected(theirs)


def test_a_bank_with_a_link(tmp_path: Path, home: Path) -> None:
    theirs = tmp_path / "bank"
    theirs.mkdir()
    (home / "lake.yaml").write_text(as_yaml(small_bank()["lake"]), "utf-8")
    (theirs / "lake.yaml").symlink_to(home / "lake.yaml")
    with pytest.raises(BankError) as caught:
        read_bank(theirs)
    assert "is a link that leads out" in caught.value.message


@pytest.mark.parametrize("name", ["shard.tar", "shard.parquet"])
def test_shards_of_a_folder(tmp_path: Path, home: Path, name: str) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (home / name).write_bytes(b"no shard")
    (theirs / name).symlink_to(home / name)
    [entry] = open_source(theirs)
    with pytest.raises(Refused) as caught:
        entry.read()
    assert entry.source == name and caught.value.reason == "outside"


@pytest.mark.parametrize("name", ["run.json", "verdicts.parquet", "dataset", "report.html"])
def test_a_run_of_somebody_else_with_a_link(tmp_path: Path, home: Path, name: str) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "run.json").write_text('{"kind": "judge", "status": "done", "rows": 1}')
    (theirs / name).unlink(missing_ok=True)
    (theirs / name).symlink_to(home)
    for read in (read_run, read_manifest, lambda run: write_judge_report(run, home)):
        with pytest.raises(NotARunFolder, match="link"):
            read(theirs)
