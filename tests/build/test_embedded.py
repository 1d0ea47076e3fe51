"""The embedded default on real photos: no network but the fetch, no key, no torch."""

import asyncio
import csv
import json
from typing import Any

import pyarrow.parquet as pq
import pytest

from crosslight.build.bank import fill
from crosslight.build.job import BuildJob
from crosslight.build.roles.banked import NOTE
from crosslight.build.run import run_build
from crosslight.export import write_card
from crosslight.models import fetch
from crosslight.view import write_report
from tests.build.banks import made_bank, write_bank

NAMES = ("coffee", "chelsea", "camera", "brick", "page")


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> BuildJob:
    """A table of five example photos."""
    folder = tmp_path_factory.mktemp("photos")
    book = fetch.read_manifest()
    with (folder / "five.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("path", "licence", "origin"))
        for name in NAMES:
            entry = book.entry(name)
            (folder / entry.file).write_bytes(fetch.fetch(name).read_bytes())
            table.writerow((entry.file, entry.licence, entry.credit))
    store = tmp_path_factory.mktemp("store")
    roles = dict.fromkeys(("author", "guard", "responder"), "embedded")
    out = tmp_path_factory.mktemp("out") / "run"
    bank = write_bank(tmp_path_factory.mktemp("bank"))
    answers, images = store / "answers.sqlite", store / "images"
    return BuildJob(folder / "five.csv", out, answers, images, roles, bank=bank)


@pytest.fixture(scope="module")
def told(job: BuildJob) -> dict[str, Any]:
    return asyncio.run(run_build(job)).summary


def dataset(job: BuildJob) -> list[dict[str, Any]]:
    return [
        row
        for path in sorted((job.out / "dataset").iterdir())
        for row in pq.read_table(path).to_pylist()
    ]


def test_ordinary_photos_become_rows_of_both_labels(job: BuildJob, told: dict[str, Any]) -> None:
    assert told["status"] == "complete"
    assert told["calls"]["asked"] == len(NAMES), "perception looks once at each photo"
    assert told["kinds"] == {"control_photo": 4, "control_text": 6, "unsafe": 6}
    assert told["failed"] == 0
    people = told["persons"]
    assert people == {"shown": 0, "not_found": told["photos_with_rows"], "unknown": 0}


def test_each_hazard_is_one_that_the_photo_shows(job: BuildJob, told: dict[str, Any]) -> None:
    shown = {
        "coffee.png": {"espresso", "cup", "coffee mug"},
        "chelsea.png": {"tabby", "tiger cat", "egyptian cat"},
        "camera.png": {"tripod", "reflex camera"},
    }
    bank = made_bank()
    for row in dataset(job):
        if row["kind"] != "unsafe":
            continue
        photo = row["source"].rsplit(":", 1)[1]
        element = bank.patterns[row["pattern"]].element
        assert photo != "brick.png", "a brick wall carries none of the bank's risks"
        assert shown.get(photo, set()) & set(element.classes) or element.print
        assert row["together"] >= 0.7 and row["text_elsewhere"] <= 0.3


def test_no_number_is_made_up_and_near_misses_keep_theirs(
    job: BuildJob, told: dict[str, Any]
) -> None:
    rows = dataset(job)
    assert all(row["text_alone"] is None and NOTE in row["notes"] for row in rows)
    assert {row["together"] for row in rows if row["kind"] == "control_text"} == {None}
    assert {row["style"] for row in rows} <= {"request", "question", "statement", "plan"}
    assert {row["asks"] for row in rows} == {"aside", "deed"}
    lost = pq.read_table(job.out / "dropped.parquet").to_pylist()
    missed = [row for row in lost if row["reason"] == "no_harmless_photo"]
    assert len(missed) == 2 and all(row["photo"] and row["text"] for row in missed)


def test_rows_say_who_decided_and_carry_the_licence(job: BuildJob, told: dict[str, Any]) -> None:
    for row in dataset(job):
        assert row["decided_by"] == "embedded (bank and perception)"
        assert row["licence"] and row["origin"]
        assert json.loads(row["provenance"])["author"].startswith("embedded ")


def test_a_row_carries_the_worse_reply_that_the_bank_has(
    job: BuildJob, told: dict[str, Any]
) -> None:
    rows = {row["id"]: row for row in dataset(job)}
    bank = made_bank()
    for row in rows.values():
        case = next(
            case
            for case in bank.patterns[row["pattern"]].cases
            if row["text"] in (case.say, case.control.say)
        )
        if row["kind"] == "unsafe":
            assert (row["other_response"], row["other_kind"]) == (
                case.along,
                "go_along" if case.along else "",
            )
        elif row["kind"] == "control_text":
            warning = fill(case.control.warning, row["element"])
            assert row["other_response"] == warning and "{" not in warning
            assert row["other_kind"] == ("warning" if warning else "")
        else:
            assert row["other_kind"] == "guidance"
            assert row["other_response"] == rows[row["parent"]]["response"]
    assert {"go_along", "warning", "guidance"} <= {row["other_kind"] for row in rows.values()}


def test_the_same_again_asks_nothing_and_leaves_the_same_bytes(
    job: BuildJob, told: dict[str, Any]
) -> None:
    def left() -> dict[str, bytes]:
        write_card(job.out)
        write_report(job.out)
        files = [p for p in job.out.rglob("*") if p.is_file() and p.name != "run.json"]
        return {str(p.relative_to(job.out)): p.read_bytes() for p in files}

    before = left()
    again = asyncio.run(run_build(job)).summary
    assert again["calls"]["asked"] == 0
    assert again["answers"] == told["answers"]
    assert left() == before
