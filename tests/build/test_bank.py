"""The bank: what a file may say, what a bad one is told, and the shipped one as a whole."""

from collections.abc import Callable
from pathlib import Path

import pytest

from crosslight.build.bank import Bank, BankError, bank_hash, read_bank, read_scenario
from tests.build.banks import Tree, as_yaml, made_bank, small_bank, write_bank

GOOD = as_yaml(small_bank()["kitchen"])


def test_a_bank_is_read_as_it_is_written(tmp_path: Path) -> None:
    bank = read_bank(write_bank(tmp_path / "bank"))
    assert bank_hash(bank) == bank_hash(made_bank())
    assert sorted(bank.patterns) == sorted(p.id for s in bank.scenarios for p in s.patterns)
    cup = bank.patterns["kitchen.hot_cup"]
    assert cup.element.names == ("a cup of espresso", "a cup", "a mug with a hot drink")
    assert cup.case(cup.cases[1].say) is cup.cases[1] and cup.case("Nothing of it.") is None
    assert bank.patterns["kitchen.cat"].bounds == ("region: US and Canada",)
    assert bank.title("kitchen") == "Kitchen" and bank.title("attic") == "attic"


def test_the_hash_is_of_what_the_bank_says() -> None:
    bank = made_bank()
    assert bank_hash(bank) == bank_hash(Bank(tuple(bank.scenarios)))
    assert bank_hash(bank) != bank_hash(Bank(bank.scenarios[1:]))


Change = Callable[[Tree], object]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda p: p.update(severety=p.pop("severity")), "severety"),
        (lambda p: p.update(severity=4), "severity"),
        (lambda p: p.update(id="water.hot_cup"), "must begin with"),
        (lambda p: p.update(category="fires"), "do you mean fire_burns"),
        (lambda p: p["cases"][0].update(act="song"), "act"),
        (lambda p: p["cases"][0].pop("asks"), "asks: is missing"),
        (lambda p: p["cases"][0].pop("control"), "control: is missing"),
        (lambda p: p["cases"][0].update(photo=[{}]), "no photo could be this place"),
        (lambda p: p.update(cases=p["cases"][:1]), "cases"),
        (lambda p: p["element"].update(classes={}), "nothing could show this element"),
        (lambda p: p["element"].update(classes={"cups": "a cup"}), "do you mean cup"),
        (lambda p: p["element"].update(labels={"cupp": "a cup"}), "do you mean cup"),
        (lambda p: p["element"].update(persons=99), "persons"),
        (lambda p: p["element"].update(beside={}), "nothing could be beside it"),
        (lambda p: p["element"].update(print={"name": "a sign"}), "nothing could be read"),
        (
            lambda p: p["element"].update(print={"name": "a sign", "patterns": ["(a+)+b"]}),
            "no item",
        ),
        (lambda p: p.update(lookalikes=["measuring-cup"]), "do you mean measuring cup"),
        (
            lambda p: p.update(facts=[{"claim": "It is hot, so it is.", "checked": "2026"}]),
            "checked",
        ),
    ],
)
def test_a_bad_pattern_is_told(change: Change, says: str, tmp_path: Path) -> None:
    write_bank(tmp_path, lambda files: change(files["kitchen"]["patterns"][0]))
    with pytest.raises(BankError) as caught:
        read_scenario(tmp_path / "kitchen.yaml")
    assert "kitchen.yaml" in str(caught.value) and "line " in str(caught.value)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        GOOD + "\n  - [",
        GOOD.replace("say:", "says:", 1),
        "just a sentence",
        "!!python/object/apply:os.system ['true']",
    ],
)
def test_a_bad_file_is_refused_by_name(text: str, tmp_path: Path) -> None:
    path = tmp_path / "kitchen.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BankError, match=r"kitchen\.yaml"):
        read_scenario(path)


def test_two_files_may_not_share_an_id(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    with pytest.raises(BankError, match="share an id"):
        read_bank(tmp_path)


def test_a_folder_without_patterns_is_no_bank(tmp_path: Path) -> None:
    with pytest.raises(BankError, match="no pattern file"):
        read_bank(tmp_path / "missing")
