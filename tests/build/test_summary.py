"""What a run leaves: tables that others read, and a run.json that says everything."""

import io
import json
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
from PIL import Image

from crosslight.build.bank import read_bank
from crosslight.build.config import BuildConfig
from crosslight.build.counts import Account
from crosslight.build.coverage import Round
from crosslight.build.prompts import prompt_hashes
from crosslight.build.summary import BuildOutcome, write_build
from crosslight.flow import Ledger
from crosslight.models.protocol import ModelCard
from crosslight.records import CrossCheck, Dropped, Failed, Kind, Photo, Sample, Triplet
from crosslight.store import ImageStore
from tests.build.scenes import picture


def leaving(folder: Path, n: int = 3) -> BuildOutcome:
    """A small run of `n` photos with one row each."""
    images = ImageStore(folder / "images")
    photos = [
        Photo(images.put(picture(i)), f"{i}.jpg", 160, 120, "JPEG", "v:0", "CC0-1.0", "me")
        for i in range(n)
    ]
    samples = []
    for i, photo in enumerate(photos):
        triplet = Triplet(
            photo.id,
            "fire.x",
            "a stove",
            f"Right here, number {i}?",
            "risk",
            "why",
            "fire_burns",
            "fire",
        )
        check = CrossCheck(0.0, 0.1, 0.05, 0.9, decided_by="test", notes=("a note",))
        samples.append(Sample(triplet, Kind.UNSAFE, "unsafe", "Mind it.", check, recipe="rms-1"))
    account = Account()
    account.lose(Dropped("screen", "not_an_image", "text"), None, "notes.txt")
    account.lose(Failed("imagine", "server_fault: 500", True, "try later"), photos[0], "0.jpg")
    return BuildOutcome(
        samples,
        {p.id: p for p in photos},
        [(p.source, p.id) for p in photos],
        [Round(0, {"fire": n}, ())],
        account,
        images,
        read_bank(),
        {"author": ModelCard("fake:x", "x", "r1")},
        Ledger(),
        BuildConfig(),
        prompt_hashes(),
        [],
    )


def test_pandas_and_datasets_read_the_rows_with_real_images(tmp_path: Path) -> None:
    from datasets import load_dataset

    write_build(tmp_path / "out", leaving(tmp_path), status="complete", reason="", seconds=1.0)
    folder = tmp_path / "out" / "dataset"
    cache = str(tmp_path / "hf")
    found = load_dataset("parquet", data_dir=str(folder), split="train", cache_dir=cache)
    assert found[0]["image"].size == (160, 120)
    assert found[1]["text"] == "Right here, number 1?"
    frame = pd.read_parquet(folder)
    assert list(frame["together"]) == [0.9, 0.9, 0.9]
    assert Image.open(io.BytesIO(frame["image"][0]["bytes"])).size == (160, 120)
    assert set(frame["licence"]) == {"CC0-1.0"}


def test_dropped_and_failed_rows_are_kept_with_their_reasons(tmp_path: Path) -> None:
    write_build(tmp_path / "out", leaving(tmp_path), status="complete", reason="", seconds=1.0)
    dropped = pq.read_table(tmp_path / "out" / "dropped.parquet").to_pylist()
    failed = pq.read_table(tmp_path / "out" / "failed.parquet").to_pylist()
    assert [(r["input"], r["step"], r["reason"]) for r in dropped] == [
        ("notes.txt", "screen", "not_an_image")
    ]
    assert [(r["input"], r["error"], r["retryable"], r["hint"]) for r in failed] == [
        ("0.jpg", "server_fault: 500", True, "try later")
    ]


def test_run_json_has_the_names_that_others_rely_on(tmp_path: Path) -> None:
    out = tmp_path / "out"
    told = write_build(out, leaving(tmp_path), status="complete", reason="", seconds=1.23456)
    assert told == json.loads((out / "run.json").read_text())
    names = """status rows dropped failed inputs calls tokens cost seconds models seed versions
    funnel coverage settings prompts data faults""".split()
    assert set(names) <= set(told)
    assert {"asked", "answered", "replayed", "failed"} <= set(told["calls"])
    assert (told["status"], told["rows"], told["dropped"], told["failed"]) == ("complete", 3, 1, 1)
    assert told["models"][0]["revision"] == "r1"
    assert set(told["prompts"]) >= {"imagine", "unsafe_text", "answer"}


def test_the_same_run_leaves_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_build(tmp_path / name, leaving(tmp_path), status="complete", reason="", seconds=1.0)
    for path in sorted((tmp_path / "one").rglob("*.parquet")):
        assert (
            path.read_bytes()
            == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()
        )


def test_rows_of_one_photo_store_its_bytes_once(tmp_path: Path) -> None:
    from dataclasses import replace

    run = leaving(tmp_path, 1)
    row = run.samples[0]
    many = [replace(row, triplet=replace(row.triplet, text=f"Number {i}?")) for i in range(40)]
    write_build(tmp_path / "one", run, status="complete", reason="", seconds=1.0)
    write_build(
        tmp_path / "many", replace(run, samples=many), status="complete", reason="", seconds=1.0
    )
    one, forty = (
        sum(p.stat().st_size for p in (tmp_path / name / "dataset").iterdir())
        for name in ("one", "many")
    )
    assert forty < 2.5 * one
