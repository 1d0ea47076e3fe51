"""The dataset card: its front matter loads the data, and its text believes nothing."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import datasets
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from crosslight.build.dataset import read_run
from crosslight.export import render_card, write_card
from crosslight.text.show import markdown
from crosslight.view import write_report
from tests.view.make_run import TEXTS, make_run, write_lost

ATTACK = "| [a](https://evil.example) <script>x</script> **b** `c` \n# head\n--- \u202e $x$ ![i](y)"


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("run"), families=24)


@pytest.fixture(scope="module")
def card(run_dir: Path) -> str:
    return write_card(run_dir).read_text(encoding="utf-8")


def front(card: str) -> dict[str, Any]:
    """The YAML between the first two fences."""
    _, head, _ = card.split("---\n", 2)
    read = yaml.safe_load(head)
    assert isinstance(read, dict)
    return read


def test_front_matter(card: str) -> None:
    head = front(card)
    assert head["license"] == "other" and head["license_name"]
    assert head["size_categories"] == ["n<1K"]
    assert "image-text-to-text" in head["task_categories"]
    (config,) = head["configs"]
    assert {"split": "train", "path": "dataset/train-*.parquet"} in config["data_files"]
    assert "safety" in head["tags"]


def test_datasets_loads_the_folder_by_the_card(
    run_dir: Path, card: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    loaded = datasets.load_dataset(str(run_dir), cache_dir=str(tmp_path))
    configured = [entry["split"] for entry in front(card)["configs"][0]["data_files"]]
    assert list(loaded) == configured
    assert sum(len(split) for split in loaded.values()) == 72
    row = loaded["train"][0]
    assert row["image"].size[0] > 0
    assert row["kind"] == "unsafe" and row["text_alone"] is not None


def test_pandas_loads_the_folder(run_dir: Path) -> None:
    rows = pd.read_parquet(run_dir / "dataset")
    assert len(rows) == 72


def test_what_a_reader_finds(card: str) -> None:
    for words in (
        "24 rows in which",
        "48 control rows",
        "| unsafe together |",
        "near\\_duplicate 9, not\\_an\\_image 2",
        "ssh (near) | S11 (near)",
        "Categories without a row: Choking and suffocation;",
        "give no safety verdict",
        "| CC0-1.0 | 4 |",
        "| not stated | 2 |",
        "knows only the patterns that people wrote",
        "1,873 answers of models, 858,023 tokens",
        "`" + "7fdd65bbaaa687d48dc85a26a6dd7ef17fa379994fd8f3b26e19fe36976aeadf" + "`",
        "load_dataset(",
        "--seed 0",
        "is unknown, which is neither safe nor unsafe",
    ):
        assert words in card, words


def test_rows_that_lack_a_control_are_counted_and_titles_are_those_of_the_run(
    run_dir: Path,
) -> None:
    run = read_run(run_dir)
    photo = next(row for row in run.rows if row.kind == "control_photo")
    titles = {photo.scenario: "Named by an author"}
    rows = tuple(row for row in run.rows if row.id != photo.id)
    rows += (replace(photo, id="near", kind="hard_negative"),)
    manifest = run.manifest.model_copy(update={"titles": titles})
    card = render_card(replace(run, rows=rows, manifest=manifest))
    assert "Of the 24 unsafe rows, 0 have no harmless text beside them and 1 no harmless" in card
    assert re.search(r"^\| Named by an author \|( \d+ \|){3} 1 \|", card, re.M)


def test_a_failed_control_is_counted_without_the_words_of_its_error(run_dir: Path) -> None:
    run = read_run(run_dir)
    notes = ("a control failed: http://10.0.0.7:8000 answered 500", "a control is missing: none")
    rows = (replace(run.rows[0], notes=notes), *run.rows[1:])
    card = render_card(replace(run, rows=rows))
    assert "| `a control failed` | 1 |" in card and "10.0.0.7" not in card
    assert "| `a control is missing: none` | 1 |" in card


def test_how_many_photos_show_a_person_stands_on_the_card(run_dir: Path) -> None:
    run = read_run(run_dir)
    photos = len({row.photo for row in run.rows})
    told: dict[str, int]
    for told, words in (
        ({}, "does not say how many of its photos show a person"),
        (
            {"shown": 2, "not_found": 3},
            "rows, as the run was built, 2 show a person, in 3 none was",
        ),
        ({"shown": photos}, f"Of {photos} photos with rows, {photos} show a person, in 0 none"),
        ({"unknown": 4}, "of 4 it is unknown: no detector looked at them"),
    ):
        manifest = run.manifest.model_copy(update={"persons": told})
        card = render_card(replace(run, manifest=manifest))
        assert words in card and "was not counted" not in card


def test_tables_are_whole(card: str) -> None:
    for table in re.findall(r"(?:^\|.*\|\n)+", card, re.M):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(widths) == 1, table
        assert re.fullmatch(r"\|(:?-+:?\|)+", table.splitlines()[1])


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    a, b = make_run(tmp_path / "a", families=5), make_run(tmp_path / "b", families=5)
    manifest = json.loads((b / "run.json").read_text())
    manifest["seconds"], manifest["calls"] = 9999, {"asked": 0}
    manifest["settings"].update(out="/home/b/else", store="/home/b/store")
    (b / "run.json").write_text(json.dumps(manifest))
    assert write_card(a).read_bytes() == write_card(b).read_bytes()


def test_no_folder_of_the_machine_is_printed(tmp_path: Path) -> None:
    make_run(tmp_path, families=1, change={"source": "/home/alice/photos/a.jpg"})
    manifest = json.loads((tmp_path / "run.json").read_text())
    manifest["settings"]["inputs"] = ["/home/alice/photos", "C:\\Users\\alice\\more"]
    manifest["settings"]["command"] = ["crosslight", "build", "/home/alice/photos"]
    (tmp_path / "run.json").write_text(json.dumps(manifest))
    card = render_card(read_run(tmp_path))
    assert "alice" not in card
    assert "crosslight build photos" in card and "photos, more" in card


@pytest.mark.parametrize("column", [c for c in TEXTS if c != "split"])
def test_no_column_is_believed(tmp_path: Path, column: str) -> None:
    make_run(tmp_path, families=2, change={column: ATTACK})
    assert_inert(render_card(read_run(tmp_path)))


def with_bank(run_dir: Path, bank: dict[str, Any]) -> str:
    run = read_run(run_dir)
    return render_card(replace(run, manifest=run.manifest.model_copy(update={"bank": bank})))


def test_who_wrote_the_bank_and_that_no_professional_has_reviewed_it(run_dir: Path) -> None:
    ours = with_bank(run_dir, {"ours": True, "bounds": {"pets.tick": "region: Europe"}})
    assert "was written by language models" in ours
    assert "**No licensed professional has reviewed the bank**" in ours
    assert "| pets.tick | region: Europe |" in ours
    theirs = with_bank(run_dir, {"ours": False})
    assert "another bank" in theirs and "was written by language models" not in theirs
    assert "holds for" not in theirs
    assert_inert(with_bank(run_dir, {"ours": True, "bounds": {ATTACK: ATTACK}}))
    assert "another bank" in with_bank(run_dir, {"bounds": [ATTACK]})


def test_a_number_that_nobody_has_is_told_as_unknown(run_dir: Path) -> None:
    run = read_run(run_dir)
    rows = tuple(replace(r, text_alone=None) if r.kind == "unsafe" else r for r in run.rows)
    card = render_card(replace(run, rows=rows))
    assert "`text_alone` is unknown in 24 rows" in card
    assert "| unsafe together | 24 | 24 |" in card
    assert all(row.gap is not None for row in rows if row.kind == "unsafe")


def test_the_manifest_is_not_believed(tmp_path: Path) -> None:
    make_run(tmp_path, families=1)
    manifest = json.loads((tmp_path / "run.json").read_text())
    manifest["status"] = ATTACK
    manifest["models"] = [{"role": ATTACK, "spec": ATTACK, "weakness": ATTACK}]
    manifest["funnel"] = [{"step": ATTACK, "in": 1, "dropped": {ATTACK: 1}, "failed": {ATTACK: 1}}]
    manifest["prompts"] = {ATTACK: ATTACK}
    manifest["settings"] = {ATTACK: ATTACK, "command": f"x\n```\n{ATTACK}"}
    manifest["versions"] = manifest["data"] = {ATTACK: ATTACK}
    (tmp_path / "run.json").write_text(json.dumps(manifest))
    write_lost(tmp_path, [], [])
    assert_inert(render_card(read_run(tmp_path)))


def assert_inert(card: str) -> None:
    """Outside of code, the attack left no link, no HTML, no emphasis, no heading and no cell."""
    assert yaml.safe_load(card.split("---\n", 2)[1])["license"] == "other"
    assert "\u202e" not in card
    assert card.count("```") % 2 == 0
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", card, flags=re.S)
    assert "<script" not in prose and "](https://evil" not in prose.replace("\\]", "")
    assert "**b**" not in prose and "\n# head" not in prose and "![i]" not in prose
    test_tables_are_whole(prose)


def test_markdown_shows_the_text() -> None:
    assert markdown("a|b\nc") == "a\\|b c"
    assert markdown("<b> & *x*") == "&lt;b\\> &amp; \\*x\\*"
    assert markdown("near, far") == "near, far"


def test_what_the_embedded_numbers_say_stands_on_card_and_page(tmp_path: Path) -> None:
    make_run(tmp_path)
    page = write_report(tmp_path).read_text(encoding="utf-8")
    assert "nothing of the sentence" in render_card(read_run(tmp_path))
    assert "The embedded models read no sentence" in page
    other = tmp_path / "other"
    make_run(other)
    for file in (other / "dataset").glob("*.parquet"):
        table = pq.read_table(file)
        at = table.column_names.index("decided_by")
        pq.write_table(table.set_column(at, "decided_by", pa.array(["a guard"] * len(table))), file)
    page = write_report(other).read_text(encoding="utf-8")
    assert "nothing of the sentence" not in render_card(read_run(other))
    assert "embedded models read" not in page


MASS = {"mass": 0.25, "low": 0.1, "high": 0.4375, "draws": 1200, "note": ""}
FEW = {"mass": None, "low": 0.0, "high": 1.0, "draws": 3, "note": "too few: 3 of at least 20 draws"}


@pytest.mark.parametrize(
    ("patterns", "words"),
    [
        (
            MASS,
            ("chance of 25% (10% to 44%)", "By category: falls 25% (10% to 44%).", "1 category"),
        ),
        (FEW, ("cannot be said (too few: 3 of at least 20 draws",)),
        (None, ()),
    ],
)
def test_how_complete_the_map_is_stands_on_card_and_page(
    patterns: dict[str, Any] | None, words: tuple[str, ...], tmp_path: Path
) -> None:
    make_run(tmp_path)
    told = json.loads((tmp_path / "run.json").read_text())
    if patterns:
        found = {"patterns": patterns, "scenarios": FEW, "categories": {"falls": MASS, "x": FEW}}
        told["coverage"][-1]["novelty"] = found
    (tmp_path / "run.json").write_text(json.dumps(told))
    card = render_card(read_run(tmp_path))
    for word in words:
        assert word in card, word
    page = write_report(tmp_path).read_text(encoding="utf-8")
    assert all(("not seen yet" in text.lower()) == bool(patterns) for text in (card, page))
    assert ("25% (10% to 44%)" in page) == (patterns == MASS)


def test_a_card_of_rows_that_are_not_split_says_so(tmp_path: Path) -> None:
    make_run(tmp_path)
    assert "Nothing is split" not in render_card(read_run(tmp_path))
    for name in ("validation", "test"):
        for file in (tmp_path / "dataset").glob(f"{name}-*"):
            file.unlink()
    card = render_card(read_run(tmp_path))
    assert "Nothing is split: all rows stand in `train`" in card and "Splits are" not in card


def test_an_empty_run_has_a_card(tmp_path: Path) -> None:
    make_run(tmp_path, families=0, status="stopped")
    card = render_card(read_run(tmp_path))
    assert "Not complete" in card
    assert "configs" not in front(card)
    assert "Labels: none. Of no row there is a split." in card
