"""Exports as their readers open them, and what must not get into one."""

import csv
import json
from pathlib import Path
from typing import Any

import datasets
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from crosslight.build import read_run
from crosslight.cli import app
from crosslight.export import Chosen, ExportError, export_run
from crosslight.records import BadSetting
from crosslight.runs import NotARunFolder
from crosslight.tune import make_chains
from tests.export.pairs_run import drawn, mirrored, pair, write_pairs
from tests.view.make_run import make_run


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    rows = [*mirrored(1), *mirrored(2), *mirrored(3, "test")]
    return write_pairs(tmp_path / "pairs", rows)


def build_run(folder: Path, **change: Any) -> Path:
    made = make_run(folder, families=6, change=change)
    told = json.loads((made / "run.json").read_text())
    (made / "run.json").write_text(json.dumps({**told, "kind": "build"}))
    return made


def loaded(out: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return datasets.load_dataset(str(out), cache_dir=str(out.parent / "cache"))


def files(out: Path) -> dict[str, bytes]:
    found = (p for p in sorted(out.rglob("*")) if p.is_file() and p.name != ".lock")
    return {str(p.relative_to(out)): p.read_bytes() for p in found}


def test_trl_gets_pairs_with_their_pictures(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_run(pairs, "trl", tmp_path / "out", Chosen())
    read = loaded(tmp_path / "out", monkeypatch)
    assert {name: len(split) for name, split in read.items()} == {"train": 4, "test": 2}
    rows = {row["id"]: row for row in read["train"]}
    assert [image.size for image in rows["a1"]["images"]] == [(41, 30)]
    assert rows["a1"]["chosen"] == [
        {"role": "assistant", "content": "Not on that heater, 1: it burns."}
    ]
    assert rows["a1"]["chosen"] == rows["b1"]["rejected"]
    assert not (tmp_path / "out" / "images").exists()


@pytest.mark.slow
def test_trls_own_functions_read_pairs(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trl.data_utils import is_conversational, prepare_multimodal_messages

    export_run(pairs, "trl", tmp_path / "out", Chosen())
    row = next(iter(loaded(tmp_path / "out", monkeypatch)["train"]))
    assert is_conversational(row)
    said = prepare_multimodal_messages(row["prompt"], images=row["images"])
    assert [part["type"] for part in said[0]["content"]] == ["image", "text"]


def test_trl_reads_the_rows_of_a_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = build_run(tmp_path / "run")
    done = export_run(run, "trl", tmp_path / "out", Chosen(kinds=("unsafe",), sensitive=True))
    read = loaded(tmp_path / "out", monkeypatch)
    rows = [row for split in read.values() for row in split]
    assert len(rows) == done.rows.total() == 6
    assert done.left_out(failed=False) == {"other_kind": 12}
    assert set(rows[0]) == {"id", "images", "prompt", "completion"}
    table = pq.read_table(next((run / "dataset").glob("train-*")), columns=["id", "response"])
    answers = dict(zip(*(table[c].to_pylist() for c in ("id", "response")), strict=True))
    assert all(row["completion"][0]["content"] == answers[row["id"]] for row in read["train"])


def test_llamafactory_has_its_columns(pairs: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_run(pairs, "llamafactory", out, Chosen())
    info = json.loads((out / "dataset_info.json").read_text())
    about = info["crosslight_train"]
    assert set(info) == {"crosslight_train", "crosslight_test"}
    assert about["ranking"] is True and about["formatting"] == "sharegpt"
    rows = json.loads((out / about["file_name"]).read_text())
    assert len(rows) == 4
    for row in rows:
        assert set(about["columns"].values()) <= set(row)
        (turn,) = row["conversations"]
        assert turn["from"] == about["tags"]["user_tag"]
        assert turn["value"].startswith("<image>I'll put my coat")
        assert turn["value"].count("<image>") == len(row["images"]) == 1
        assert row["chosen"]["from"] == row["rejected"]["from"] == "gpt"
    held = {(out / path).read_bytes() for row in rows for path in row["images"]}
    assert held == {drawn(1), drawn(2), drawn(101), drawn(102)}


def test_llamafactory_has_no_ranking_for_rows(tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_run(build_run(tmp_path / "run"), "llamafactory", out, Chosen(splits=("train",)))
    about = json.loads((out / "dataset_info.json").read_text())["crosslight_train"]
    assert "ranking" not in about and "chosen" not in about["columns"]
    row = json.loads((out / "train.json").read_text())[0]
    assert [turn["from"] for turn in row["conversations"]] == ["human", "gpt"]


def test_msswift_has_its_columns(pairs: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_run(pairs, "msswift", out, Chosen())
    rows = [json.loads(line) for line in (out / "train.jsonl").read_text().splitlines()]
    assert [set(row) for row in rows] == [{"messages", "rejected_response", "images"}] * 4
    assert [said["role"] for said in rows[0]["messages"]] == ["user", "assistant"]
    assert rows[0]["messages"][1]["content"] != rows[0]["rejected_response"]
    assert (out / rows[0]["images"][0]).read_bytes() == drawn(1)
    export_run(pairs, "msswift", out, Chosen(pairs=False))
    alone = json.loads((out / "train.jsonl").read_text().splitlines()[0])
    assert set(alone) == {"messages", "images"}
    assert alone["messages"] == rows[0]["messages"]


def test_a_line_is_a_row_whatever_a_text_holds(tmp_path: Path) -> None:
    text = 'one\u2028two\u0085three\n"four" \N{GRINNING FACE}'
    run = write_pairs(tmp_path / "pairs", [pair("a", drawn(1), question=text)])
    export_run(run, "msswift", tmp_path / "out", Chosen())
    (line,) = (tmp_path / "out" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["messages"][0]["content"] == "<image>" + text


def test_what_is_not_wanted_or_not_right_is_named(tmp_path: Path) -> None:
    rows = [
        pair("kept", drawn(1)),
        pair("sensitive", drawn(1), sensitive=True),
        pair("unknown", drawn(1), sensitive=None),
        pair("about_someone", drawn(1), side="sensitive"),
        pair("empty", drawn(1), rejected="  "),
        pair("same", drawn(1), rejected="Not  there."),
        pair("marked", drawn(1), question="<image> and this?"),
        pair("blind", None),
        pair("text", b"%PDF-1.7 no picture at all"),
    ]
    out = tmp_path / "out"
    done = export_run(write_pairs(tmp_path / "pairs", rows), "msswift", out, Chosen())
    assert done.rows == {"train": 1}
    dropped = {"sensitive": 3, "no_text": 1, "same_reply": 1, "holds_placeholder": 1}
    assert done.left_out(failed=False) == dropped
    assert done.left_out(failed=True) == {"no_picture": 1, "not_a_picture": 1}
    lost = pq.read_table(out / "dropped.parquet").to_pylist()
    assert {row["row"]: row["reason"] for row in lost}["marked"] == "holds_placeholder"
    failed = pq.read_table(out / "failed.parquet").to_pylist()
    assert {row["row"] for row in failed} == {"blind", "text"}
    with_them = export_run(tmp_path / "pairs", "msswift", out, Chosen(sensitive=True))
    assert with_them.rows == {"train": 4}


def test_no_name_of_a_row_leads_out_of_the_folder(tmp_path: Path) -> None:
    away = {"bytes": drawn(7), "path": "../../evil.png"}
    row = {
        **pair("../up", drawn(7)),
        **{"image": away, "photo": "/etc/passwd", "source": "=cmd|' /C calc'!A0"},
    }
    out = tmp_path / "deep" / "out"
    export_run(write_pairs(tmp_path / "pairs", [row]), "llamafactory", out, Chosen())
    assert {p.name for p in tmp_path.iterdir()} == {"pairs", "deep"}
    (picture,) = (out / "images").iterdir()
    assert picture.suffix == ".png" and len(picture.stem) == 64
    (credit,) = csv.DictReader((out / "credits.csv").open(newline=""))
    assert credit["source"].startswith("'=") and credit["licence"] == "CC0-1.0"


def test_a_second_export_replaces_the_first_and_is_the_same_each_time(
    pairs: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    export_run(pairs, "llamafactory", out, Chosen())
    first = files(out)
    export_run(pairs, "trl", out, Chosen())
    assert not {name for name in files(out) if name.startswith("images/")}
    assert "dataset_info.json" not in files(out) and "train.json" not in files(out)
    export_run(pairs, "llamafactory", out, Chosen(splits=("test",)))
    assert len(list((out / "images").iterdir())) == 2 and "train.json" not in files(out)
    (out / "images" / next(iter((out / "images").iterdir())).name).write_bytes(b"damaged")
    export_run(pairs, "llamafactory", out, Chosen())
    assert files(out) == first


def test_a_link_among_the_pictures_is_not_written_through(pairs: Path, tmp_path: Path) -> None:
    out, away = tmp_path / "out", tmp_path / "away.png"
    export_run(pairs, "msswift", out, Chosen())
    victim = sorted((out / "images").iterdir())[0]
    data = victim.read_bytes()
    away.write_bytes(b"mine")
    victim.unlink()
    victim.symlink_to(away)
    export_run(pairs, "msswift", out, Chosen())
    assert away.read_bytes() == b"mine"
    assert not victim.is_symlink() and victim.read_bytes() == data


def test_what_a_choice_of_rows_costs_is_said(tmp_path: Path) -> None:
    rows = [*mirrored(1), pair("light", drawn(9), weight=0.5)]
    run = write_pairs(tmp_path / "pairs", rows, status="stopped")
    done = export_run(run, "trl", tmp_path / "out", Chosen(kinds=("hidden_risk",)))
    assert done.rows == {"train": 1}
    assert ["not come to its end" in done.notes[0], "without their mirror" in done.notes[1]] == [
        True,
        True,
    ]
    whole = export_run(run, "trl", tmp_path / "out", Chosen())
    assert [note[:2] for note in whole.notes] == ["Th", "1 "]
    assert "weight" in whole.notes[1]
    assert "1 pairs have a weight" in (tmp_path / "out" / "README.md").read_text()
    # A mirror whose picture cannot be had is not there either.
    one, other = mirrored(1)
    blind = write_pairs(tmp_path / "blind", [one, {**other, "image": None}])
    lone = export_run(blind, "trl", tmp_path / "out", Chosen())
    assert lone.rows.total() == 1 and "1 pairs stand here without their mirror" in lone.notes[0]


@pytest.mark.parametrize(
    ("to", "chosen", "told"),
    [
        ("axolotl", Chosen(), "trl, llamafactory, msswift"),
        ("trl", Chosen(splits=("dev",)), "train, validation, test"),
        ("trl", Chosen(kinds=("unsafe",)), "harmless, hidden_risk"),
    ],
)
def test_a_wrong_choice_is_told_with_what_there_is(
    pairs: Path, tmp_path: Path, to: str, chosen: Chosen, told: str
) -> None:
    with pytest.raises((BadSetting, ExportError)) as refused:
        export_run(pairs, to, tmp_path / "out", chosen)
    assert told in refused.value.hint
    assert not (tmp_path / "out").exists()


def test_only_runs_are_exported_and_only_into_folders_of_exports(
    pairs: Path, tmp_path: Path
) -> None:
    with pytest.raises(ExportError, match="no run"):
        export_run(tmp_path, "trl", tmp_path / "out", Chosen())
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("years of work")
    with pytest.raises(NotARunFolder):
        export_run(pairs, "trl", tmp_path / "full", Chosen())
    with pytest.raises(NotARunFolder):
        export_run(pairs, "trl", pairs, Chosen())
    assert (pairs / "dataset").is_dir()
    old = write_pairs(tmp_path / "old", [pair("a", drawn(1))])
    table = pq.read_table(old / "dataset").drop_columns(["side"])
    pq.write_table(table, old / "dataset" / "train-00000-of-00001.parquet")
    with pytest.raises(ExportError, match="lacks the columns side"):
        export_run(old, "trl", tmp_path / "out", Chosen())


def test_chains_are_exported_with_none_one_and_two_pictures(tmp_path: Path) -> None:
    run, out = build_run(tmp_path / "run"), tmp_path / "out"
    done = export_run(run, "msswift", out, Chosen(sensitive=True, target="chains"))
    rows = [
        json.loads(line)
        for path in sorted(out.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    made = make_chains(read_run(run).rows, several=True).made
    assert {row["messages"][1]["content"] for row in rows} == {chain.target for chain in made}
    assert {len(row["images"]) for row in rows} == {0, 1, 2}
    for row in rows:
        asked = row["messages"][0]["content"]
        assert asked.count("<image>") == len(row["images"]) and asked.startswith(
            "<image>" * len(row["images"])
        )
        assert all((out / name).is_file() for name in row["images"])
    credits = [*csv.DictReader((out / "credits.csv").open(newline="", encoding="utf-8"))]
    told = {row.licence for row in read_run(run).rows}
    assert len(credits) == done.pictures and {one["licence"] for one in credits} == told
    one = export_run(
        run, "msswift", out, Chosen(("train",), ("two_photos",), True, target="chains")
    )
    assert one.rows.keys() == {"train"} and one.left_out(failed=False).keys() >= {"other_kind"}


def test_a_picture_of_two_licences_is_credited_with_both(tmp_path: Path) -> None:
    """Of rows that state none, one and another licence of the same picture."""
    picture = drawn(1)
    stated = (("a.jpg", "CC0-1.0"), ("b.jpg", "CC-BY-4.0"), ("a.jpg", ""), ("a.jpg", "CC0-1.0"))
    rows = [
        pair(f"r{n}", picture, source=source, licence=licence)
        for n, (source, licence) in enumerate(stated)
    ]
    run, out = write_pairs(tmp_path / "pairs", rows), tmp_path / "out"
    done = export_run(run, "trl", out, Chosen(sensitive=True))
    (credit,) = csv.DictReader((out / "credits.csv").open(newline="", encoding="utf-8"))
    assert done.pictures == 1 and done.rows.total() == 4
    assert credit["licence"] == "CC0-1.0; CC-BY-4.0; not stated"
    assert credit["source"] == "a.jpg; b.jpg"
    by_row = [*csv.DictReader((out / "licences.csv").open(newline="", encoding="utf-8"))]
    assert [(one["row"], one["licence"], one["pictures"]) for one in by_row] == [
        *(("r0", "CC0-1.0", "1"), ("r1", "CC-BY-4.0", "1")),
        *(("r2", "not stated", "1"), ("r3", "CC0-1.0", "1")),
    ]
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "| CC0-1.0; CC-BY-4.0; not stated | 1 |" in card


def test_trl_trains_on_exported_chains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = build_run(tmp_path / "run", why="")
    done = export_run(run, "trl", tmp_path / "out", Chosen(target="chain"))
    read = loaded(tmp_path / "out", monkeypatch)
    rows = [row for split in read.values() for row in split]
    assert len(rows) == done.rows.total()
    assert all(row["completion"][0]["content"].startswith("What the photo") for row in rows)
    assert all(len(row["images"]) == 1 for row in rows)
    assert done.left_out(failed=False)["no_reason"] == 1


def test_a_chain_of_a_row_whose_mark_is_empty_is_left_out_as_sensitive(tmp_path: Path) -> None:
    plain = export_run(build_run(tmp_path / "a"), "msswift", tmp_path / "1", Chosen(target="chain"))
    run = build_run(tmp_path / "b", sensitive=None)
    empty = export_run(run, "msswift", tmp_path / "2", Chosen(target="chain"))
    counts = [one.left_out(failed=False).get("sensitive", 0) for one in (plain, empty)]
    assert counts[1] == counts[0] + 1


def test_only_a_build_has_chains_to_export(pairs: Path, tmp_path: Path) -> None:
    for to in ("trl", "msswift"):
        with pytest.raises(BadSetting, match="holds pairs"):
            export_run(pairs, to, tmp_path / "out", Chosen(target="chain"))
    with pytest.raises(BadSetting) as refused:
        export_run(pairs, "trl", tmp_path / "out", Chosen(target="thoughts"))
    assert "response, chain, chains" in refused.value.hint
    assert not (tmp_path / "out").exists()


def test_the_command_tells_what_it_wrote(pairs: Path, tmp_path: Path) -> None:
    args = ["export", str(pairs), "--to", "trl", "-o", str(tmp_path / "out"), "--kind", "harmless"]
    done = CliRunner().invoke(app, args)
    assert done.exit_code == 0, done.output
    assert "3 rows (test 1, train 2), 3 pictures" in done.output
    assert "left out: 3 rows, other_kind" in done.output
    assert "3 pairs stand here without their mirror" in done.output
