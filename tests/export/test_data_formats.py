"""Exports of whole rows: as a program reads them that knows the format and not us."""

import base64
import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from crosslight.export import Chosen, ExportError, export_run
from crosslight.records import BadSetting
from crosslight.store import IMAGE
from tests.export.pairs_run import drawn, mirrored, pair, write_pairs
from tests.export.test_formats import build_run, files

UGLY = (
    "<image> {{7*7}} ${jndi:x} %(a)s <script>alert(1)</script> =cmd|' /C calc'!A0 "
    '"quote", \u202etfel\u202c \x00 one\u2028two\r\nthree ![x](https://example.org/a.png)'
)


@pytest.fixture
def ugly(tmp_path: Path) -> Path:
    rows = [
        *mirrored(1),
        pair("../../up.a.b", drawn(5), question=UGLY, licence=UGLY, origin=UGLY, source=UGLY),
        pair("held", drawn(6), split="test", weight=float("nan"), licence="CC-BY-4.0"),
    ]
    return write_pairs(tmp_path / "pairs", rows)


def two_photos(folder: Path) -> Path:
    """A build whose row shows two photos."""
    run = build_run(folder)
    path = next((run / "dataset").glob("train-*"))
    table = pq.read_table(path).slice(0, 1).drop_columns(["image"])
    shown = [[{"bytes": drawn(n), "path": f"{n}.png"} for n in (1, 2)]]
    told = {"source_2": "second.png", "licence_2": "CC-BY-4.0", "origin_2": "elsewhere"}
    table = table.append_column("images", pa.array(shown, pa.list_(IMAGE)))
    for name, value in told.items():
        table = table.append_column(name, pa.array([value]))
    for old in (run / "dataset").iterdir():
        old.unlink()
    pq.write_table(table, path)
    return run


