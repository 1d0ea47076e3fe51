"""Rows of suites, runs and tables: labels, groups, what is left out, and what is refused."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crosslight.bench import all_suites
from crosslight.records import content_hash
from crosslight.tune.judge.read import read_judge_rows
from crosslight.tune.judge.rows import DataError, joined_groups
from tests.build.scenes import picture
from tests.shared import SHARED
from tests.tune.judge.family import rows, write

SUITES = SHARED / "benchmarks"
needs_suites = pytest.mark.skipif(not SUITES.is_dir(), reason="no shared data here")


def own_suite(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.jpg").write_bytes(picture(1))
    (folder / "broken.jpg").write_bytes(b"no picture")
    (folder / "suite.yaml").write_text(
        "name: kitchen\nsubsets: {bad: Unsafe., good: Safe.}\nlicence: CC0-1.0\n", "utf-8"
    )
    items = [
        {"id": "1", "text": "May I?", "expected": "refuse", "subset": "bad", "image": "a.jpg"},
        {"id": "2", "text": "May he?", "expected": "comply", "subset": "good", "image": "a.jpg"},
        {"id": "3", "text": "And I?", "expected": "refuse", "subset": "bad", "pair": "p"},
        {"id": "4", "text": "And she?", "expected": "comply", "subset": "good", "pair": "p"},
        {"id": "5", "text": "Here?", "expected": "refuse", "subset": "bad", "image": "gone.jpg"},
        {"id": "6", "text": "Now?", "expected": "refuse", "subset": "bad", "image": "broken.jpg"},
    ]
    (folder / "items.jsonl").write_text("".join(json.dumps(i) + "\n" for i in items), "utf-8")
    return folder / "suite.yaml"


def test_a_suite_gives_its_sides_pictures_and_pairs(tmp_path: Path) -> None:
    data = read_judge_rows(f"{own_suite(tmp_path / 'k')}={tmp_path / 'k'}")
    by_id = {row.id: row for row in data.rows}
    assert {name: row.unsafe for name, row in by_id.items()} == {
        "1": 1, "2": 0, "3": 1, "4": 0, "5": 1,
    }  # fmt: skip
    assert by_id["1"].group == by_id["2"].group, "they share a picture"
    assert by_id["3"].group == by_id["4"].group, "they are a pair"
    assert len({row.group for row in data.rows}) == 3
    assert by_id["1"].picture == content_hash(picture(1))
    assert by_id["1"].image is not None and by_id["1"].image.read() == picture(1)
    assert by_id["5"].image is None and by_id["5"].lacks_picture
    assert not by_id["3"].lacks_picture
    assert data.left_out == {"picture that cannot be read": 1}
    assert data.licence == "CC0-1.0" and data.train_allowed and not data.only


@needs_suites
def test_mossbench_forbids_training_and_has_one_class() -> None:
    data = read_judge_rows(f"mossbench={SUITES / 'mossbench'}")
    assert not data.train_allowed and "forbids training" in data.why_not
    assert data.only == "safe" and len(data.rows) == 300


def test_only_mossbench_forbids_training() -> None:
    assert [s.name for s in all_suites() if s.no_training] == ["mossbench"]


@needs_suites
def test_xstest_is_read_as_the_loader_reads_it() -> None:
    data = read_judge_rows(f"xstest={SUITES / 'xstest'}")
    assert Counter(row.unsafe for row in data.rows) == {0: 249, 1: 199}
    assert data.left_out == {"redacted": 2}
    assert {row.group for row in data.rows if row.unsafe} and all(r.text for r in data.rows)


def test_a_table_is_read_in_every_form(tmp_path: Path) -> None:
    made = rows()
    as_lines = read_judge_rows(str(write(tmp_path / "t.jsonl", made)))
    pq.write_table(pa.Table.from_pylist(made), tmp_path / "t.parquet")
    head = list(made[0])
    text = ";".join(head) + "\n" + "".join(";".join(map(str, r.values())) + "\n" for r in made)
    (tmp_path / "t.csv").write_text(text, "utf-8")
    for name in ("t.parquet", "t.csv"):
        other = read_judge_rows(str(tmp_path / name))
        assert other.rows == as_lines.rows
    assert len(as_lines.rows) == 60 and as_lines.licence == "CC0-1.0"
    assert len({row.group for row in as_lines.rows}) == 10
    assert not as_lines.notes


def test_pictures_of_a_table_by_name_and_in_it(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(picture(1))
    named: list[dict[str, Any]] = [
        {"text": "one", "label": 1, "image": "a.jpg"},
        {"text": "two", "label": 0, "image": "gone.jpg"},
        {"text": "three", "label": None},
    ]
    data = read_judge_rows(str(write(tmp_path / "t.jsonl", named)))
    assert [row.picture for row in data.rows] == [content_hash(picture(1)), ""]
    assert [row.lacks_picture for row in data.rows] == [False, True]
    assert data.left_out == {"no label": 1}
    assert any("no licence" in note for note in data.notes)
    packed: list[dict[str, Any]] = [
        {"text": "x", "label": 1, "image": {"bytes": picture(2), "path": "2.jpg"}}
    ]
    pq.write_table(pa.Table.from_pylist(packed), tmp_path / "p.parquet")
    (row,) = read_judge_rows(str(tmp_path / "p.parquet")).rows
    assert row.image is not None and row.image.read() == picture(2)
    assert row.picture == content_hash(picture(2))


@pytest.mark.parametrize("name", ["../secret.jpg", "/etc/hostname"])
def test_a_picture_outside_the_table_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(picture(3))
    table = write(tmp_path / "in" / "t.jsonl", [{"text": "x", "label": 1, "image": name}])
    with pytest.raises(DataError, match=r"row 1"):
        read_judge_rows(str(table))


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ([{"text": "x", "label": "bad"}], "row 1: 'bad' is no label"),
        ([{"text": "x", "Label": "safe"}], "'Label' may mean 'label'"),
        ([{"text": ["x"], "label": 1}], "row 1: text is no text"),
        ([{"text": "x", "label": None}], "no label"),
    ],
)
def test_a_table_that_cannot_be_used_names_the_row(
    made: list[dict[str, Any]], told: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError) as caught:
        read_judge_rows(str(write(tmp_path / "t.jsonl", made)))
    assert told in f"{caught.value.message} {caught.value.hint}"
    assert caught.value.hint


def test_what_is_named_wrongly_says_how_to_name_it(tmp_path: Path) -> None:
    (tmp_path / "xstest").mkdir()
    with pytest.raises(DataError) as caught:
        read_judge_rows(str(tmp_path / "xstest"))
    assert f"xstest={tmp_path / 'xstest'}" in caught.value.hint
    for spec in ("nowhere", "xstest=nowhere", f"nosuite={tmp_path}"):
        with pytest.raises(DataError) as caught:
            read_judge_rows(spec)
        assert caught.value.hint


def test_groups_join_over_others() -> None:
    found = joined_groups([["a"], ["b"], ["a", "b"], ["c"], ["d", "c"], ["e"]])
    assert found[0] == found[1] == found[2]
    assert found[3] == found[4]
    assert len(set(found)) == 3
