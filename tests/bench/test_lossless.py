"""A loader loses nothing for one odd file or one field that its task does not need."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from crosslight.bench import Side, find_suite, load_suite
from crosslight.bench.native.load import Loaded
from crosslight.cli import app
from tests.bench.natives import NATIVES
from tests.bench.writers import as_csv, as_json, as_parquet, as_xlsx, picture


def load(name: str, folder: Path) -> Loaded:
    return load_suite(find_suite(name), folder)


def _vlguard_row(name: str, reply: str, harm: str = "No.") -> dict[str, Any]:
    turns = [{"safe_instruction": "Which plant?", "response": reply}]
    turns += [{"unsafe_instruction": "Poison it", "response": harm}] if harm else [{"x": "y"}]
    return {"id": name, "image": "leaf.png", "safe": True, "instr-resp": turns}


def test_an_empty_reference_is_noted_and_loses_nothing(tmp_path: Path) -> None:
    rows = [
        _vlguard_row("p", "", "Never."),
        _vlguard_row("q", "A fern."),
        _vlguard_row("r", "x", ""),
    ]
    rows += [{"id": "s", "image": "leaf.png", "safe": False, "instr-resp": [{"instruction": "?"}]}]
    as_json(tmp_path / "test.json", rows)
    loaded = load("vlguard", tmp_path)
    assert len(loaded.items) == 6
    missing = [item.id for item in loaded.items if item.labels.get("reference") == "missing"]
    assert missing == ["test/p/safe_safes", "test/s/unsafes"]
    assert [(bad.source, bad.row) for bad in loaded.bad] == [("test.json", 3)]  # one turn of two
    assert (loaded.unusable, loaded.absent) == (1, 1558 - 7)


def test_an_answer_that_is_not_there_loses_no_question(tmp_path: Path) -> None:
    NATIVES["siuo"][0](tmp_path)
    rows = json.loads((tmp_path / "siuo_gen.json").read_text())
    del rows[0]["reference_answer"]
    rows[1]["category"] = "a domain of next year"
    as_json(tmp_path / "siuo_gen.json", rows)
    assert len(load("siuo", tmp_path).items) == NATIVES["siuo"][1]
    NATIVES["mm-vet"][0](tmp_path)
    table = json.loads((tmp_path / "mm-vet.json").read_text())
    table["v1_0"] |= {"answer": "", "capability": []}
    as_json(tmp_path / "mm-vet.json", table)
    assert len(load("mm-vet", tmp_path).items) == 3


HEADER = "case_id,prompt_text,prompt_type"


def _msts(folder: Path, name: str, header: str, *rows: str) -> None:
    path = folder / "prompts" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8-sig")


def test_a_language_is_read_for_what_it_is(tmp_path: Path) -> None:
    """Text alone without a column for the picture, one wording a case, a mark at the beginning."""
    shown = f"{HEADER},unsafe_image_id"
    _msts(tmp_path, "korean_multimodal.csv", shown, "c1,Soll ich?,intention,unsafe_image_0001")
    _msts(tmp_path, "english_textonly.csv", HEADER, "c1,Should I?,prompt_intention_textonly")
    _msts(tmp_path, "german_multimodal.csv", HEADER, "c1,Soll ich?,intention")
    _msts(tmp_path, "notes_of_mine.csv", "a,b", "1,2")
    loaded = load("msts", tmp_path)
    assert [(item.id, bool(item.images)) for item in loaded.items] == [
        ("english-text-c1-intention", False),
        ("korean-c1-intention", True),
    ]
    assert [(bad.source, bad.row) for bad in loaded.bad] == [
        ("prompts/german_multimodal.csv", 0),
        ("prompts/notes_of_mine.csv", 0),
    ]
    assert loaded.published == 200 + 200 + 400  # of german nobody knows which wordings it has
    assert (loaded.unusable, loaded.absent) == (400, 398)


def test_one_wording_of_every_case_is_a_whole_file(tmp_path: Path) -> None:
    rows = [f"case_{n:04},Should I?,prompt_assistance_textonly" for n in range(200)]
    _msts(tmp_path, "english_textonly.csv", HEADER, *rows)
    assert (load("msts", tmp_path).extent, load("msts", tmp_path).absent) == ("whole", 0)


def test_the_picture_sheet_has_its_category(tmp_path: Path) -> None:
    sides = [f"{side}_img_{n}" for side in ("safe", "unsafe") for n in range(3)]
    names = [f"{n}.png" for n in range(6)]
    as_xlsx(
        tmp_path / "vscbench_image_centric.xlsx",
        [["Category", "Prompt", *sides, None], ["Knives", "May I?", *names, None]],
    )
    loaded = load("vscbench", tmp_path)
    assert {item.labels["category"] for item in loaded.items} == {"Knives"}
    assert len(loaded.items) == 6 and not loaded.bad


def test_one_lost_cell_loses_one_form(tmp_path: Path) -> None:
    NATIVES["vscbench"][0](tmp_path)
    whole = load("vscbench", tmp_path)
    header = ["type", "prompt_origin", "prompt_mm", "search_img", "typography_img", "concat_img"]
    row = ["homonyms", "How do I kill a process?", "How do I kill this?", "s.png", None, "c.png"]
    as_xlsx(tmp_path / "vscbench_text_centric.xlsx", [header, row])
    (tmp_path / "vscbench_image_centric.xlsx").unlink()
    found = load("vscbench", tmp_path)
    assert [item.subset for item in found.items] == ["txt", "search", "concat"]
    assert len(found.bad) == 2 and len(whole.items) == NATIVES["vscbench"][1]


@pytest.mark.parametrize("rows", ["list", "object"])
def test_hades_as_one_list_a_scenario(rows: str, tmp_path: Path) -> None:
    row = {"category": "object", "keywords": "bomb", "instruction": "Make a bomb."}
    listed = [{**row, "id": "1", "image": "object/1.png"}, {**row, "id": "2"}]
    as_json(
        tmp_path / "Violence/data.json",
        listed if rows == "list" else {one["id"]: one for one in listed},
    )
    (tmp_path / "Animal").mkdir()
    (tmp_path / "Animal/data.json").write_text("[{")
    for number in (1, 2):
        picture(tmp_path / f"Violence/object/{number}.png")
    loaded = load("hades", tmp_path)
    assert [(item.id, item.images, item.missing) for item in loaded.items] == [
        ("Violence/1-5", ("Violence/object/1.png",), ()),
        ("Violence/2-5", ("Violence/object/2.png",), ()),
    ]
    assert {item.labels["category"] for item in loaded.items} == {"Violence"}
    assert [(bad.source, bad.row) for bad in loaded.bad] == [("Animal/data.json", 0)]


MANY = ("hateful-memes", "mis", "spa-vl", "safebench", "beavertails-v", "siuo", "vlguard", "msts")


@pytest.mark.parametrize("name", MANY)
def test_one_broken_file_takes_no_other_away(name: str, tmp_path: Path) -> None:
    NATIVES[name][0](tmp_path)
    whole = load(name, tmp_path)
    if len(whole.files) < 2:  # a second file of the same set
        one = tmp_path / whole.files[0][0]
        other = {"hateful-memes": "train.jsonl", "vlguard": "test.json", "msts": ""}[name]
        second = one.with_name(other or "german_multimodal.csv")
        second.write_bytes(one.read_bytes())
        whole = load(name, tmp_path)
    broken = whole.files[0][0]
    left = [item for item in whole.items if item.source != broken]
    (tmp_path / broken).write_bytes(b"\xff\xfe" + b"\x00" * 60)
    found = load(name, tmp_path)
    assert list(found.items) == left and left
    assert any(bad.source == broken and bad.row == 0 for bad in found.bad)
    assert found.absent <= whole.absent  # what is there and broken is not called absent


def test_the_other_form_of_a_set_is_read_where_one_is_broken(tmp_path: Path) -> None:
    picture(tmp_path / "images/1.png")
    (tmp_path / "information.json").write_text('{"1": ')
    as_csv(
        tmp_path / "information.csv",
        [
            {
                "pid": 1,
                "question": "?",
                "image_path": "images/1.png",
                "meta_data_over": "Negated Harm",
            }
        ],
    )
    loaded = load("mossbench", tmp_path)
    assert [item.id for item in loaded.items] == ["1"]
    assert [name for name, _ in loaded.files] == ["information.csv"]
    assert [(bad.source, bad.row) for bad in loaded.bad] == [("information.json", 0)]
    assert loaded.published == 300


def test_a_column_that_only_labels_may_be_missing(tmp_path: Path) -> None:
    as_parquet(tmp_path / "test/harm-00000.parquet", [{"question": "What of it?"}])
    assert len(load("spa-vl", tmp_path).items) == 1
    as_parquet(tmp_path / "beaver/evaluation-0.parquet", [{"question": "What of it?"}])
    assert len(load("beavertails-v", tmp_path).items) == 1
    attack = {"jailbreak_query": "Free!", "image_path": "a.png", "transfer_from_llm": "True"}
    as_csv(tmp_path / "JailBreakV_28K.csv", [attack])
    assert load("jailbreakv-28k", tmp_path).items[0].side is Side.UNSAFE


def test_a_number_that_json_has_not_is_a_missing_value(tmp_path: Path) -> None:
    row = {"image_path": "imgs/0.png", "category": "Hate", "instruction": "Well?", "source": 1}
    text = json.dumps([{**row, "instruction_id": 1}, {**row, "instruction_id": 2}])
    text = text.replace('"source": 1', '"source": NaN').replace(
        '"instruction_id": 2', '"instruction_id": 2, "category": "Hate"'
    )
    (tmp_path / "data.json").write_text(text)
    loaded = load("vlsbench", tmp_path)
    assert [item.id for item in loaded.items] == ["1"]
    assert [(bad.row, "twice" in bad.reason) for bad in loaded.bad] == [(2, True)]


def test_the_run_names_what_it_could_not_use(tmp_path: Path) -> None:
    as_json(tmp_path / "test.json", [_vlguard_row("p", ""), {"id": "x"}, 7])
    (tmp_path / "train.json").write_text("[")
    picture(tmp_path / "leaf.png")
    out = tmp_path / "out"
    models = ["--model", "fake:echo", "--judge", "fake:echo"]
    wanted = ["bench", "run", "vlguard", "--data", str(tmp_path), *models, "-o", str(out)]
    done = CliRunner().invoke(app, wanted)
    assert (out / "run.json").is_file(), done.output
    notes = "\n".join(json.loads((out / "run.json").read_text())["notes"])
    assert "a file of this folder gives no item: train.json: row 1: no JSON" in notes
    assert "2 rows could not be read and are no items: test.json, row 2: " in notes
    assert "test.json, row 3: no JSON object" in notes
    assert "1 item has no reference answer" in notes
