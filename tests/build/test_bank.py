"""The pattern bank as it ships, and what a bad bank file is told."""

import re
from collections import Counter
from pathlib import Path

import pytest

from crosslight.build.bank import (
    Bank,
    BankError,
    Pattern,
    bank_hash,
    read_bank,
    read_scenario,
)
from crosslight.build.leak import names_element
from crosslight.models.embedded.imagenet import classes
from crosslight.policy import leaves

BANK = read_bank()
PATTERNS = list(BANK)
CLASSES = {c.name for c in classes()}


def every(pattern: Pattern) -> list[str]:
    """All sentences that a row of the pattern can hold."""
    replies = [c.response for c in pattern.controls.text]
    said = [t.say for t in pattern.texts] + [c.say for c in pattern.controls.text]
    written = [pattern.risk, pattern.why, pattern.response, pattern.controls.photo.response]
    return said + written + replies


def test_it_has_at_least_150_patterns_over_20_scenarios() -> None:
    assert len(PATTERNS) >= 150
    assert len(BANK.scenarios) >= 20
    assert min(Counter(p.scenario for p in PATTERNS).values()) >= 5


def test_every_category_is_a_leaf_of_the_taxonomy() -> None:
    assert {p.category for p in PATTERNS} <= {leaf.id for leaf in leaves()}


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda p: p.id)
def test_a_pattern_keeps_the_rules(pattern: Pattern) -> None:
    named = {
        *pattern.element.classes,
        *pattern.lookalikes,
        *pattern.controls.photo.classes,
    }
    assert named <= CLASSES, "ImageNet has no such class"
    assert not set(pattern.element.classes) & set(pattern.controls.photo.classes)
    assert not set(pattern.element.classes) & set(pattern.lookalikes)
    assert len({t.speaker for t in pattern.texts}) >= 2
    assert len({t.style for t in pattern.texts}) >= 3
    for text in pattern.texts:
        assert not names_element(text.say, pattern.element.words), f"names it: {text.say}"
    assert "{element}" in pattern.risk and "{element}" in pattern.response
    filled = [pattern.fill(text) for text in every(pattern)]
    assert not any("{" in text or "}" in text for text in filled), "an unknown slot"
    assert names_element(pattern.fill(pattern.response), (pattern.element.name,))


def test_no_sentence_stands_twice() -> None:
    said = Counter(re.sub(r"\W+", " ", t.say.lower()) for p in PATTERNS for t in p.texts)
    assert [text for text, n in said.items() if n > 1] == []


def test_no_text_holds_operational_detail() -> None:
    """No doses, no ratios, no step lists, no addresses: nothing here tells how to do harm."""
    detail = re.compile(
        r"\b\d+(?:\.\d+)?\s?(?:mg|ml|millilitres?|milligrams?|mcg|grams? of)\b"
        r"|\bstep \d|https?://|\b\d{3}[- ]\d{3,4}\b|\bmix(?:ed)? \d",
        re.IGNORECASE,
    )
    found = [(p.id, text) for p in PATTERNS for text in every(p) if detail.search(text)]
    assert found == []


def test_it_covers_the_classes_that_everyday_photos_hold() -> None:
    covered = {c for p in PATTERNS for c in p.element.classes}
    assert len(covered) >= 250
    everyday = """espresso|cup|tabby|golden retriever|stove|candle|bathtub|mountain bike|laptop|
    church|seashore|lakeside|cliff|envelope|cash machine|street sign|traffic light|lawn mower|
    power drill|pill bottle|microwave|crib|daisy|mushroom|suspension bridge|library|restaurant|
    airliner|syringe|chain saw|cellular telephone|tripod|palace|moped|missile"""
    wanted = {name.strip() for name in everyday.replace("\n", "").split("|")}
    assert wanted <= CLASSES
    assert sorted(wanted - covered) == []


def test_the_hash_is_of_what_the_bank_says() -> None:
    assert bank_hash(BANK) == bank_hash(Bank(tuple(BANK.scenarios)))
    assert bank_hash(BANK) != bank_hash(Bank(BANK.scenarios[1:]))


GOOD = (Path(read_bank.__code__.co_filename).parent / "bank_data" / "fire.yaml").read_text(
    encoding="utf-8"
)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: text.replace("severity: ", "severety: ", 1), "severety"),
        (lambda text: text.replace("id: fire.", "id: water.", 1), "must begin with"),
        (lambda text: text.replace("say:", "says:", 1), "says"),
        (lambda text: text + "\n  - [", "fire.yaml"),
        (lambda text: "just a sentence", "fire.yaml"),
        (lambda text: "!!python/object/apply:os.system ['true']", "fire.yaml"),
    ],
)
def test_a_bad_file_is_refused_by_name(change: object, says: str, tmp_path: Path) -> None:
    path = tmp_path / "fire.yaml"
    path.write_text(change(GOOD), encoding="utf-8")  # type: ignore[operator]
    with pytest.raises(BankError) as caught:
        read_scenario(path)
    assert "fire.yaml" in str(caught.value)
    assert says in str(caught.value)


def test_two_files_may_not_share_an_id(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    with pytest.raises(BankError, match="share an id"):
        read_bank(tmp_path)


def test_a_folder_without_patterns_is_no_bank(tmp_path: Path) -> None:
    with pytest.raises(BankError, match="no pattern file"):
        read_bank(tmp_path / "missing")
