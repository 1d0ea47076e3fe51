"""What a report card chose, applied: cuts of each rule, maps, thresholds of single rules, flips."""

import asyncio
import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from crosslight.judge.card import FLIPS_FILE, measured_on, report_card
from crosslight.judge.chosen import BadCard, read_card
from crosslight.judge.labels import read_labels
from crosslight.judge.policy_flips import flips_after
from crosslight.judge.rethreshold import rethreshold_run
from crosslight.judge.tables import read_verdicts
from crosslight.records import BadSetting, Finding
from tests.judge.running import job, run
from tests.judge.simulated import RULES, World, scenes

SCENES = 48


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that errs, with its flips and the report card of all its labels."""
    folder = tmp_path_factory.mktemp("chosen")
    images = scenes(SCENES)
    made = job(images, folder, world=World(images), without=("debias1", "cascade"))
    run(made)
    asyncio.run(flips_after(made))
    with (folder / "labels.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "broken", "label"])
        for scene in images:
            label = ("", "safe") if not scene.unsafe else (f"r{scene.rule}", "unsafe")
            writer.writerow([scene.photo, *label])
    report_card(made.out, read_labels(folder / "labels.csv"))
    return made.out


def card_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "card.json").read_text())
    return found


def test_a_card_of_the_whole_run(judged: Path) -> None:
    card = card_of(judged)
    assert card["sample"]["kind"] == "whole"
    assert set(card["rules"]) == {f"r{k}" for k in range(RULES)}
    assert card["prevalence"]["value"] == pytest.approx(0.5)
    # Eight images were made for each rule, four of them unsafe.
    assert card["rules"]["r0"]["unsafe"] == 4
    assert card["overall"]["calibrated"]["map"]["how"] == "platt"
    flips = card["policy_exceptions"]
    assert flips["low"] < flips["share"] <= flips["high"] <= 1


def test_flips_of_other_verdicts_are_not_on_the_card(judged: Path, tmp_path: Path) -> None:
    rethreshold_run(judged, tmp_path / "new", {"cut": 0.9})
    (tmp_path / "new" / FLIPS_FILE).write_bytes((judged / FLIPS_FILE).read_bytes())
    labels = read_labels(judged.parent / "labels.csv")
    assert report_card(tmp_path / "new", labels)["policy_exceptions"] is None
    assert measured_on(judged) != measured_on(tmp_path / "new")


def test_the_cuts_of_a_card_are_applied_by_rule(judged: Path, tmp_path: Path) -> None:
    card = read_card(judged / "card.json")
    whole = card.cuts["*"]
    own = replace(card, cuts={"*": whole, "r1": 0.95})
    summary = rethreshold_run(judged, tmp_path / "cut", {}, own)
    assert summary["rethreshold"]["flipped"] > 0
    assert summary["rethreshold"]["card"]["same_constitution"]
    assert summary["settings"]["by_rule"]["r1"] == {"score_cut": 0.95}
    for verdict in read_verdicts(tmp_path / "cut"):
        for rule in verdict.rules:
            cut = 0.95 if rule.rule == "r1" else whole
            skipped = rule.reason == "relevance"
            over = rule.score >= cut and not skipped
            unasked = rule.reason.startswith("not asked: ")
            if unasked:  # of a chain that ended early at what is no longer a No, or a Yes
                assert rule.finding is Finding.UNDECIDED
            else:
                assert rule.finding is (Finding.VIOLATED if over else Finding.CLEAR)
    # What is set by hand goes before the card, and a second reading keeps what the first was told.
    rethreshold_run(judged, tmp_path / "hand", {"r1.score_cut": 0.0}, own)
    for verdict in read_verdicts(tmp_path / "hand"):
        r1 = next(rule for rule in verdict.rules if rule.rule == "r1")
        # Of what the scan had skipped nothing was asked: no cut accuses it.
        assert r1.finding is not Finding.CLEAR or r1.reason == "relevance"
    again = rethreshold_run(tmp_path / "hand", tmp_path / "again", {})
    assert again["rethreshold"]["flipped"] == 0


def test_the_map_of_a_card_is_written_beside_the_verdicts(judged: Path, tmp_path: Path) -> None:
    card = read_card(judged / "card.json")
    rethreshold_run(judged, tmp_path / "new", {}, card)
    rows = pq.read_table(tmp_path / "new" / "calibrated.parquet").to_pylist()
    whole = [row for row in rows if row["rule"] == "*"]
    assert len(whole) == SCENES
    mean = sum(row["probability"] for row in whole) / SCENES
    assert mean == pytest.approx(0.5, abs=0.05)  # half of the images are unsafe
    by_score = sorted(whole, key=lambda row: row["score"])
    shares = [row["probability"] for row in by_score]
    assert shares == sorted(shares)
    assert shares[-1] - shares[0] > 0.2


def test_a_threshold_of_one_rule(judged: Path, tmp_path: Path) -> None:
    before = {v.photo: v for v in read_verdicts(judged)}
    rethreshold_run(judged, tmp_path / "one", {"r2.cut": 0.999})
    after = read_verdicts(tmp_path / "one")
    changed = {
        rule.rule
        for v in after
        for rule, old in zip(v.rules, before[v.photo].rules, strict=True)
        if rule.finding is not old.finding
    }
    assert changed == {"r2"}
    with pytest.raises(BadSetting, match="'r9' is no rule"):
        rethreshold_run(judged, tmp_path / "x", {"r9.cut": 0.5})
    with pytest.raises(BadSetting, match="no threshold"):
        rethreshold_run(judged, tmp_path / "x", {"r2.cat": 0.5})


@pytest.mark.parametrize(
    "change",
    [
        {"overall": None},
        {"rules": []},
        {"rules": {"r0": {"cut": {"at": "high"}, "calibrated": {"map": None}}}},
        {
            "overall": {
                "cut": {"at": 0.5},
                "calibrated": {"map": {"how": "platt", "x": [1], "y": []}},
            }
        },
        {"judge": {}},
    ],
)
def test_cards_of_strangers(judged: Path, tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "card.json"
    path.write_text(json.dumps({**card_of(judged), **change}))
    with pytest.raises(BadCard, match="no report card of ours"):
        read_card(path)


def test_a_card_without_a_cut_says_so(judged: Path, tmp_path: Path) -> None:
    none = {"cut": {"at": None}, "calibrated": {"map": None}}
    path = tmp_path / "card.json"
    path.write_text(json.dumps({**card_of(judged), "overall": none, "rules": {}}))
    with pytest.raises(BadCard, match="too few"):
        read_card(path)
    with pytest.raises(BadCard):
        read_card(tmp_path / "gone.json")


def test_a_card_that_is_not_there_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(BadCard, match=r"there is no file .*card\.json"):
        read_card(tmp_path / "card.json")