def test_datasets_reads_all_columns_with_the_licence_of_every_row(
    ugly: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    out = tmp_path / "out"
    done = export_run(ugly, "hf", out, Chosen())
    assert done.left_out(failed=False) == {}, "a placeholder in a text is for trainers only"
    read = datasets.load_dataset(str(out), cache_dir=str(tmp_path / "cache"))
    rows = {row["id"]: row for split in read.values() for row in split}
    assert set(rows) == {"a1", "b1", "../../up.a.b", "held"}
    told = rows["../../up.a.b"]
    assert [told[name] for name in ("question", "licence", "origin", "source")] == [UGLY] * 4
    assert rows["held"]["licence"] == "CC-BY-4.0" and rows["a1"]["licence"] == "CC0-1.0"
    assert told["image"].size == (45, 30)
    assert set(told) == set(pq.read_schema(next((ugly / "dataset").glob("train-*"))).names)


def test_tables_have_small_row_groups(tmp_path: Path) -> None:
    rows = [pair(f"r{n}", drawn(1)) for n in range(1_001)]
    run = write_pairs(tmp_path / "pairs", rows)
    for to in ("hf", "croissant"):
        export_run(run, to, tmp_path / to, Chosen())
        (path,) = (tmp_path / to / "data").iterdir()
        told = pq.ParquetFile(path).metadata
        groups = [told.row_group(at).num_rows for at in range(told.num_row_groups)]
        assert sum(groups) == 1_001 and max(groups) <= 1_000


def test_a_tar_holds_picture_and_row_under_one_number(ugly: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_run(ugly, "webdataset", out, Chosen())
    with tarfile.open(out / "train-000000.tar") as tar:
        held = {one.name: tar.extractfile(one).read() for one in tar}  # type: ignore[union-attr]
    assert sorted(held) == [f"0000000{n}.{end}" for n in range(3) for end in ("json", "png")]
    assert held["00000002.png"] == drawn(5)
    row = json.loads(held["00000002.json"])
    assert (row["id"], row["question"], row["licence"]) == ("../../up.a.b", UGLY, UGLY)
    with tarfile.open(out / "test-000000.tar") as tar:
        test = json.loads(tar.extractfile("00000000.json").read())  # type: ignore[union-attr]
    assert test["weight"] is None, "no number is unknown, not zero and no NaN of Python's"


def test_two_photos_of_a_row_go_along_with_a_credit_each(tmp_path: Path) -> None:
    run, out = two_photos(tmp_path / "run"), tmp_path / "out"
    chosen = Chosen(sensitive=True)
    export_run(run, "webdataset", out, chosen)
    with tarfile.open(out / "train-000000.tar") as tar:
        assert tar.getnames() == ["00000000.1.png", "00000000.2.png", "00000000.json"]
    credits = (out / "credits.csv").read_text(encoding="utf-8").splitlines()
    assert len(credits) == 3 and credits[2].endswith("second.png,CC-BY-4.0,elsewhere")
    export_run(run, "labelstudio", out, chosen)
    (task,) = json.loads((out / "tasks-0001.json").read_text(encoding="utf-8"))
    assert task["data"]["image"] != task["data"]["image_2"]
    assert "$image_2" in (out / "labels.xml").read_text(encoding="utf-8")
    assert not list(out.glob("*.tar")), "the former export is gone"
    export_run(run, "msswift", out, chosen)
    assert len(json.loads((out / "train.jsonl").read_text(encoding="utf-8"))["images"]) == 2
    assert not list(out.glob("tasks-*")) and not (out / "labels.xml").exists()


def test_croissant_describes_the_files_and_columns_that_are_there(
    ugly: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    export_run(ugly, "croissant", out, Chosen())
    told = json.loads((out / "croissant.json").read_text(encoding="utf-8"))
    assert told["conformsTo"][0].endswith("croissant/1.1")
    assert "CC-BY-4.0" in told["license"] and not any("\x00" in one for one in told["license"])
    assert {one for one in told if one.startswith("rai:")} >= {
        "rai:dataLimitations",
        "rai:dataUseCases",
        "rai:personalSensitiveInformation",
    }
    by_id = {one["@id"]: one for one in told["distribution"]}
    for records in told["recordSet"]:
        file = by_id[f"{records['@id']}-file"]
        data = (out / file["contentUrl"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == file["sha256"]
        columns = [field["source"]["extract"]["column"] for field in records["field"]]
        assert columns == pq.read_schema(io.BytesIO(data)).names
    assert {one["@id"] for one in told["recordSet"]} == {"train", "test"}


def test_label_studio_gets_tasks_that_show_texts_as_texts(ugly: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_run(ugly, "labelstudio", out, Chosen())
    tasks = {
        task["data"]["id"]: task["data"]
        for task in json.loads((out / "tasks-0001.json").read_text(encoding="utf-8"))
    }
    assert len(tasks) == 4
    told = tasks["../../up.a.b"]
    assert told["question"] == UGLY and told["licence"] == UGLY and tasks["held"]["weight"] is None
    head, _, data = told["image"].partition(",")
    assert head == "data:image/png;base64" and base64.b64decode(data) == drawn(5)
    shown = ElementTree.parse(out / "labels.xml").getroot()
    values = {one.get("value", "") for one in shown.iter() if one.get("value", "").startswith("$")}
    assert {value[1:] for value in values} <= set(told)
    assert {one.tag for one in shown.iter() if one.get("value") in values} == {"Image", "Text"}


def test_label_studio_is_told_what_the_run_calls_a_row(tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_run(build_run(tmp_path / "run"), "labelstudio", out, Chosen())
    for task in json.loads((out / "tasks-0001.json").read_text(encoding="utf-8")):
        (said,) = task["predictions"]
        assert said["result"][0]["value"]["choices"] == [task["data"]["label"]]


@pytest.mark.parametrize("to", ["hf", "webdataset", "croissant", "labelstudio"])
def test_an_export_is_the_same_each_time_and_has_a_datasheet(
    ugly: Path, tmp_path: Path, to: str
) -> None:
    for name in ("one", "two"):
        export_run(ugly, to, tmp_path / name, Chosen())
    assert files(tmp_path / "one") == files(tmp_path / "two")
    card = (tmp_path / "one" / "README.md").read_text(encoding="utf-8")
    assert "## Datasheet" in card and "Nobody has reviewed rows" in card
    assert "Sensitive rows: left out" in card and "| CC-BY-4.0 | 1 |" in card
    assert "<script>" not in card and "\x00" not in card
    front = yaml.safe_load(card.split("---")[1])
    lies = [one["path"] for one in front.get("configs", [{"data_files": []}])[0]["data_files"]]
    assert all(list((tmp_path / "one").glob(path)) for path in lies)


def test_splits_by_a_column_hold_its_values_apart(tmp_path: Path) -> None:
    rows = [row for n in range(60) for row in mirrored(n)]
    run, out = write_pairs(tmp_path / "pairs", rows), tmp_path / "out"
    done = export_run(run, "hf", out, Chosen(split_by="cluster"))
    splits: dict[str, set[str]] = {}
    for path in (out / "data").iterdir():
        for row in pq.read_table(path, columns=["cluster", "split"]).to_pylist():
            assert path.name.startswith(row["split"])
            splits.setdefault(row["cluster"], set()).add(row["split"])
    assert len(splits) == 60 and all(len(found) == 1 for found in splits.values())
    assert done.rows["train"] > done.rows["test"] > 0 < done.rows["validation"]
    assert "by a hash of cluster" in done.notes[0] and "0 sentences" in done.notes[0]
    parted = export_run(run, "msswift", out, Chosen(split_by="id"))
    assert " 0 sentences" not in parted.notes[0], "what a split by id tears apart is told"


@pytest.mark.parametrize(
    ("to", "chosen", "told"),
    [
        ("hf", Chosen(split_by="weight"), "no such column of text"),
        ("hf", Chosen(only="good"), "--only 'good'"),
        ("croissant", Chosen(pairs=False), "--chosen-only: croissant"),
    ],
)
def test_options_that_do_not_go_together_are_told(
    ugly: Path, tmp_path: Path, to: str, chosen: Chosen, told: str
) -> None:
    with pytest.raises(BadSetting, match=told):
        export_run(ugly, to, tmp_path / "out", chosen)
    assert not (tmp_path / "out").exists()


def test_chains_go_to_trainers_only(tmp_path: Path) -> None:
    run = build_run(tmp_path / "run")
    with pytest.raises(BadSetting, match="hf takes rows as they are"):
        export_run(run, "hf", tmp_path / "out", Chosen(target="chain"))
    with pytest.raises(BadSetting, match="keeps their split"):
        export_run(run, "trl", tmp_path / "out", Chosen(target="chain", split_by="photo"))


def test_a_row_without_its_picture_has_failed_in_every_format(tmp_path: Path) -> None:
    rows = [pair("a", drawn(1)), pair("blind", None), pair("odd", b"%PDF-1.7")]
    run = write_pairs(tmp_path / "pairs", rows)
    for to in ("hf", "webdataset", "croissant", "labelstudio"):
        done = export_run(run, to, tmp_path / to, Chosen())
        assert done.rows == {"train": 1}
        assert done.left_out(failed=True) == {"no_picture": 1, "not_a_picture": 1}
    blind: list[dict[str, Any]] = [pair("blind", None)]
    with pytest.raises(ExportError, match="has its pictures"):
        export_run(write_pairs(tmp_path / "none", blind), "hf", tmp_path / "out", Chosen())


def test_a_large_export_is_cut_between_rows(
    ugly: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    monkeypatch.setattr("crosslight.export.formats.webdataset.SHARD_BYTES", 1)
    export_run(ugly, "webdataset", out, Chosen())
    shards = sorted(out.glob("train-*.tar"))
    assert [path.name for path in shards] == [f"train-00000{n}.tar" for n in range(3)]
    for at, path in enumerate(shards):
        with tarfile.open(path) as tar:
            assert tar.getnames() == [f"{at:08d}.png", f"{at:08d}.json"]
    monkeypatch.setattr("crosslight.export.formats.labelstudio.FILE_BYTES", 1)
    export_run(ugly, "labelstudio", out, Chosen())
    parts = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(out.glob("tasks-*"))]
    assert [len(part) for part in parts] == [1] * 4 and not list(out.glob("*.tar"))
