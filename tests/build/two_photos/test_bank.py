"""The two-photo patterns that come along, and what the linter says of broken ones."""

import shutil
from pathlib import Path

import pytest

from crosslight.build.bank import BANK_FOLDER, BankError
from crosslight.build.bank_lint import lint_bank
from crosslight.build.two_photos.read import pair_files, read_pair_bank
from crosslight.build.two_photos.schema import SIDES, filled


def test_the_shipped_patterns_keep_the_laws() -> None:
    bank = read_pair_bank()
    assert len(bank) >= 15
    for path in pair_files(BANK_FOLDER):
        report = lint_bank(path)
        assert report.pairs > 0
        assert [str(one) for one in report.must] == []


def test_no_fact_of_them_claims_to_be_checked_without_a_source() -> None:
    facts = [fact for p in read_pair_bank().patterns.values() for fact in p.facts]
    assert facts
    assert all(fact.checked == "unchecked" or fact.source for fact in facts)


def test_every_text_has_only_slots_that_are_filled() -> None:
    for pattern in read_pair_bank().patterns.values():
        names = {side: pattern.part(side).names[0] for side in SIDES}
        texts = [pattern.risk, pattern.why]
        for case in pattern.cases:
            texts += [case.response, case.control.response, *(s.response for s in case.swaps)]
        assert not [text for text in texts if "{" in filled(text, **names)]


BROKEN = (
    ("These two would look so cosy right", "This candle would look so cosy right", "names a thing"),
    ("candle: a candle,", "candel: a candle,", "is no ImageNet class"),
    (
        "labels: {chair: a chair, couch: a couch, vase: a vase, clock: a clock}",
        "classes: {candle: a candle}",
        "shows the thing itself",
    ),
    ("intent: You want a cosy corner", "intent: They want a cosy corner", "begin with 'You'"),
    (
        "A draught moves {other} over {one}",
        "A draught moves it over {one}",
        "does not name {other}",
    ),
)


@pytest.mark.parametrize(("old", "new", "told"), BROKEN)
def test_a_breach_is_told_with_file_and_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    text = (BANK_FOLDER / "pairs" / "two_at_home.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "pairs").mkdir()
    path = tmp_path / "pairs" / "two_at_home.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    found = [str(one) for one in lint_bank(path).must]
    assert any(told in one for one in found), found
    assert all(one.startswith("two_at_home.yaml:") for one in found)


def test_a_bank_folder_without_pairs_is_an_empty_one(tmp_path: Path) -> None:
    shutil.copy(BANK_FOLDER / "water.yaml", tmp_path / "water.yaml")
    assert len(read_pair_bank(tmp_path)) == 0
    assert lint_bank(tmp_path).pairs == 0


def test_what_nobody_has_read_yet_is_not_built_from(tmp_path: Path) -> None:
    (tmp_path / "pairs").mkdir()
    text = (BANK_FOLDER / "pairs" / "two_outdoors.yaml").read_text(encoding="utf-8")
    text = text.replace("    severity: 3\n", "    severity: 3\n    reviewed: no\n", 1)
    (tmp_path / "pairs" / "two_outdoors.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BankError, match="reviewed: no"):
        read_pair_bank(tmp_path)
