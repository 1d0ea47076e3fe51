"""Two runs beside each other: set-up, paired differences, flipped items."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from crosslight.bench.compare import (
    agreement_of,
    compare_runs,
    read_bench,
    write_comparison,
)
from crosslight.models.errors import ContentFiltered
from crosslight.models.protocol import Request
from crosslight.records.errors import BadSetting
from crosslight.runs import begin
from crosslight.runs.differences import setup_differences
from crosslight.runs.folder import NotARunFolder
from tests.bench.small import By, items, run


def no(request: Request) -> Any:
    return {"No": 0.9, "Yes": 0.1}


def wiser(request: Request) -> Any:
    number = int(request.messages[-1].text.split("question ")[1])
    if number == 0:
        raise ContentFiltered("x")
    return {"No": 0.2, "Yes": 0.8} if number % 2 else no(request)


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    run(tmp_path, items(20, "choice"), By("fake:no", no), out="a")
    run(tmp_path, items(20, "choice"), By("fake:wiser", wiser), out="b")
    return tmp_path / "a", tmp_path / "b"


def test_the_differences_are_paired_and_corrected(runs: tuple[Path, Path]) -> None:
    (pair,) = compare_runs([read_bench(folder) for folder in runs])
    found = {one.metric: one for one in pair.differences}
    safe = found["accuracy_safe"]
    assert (safe.difference, safe.only_a, safe.only_b, safe.n) == (1.0, 0, 10, 10)
    assert safe.p == pytest.approx(2 / 1024)
    assert safe.p <= safe.p_bh <= safe.p_holm
    assert found["accuracy_unsafe"].difference == 0
    assert found["accuracy_unsafe"].lost == 1
    balanced = found["balanced_accuracy"]
    assert balanced.difference == pytest.approx(0.5)
    assert balanced.low < 0.5 <= balanced.high
    assert balanced.test == "bootstrap"


def test_flips_name_every_item_that_changed(runs: tuple[Path, Path]) -> None:
    (pair,) = compare_runs([read_bench(folder) for folder in runs])
    assert len(pair.flips) == 11
    first = pair.flips[0]
    assert (first.item, first.a, first.b) == ("i0", "no", "failed: content_filter")
    assert first.change == "right -> no score"
    assert pair.flips[1].change == "wrong -> right"


def test_the_set_up_says_what_differs_and_nothing_else(runs: tuple[Path, Path]) -> None:
    a, b = (read_bench(folder) for folder in runs)
    assert [name for name, _, _ in setup_differences(a.run, b.run)] == ["models.model.spec"]
    assert setup_differences(a.run, a.run) == ()


def test_it_is_written_as_json_csv_and_markdown(runs: tuple[Path, Path], tmp_path: Path) -> None:
    pairs = compare_runs([read_bench(folder) for folder in runs])
    out = tmp_path / "compared"
    write_comparison(out, pairs)
    write_comparison(out, pairs)
    told = json.loads((out / "compare.json").read_text("utf-8"))["pairs"][0]
    assert told["items"] == {"common": 20, "only_a": 0, "only_b": 0}
    lines = list(csv.DictReader((out / "differences.csv").open(encoding="utf-8")))
    assert {line["metric"] for line in lines} == {one.metric for one in pairs[0].differences}
    assert len(list(csv.DictReader((out / "flips.csv").open(encoding="utf-8")))) == 11
    assert "Balanced accuracy" in (out / "compare.md").read_text("utf-8")
    with pytest.raises(NotARunFolder):
        write_comparison(runs[0], pairs)


def test_only_common_items_are_compared(tmp_path: Path) -> None:
    run(tmp_path, items(20, "choice"), By("fake:no", no), out="a")
    run(tmp_path, items(8, "choice"), By("fake:no", no), out="b")
    (pair,) = compare_runs([read_bench(tmp_path / name) for name in "ab"])
    assert (pair.common, pair.only_a, pair.only_b) == (8, 12, 0)
    assert "data.items_sha256" in {name for name, _, _ in pair.setup}


def test_one_run_or_no_run_is_refused(runs: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="two runs"):
        compare_runs([read_bench(runs[0])])
    with pytest.raises(NotARunFolder):
        read_bench(tmp_path / "nowhere")


def test_no_folder_of_this_machine_is_written_and_names_stay_apart(tmp_path: Path) -> None:
    for name in ("mine/x", "yours/x"):
        run(tmp_path, items(4, "choice"), By("fake:no", no), out=name)
    pairs = compare_runs([read_bench(tmp_path / name) for name in ("mine/x", "yours/x")])
    write_comparison(tmp_path / "c", pairs)
    told = json.loads((tmp_path / "c" / "compare.json").read_text("utf-8"))["pairs"][0]
    assert (told["a"], told["b"]) == ("mine/x", "yours/x")
    for file in (tmp_path / "c").iterdir():
        assert str(tmp_path) not in file.read_text("utf-8")


def test_agreement_counts_verdicts_only(runs: tuple[Path, Path]) -> None:
    found = agreement_of([read_bench(folder) for folder in runs])
    assert (found.raters, found.items, found.complete) == (2, 20, 19)
    assert found.raw == pytest.approx(9 / 19)


def test_a_run_that_was_killed_is_not_compared_by_its_former_numbers(tmp_path: Path) -> None:
    run(tmp_path, items(4, "choice"), By("fake:no", no), out="a")
    begin(tmp_path / "a", "bench")  # what a new run does first
    with pytest.raises(NotARunFolder, match="did not end") as caught:
        read_bench(tmp_path / "a")
    assert "goes on" in caught.value.hint
