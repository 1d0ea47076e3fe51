"""Reasoning chains: from the row's own words, on both sides, over none, one and two photos."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from crosslight.build import Row, read_run
from crosslight.records import BadSetting
from crosslight.tune import make_chains
from crosslight.tune.chains.make import HEADS
from crosslight.tune.chains.rows import read_chains
from crosslight.tune.job import Target
from crosslight.tune.pictures import Pictures
from crosslight.tune.rows import read_rows
from tests.view.make_run import make_run


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_run(tmp_path_factory.mktemp("run"), families=8)
    told = json.loads((made / "run.json").read_text())
    (made / "run.json").write_text(json.dumps({**told, "kind": "build"}))
    return made


@pytest.fixture(scope="module")
def rows(run_dir: Path) -> tuple[Row, ...]:
    return read_run(run_dir).rows


def family(rows: tuple[Row, ...]) -> list[Row]:
    first = next(row for row in rows if row.kind == "unsafe")
    moved = next(r for r in rows if r.parent == first.id and r.kind == "control_photo")
    calm = next(r for r in rows if r.parent == first.id and r.kind == "control_text")
    return [first, calm, replace(moved, split=first.split)]


def test_every_side_has_the_same_form_and_ends_with_the_rows_answer(rows: tuple[Row, ...]) -> None:
    chains = make_chains(rows)
    assert len(chains.made) == len(rows) and chains.left_out == ()
    for chain, row in zip(chains.made, rows, strict=True):
        places = [chain.target.index(head) for head in HEADS]
        assert places == sorted(places) and places[0] == 0
        assert chain.target.endswith(f"Answer: {row.response}")
        assert (chain.photos, chain.asked, chain.side) == ((row.photo,), row.text, row.label)


def test_the_reasons_are_those_of_the_row(rows: tuple[Row, ...]) -> None:
    unsafe, calm, moved = family(rows)
    risky, harmless, elsewhere = (chain.target for chain in make_chains(family(rows)).made)
    assert (
        f"shows: {unsafe.element}.\n" in risky and f"Together: {unsafe.why} {unsafe.risk}" in risky
    )
    assert f"shows: {calm.element}.\n" in harmless and unsafe.risk not in harmless
    assert unsafe.risk not in elsewhere and f"Beside {moved.element} these words" in elsewhere
    # No row says what is in that photo: the chain does not claim that its thing is there.
    assert "shows: nothing that turns these words into a danger.\n" in elsewhere


def test_what_a_photo_control_shows_is_said_by_other_rows_of_its_photo(
    rows: tuple[Row, ...],
) -> None:
    unsafe, calm, moved = family(rows)
    there = replace(unsafe, id="b" * 24, photo=moved.photo, element="a stone wall")
    again = replace(there, id="c" * 24, element="a high stone wall")
    chains = make_chains([unsafe, calm, moved, there, again])
    assert chains.made[2].target.startswith("What the photo shows: a stone wall.\n")


def test_a_row_that_lacks_a_part_gives_no_chain_and_is_named(rows: tuple[Row, ...]) -> None:
    unsafe, calm, _ = family(rows)
    broken = [
        replace(unsafe, id="1", why=""),
        replace(calm, id="2", element=" "),
        replace(calm, id="3", response=""),
        replace(calm, id="4", kind="other"),
    ]
    chains = make_chains([*broken, calm])
    reasons = ("no_reason", "no_element", "no_text", "unknown_kind")
    assert chains.left_out == tuple(zip("1234", reasons, strict=True))
    assert [chain.rows for chain in chains.made] == [(calm.id,)]


def test_two_photos_are_told_apart_and_none_is_asked_for(rows: tuple[Row, ...]) -> None:
    unsafe, calm, moved = family(rows)
    single, several = (
        make_chains([unsafe, calm, moved]),
        make_chains([unsafe, calm, moved], several=True),
    )
    two, none = several.made[len(single.made) :]
    assert set(two.photos) == {unsafe.photo, moved.photo} and two.side == "unsafe"
    place = "first" if two.photos[0] == unsafe.photo else "second"
    assert f"With the {place} photo: {unsafe.why} {unsafe.risk}" in two.target
    assert f"With the {place} photo: {unsafe.response}" in two.target
    assert moved.response in two.target and two.asked.startswith(unsafe.text + "\n\n")
    assert none.photos == () and none.side == "safe" and none.asked == unsafe.text
    assert "there is none" in none.target and unsafe.risk not in none.target
    apart = make_chains([unsafe, calm, replace(moved, split="other")], several=True)
    assert max(len(chain.photos) for chain in apart.made) == 1


def test_the_order_of_two_photos_is_no_clue(rows: tuple[Row, ...]) -> None:
    unsafe, _, moved = family(rows)
    firsts = []
    for n in range(40):
        a = replace(unsafe, id=f"u{n}")
        b = replace(moved, id=f"m{n}", parent=a.id)
        (two,) = [c for c in make_chains([a, b], several=True).made if len(c.photos) == 2]
        firsts.append(two.photos[0] == unsafe.photo)
    assert 10 < sum(firsts) < 30


def test_chains_become_rows_with_none_one_and_two_pictures(run_dir: Path, tmp_path: Path) -> None:
    source = read_chains(run_dir, Target.CHAINS, Pictures(tmp_path / "images", 64))
    found = list(source.rows)
    assert {len(raw.cells["images"]) for raw in found} == {0, 1, 2}
    for raw in found:
        (turn,) = raw.cells["prompt"]
        marks = [part["type"] for part in turn["content"]]
        assert marks == ["image"] * len(raw.cells["images"]) + ["text"]
        assert raw.cells["completion"].startswith("What the photo")
        assert all(isinstance(data, bytes) and len(data) > 100 for data in raw.cells["images"])
    assert source.hashes and source.lost == ()


def test_a_damaged_picture_fails_its_chains_and_no_others(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", families=2, change={"image": {"bytes": b"no", "path": "x"}})
    source = read_chains(run, Target.CHAIN, Pictures(tmp_path / "images", 64))
    lost = [one for one in source.lost if "cannot be read" in getattr(one.outcome, "error", "")]
    assert lost and len(lost) + len(source.chains) == 6


def test_only_a_build_has_chains(tmp_path: Path) -> None:
    with pytest.raises(BadSetting) as refused:
        read_chains(tmp_path, Target.CHAIN, Pictures(tmp_path / "images", 64))
    assert "run of build" in refused.value.hint


def test_rows_with_none_one_and_two_pictures_are_trained_on_together(tmp_path: Path) -> None:
    from crosslight.tune import run_tune
    from tests.tune import tiny

    run = make_run(tmp_path / "run", families=2)
    base = tiny.base("idefics3", tmp_path)
    few = ("side=32", "max_length=4096", "batch=8", "at_once=8")
    job = tiny.job(
        tmp_path, run, base, "sft", "sft-lora", *few, target="chains", steps=2, held_out=0.0
    )
    told = run_tune(job).summary
    assert told["status"] == "complete" and told["target"] == "chains"
    assert len(told["training"]["losses"]) == 2 and min(told["training"]["losses"]) > 0
    assert set(told["prompts"]) == {"chain", "meaning", "of_two", "two_photos"}


def test_chains_are_for_sft_alone(run_dir: Path, tmp_path: Path) -> None:
    from tests.tune import tiny

    job = tiny.job(tmp_path, run_dir, tmp_path, "dpo", "spa-vl-dpo-lora", target="chain")
    with pytest.raises(BadSetting, match="tune sft"):
        read_rows(job, Pictures(tmp_path / "images", 64))
    with pytest.raises(BadSetting) as refused:
        tiny.job(tmp_path, run_dir, tmp_path, "sft", "sft-lora", target="thoughts")
    assert "response, chain, chains" in refused.value.hint
