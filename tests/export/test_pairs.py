"""The card of a run of prefer, and its warnings."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from crosslight.export import pair_sections, render_pairs_card
from crosslight.prefer import PairRow, read_pairs, write_pairs
from tests.prefer.builds import drawn, photo

EVIL = "<script>alert(1)</script> | `x` [a](javascript:b)"


def made(folder: Path, rows: list[PairRow], **told: object) -> Path:
    """A run of these pairs; the photo `photo(name)` is drawn."""
    pictures = {photo(name): drawn(name) for name in "ab"}
    write_pairs(folder, rows, lambda wanted: ((p, pictures[p], f"{p}.png") for p in wanted))
    record = {"kind": "prefer", "status": "complete", "models": [], **told}
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


def fixed(n: int = 24, reply: str = "However, please wait.") -> list[PairRow]:
    """One kind always beats the other: style tells every pair."""
    return [
        PairRow(
            photo=photo("ab"[at % 2]),
            question=f"May I ({at})?",
            chosen=f"{reply} It is {at}.",
            rejected=f"Sure, go ahead with {at}.",
            chosen_by=EVIL,
            rejected_by="bank",
            chosen_kind="guidance",
            rejected_kind="go_along",
            side="hidden_risk",
            basis="harmless",
            cluster=f"c{at}",
            category=EVIL,
            pattern=EVIL,
        )
        for at in range(n)
    ]


def test_a_fixed_order_of_kinds_is_said_aloud(tmp_path: Path) -> None:
    run = read_pairs(made(tmp_path, fixed()))
    loud = [line for section in pair_sections(run) for line in section.loud]
    assert any("has no circle" in line for line in loud)
    assert any("words of the replies 1.00" in line and "Remedy" in line for line in loud)
    card = render_pairs_card(run)
    assert "**What beats what has no circle" in card
    assert "24 : 0" in card and "0 of which need the picture" in card


def test_a_circle_of_three_kinds_is_one_and_the_remedy_is_of_what_there_is(tmp_path: Path) -> None:
    kinds = [("guidance", "go_along"), ("go_along", "refusal"), ("refusal", "guidance")]
    rows = [
        replace(row, chosen_kind=kinds[at % 3][0], rejected_kind=kinds[at % 3][1], pattern="")
        for at, row in enumerate(fixed())
    ]
    run = read_pairs(made(tmp_path, rows, wins={}))
    told = {section.title: section for section in pair_sections(run)}
    circle = told["What beats what"]
    names = ["guidance", "go along", "refusal"]
    turns = [" over ".join([*names[n:], *names[: n + 1]]) for n in range(3)]
    assert not circle.loud and circle.text.removesuffix(".").partition(": ")[2] in turns
    (loud,) = told["Can it be solved without the picture?"].loud
    assert "--draw item" in loud and "--unmirrored" not in loud
    card = render_pairs_card(run)
    assert "No photo stands in two splits" in card and "new patterns" not in card
    assert "Models wrote the replies" in card and "the same few texts" not in card


def test_what_a_stranger_wrote_stays_text(tmp_path: Path) -> None:
    own = {"title": EVIL, "text": EVIL, "columns": [EVIL], "rows": [[EVIL], "no list", [1, None]]}
    folder = made(tmp_path, fixed(), sections=[own, "none", {"rows": []}], notes=[EVIL])
    card = render_pairs_card(read_pairs(folder))
    assert "&lt;script" in card and "<script" not in card
    assert not re.search(r"(?<!\\)(\]\(javascript|`x`)", card)
    front = yaml.safe_load(card.split("---")[1])
    assert front["configs"][0]["data_files"] == [
        {"split": "train", "path": "dataset/train-*.parquet"}
    ]


def test_sections_of_the_run_stand_in_place_of_not_asked(tmp_path: Path) -> None:
    own = {"title": "Agreement", "text": "Of 10 pairs 8.", "columns": ["a"], "rows": [["1"]]}
    asked = pair_sections(read_pairs(made(tmp_path / "a", fixed(), sections=[own])))
    silent = pair_sections(read_pairs(made(tmp_path / "b", fixed())))
    assert [s.title for s in asked][3] == "Agreement"
    assert "not asked" in silent[3].title
    assert asked[3].rows == (("1",),)


def test_unknown_refusals_are_counted_apart(tmp_path: Path) -> None:
    table = next(
        s for s in pair_sections(read_pairs(made(tmp_path, fixed()))) if s.title == "Refusals"
    )
    assert table.rows == (("hidden risk", "24", "0", "0", "24"),)


def test_a_row_whose_column_is_of_another_type_is_refused(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    from crosslight.runs import RunError

    folder = made(tmp_path, fixed())
    shard = next((folder / "dataset").glob("*.parquet"))
    table = pq.read_table(shard)
    at = table.schema.get_field_index("weight")
    words = pa.array(["much"] * table.num_rows)
    pq.write_table(table.set_column(at, "weight", words), shard)
    with pytest.raises(RunError, match="is not a table of pairs"):
        read_pairs(folder)
    nothing = pa.nulls(table.num_rows, pa.float64())
    pq.write_table(table.set_column(at, "weight", nothing), shard)
    assert read_pairs(folder).rows[0].weight == 1.0
    pq.write_table(table.drop(["gap"]), shard)
    with pytest.raises(RunError, match="gap"):
        read_pairs(folder)
