"""What a question of a compiled rule can say, and that saying nothing new changes no hash."""

from pathlib import Path
from typing import Any

import pytest

from crosslight.policy.bounded import PolicyError
from crosslight.policy.compiled import Compiled, read_policy
from crosslight.policy.constitution import Constitution, parse_constitution, validated
from crosslight.policy.diff import policy_differences


def compiled(*chains: list[list[dict[str, Any]]], **more: Any) -> Compiled:
    """A compiled form of one rule; each chain is a list of items, each a list of questions."""
    made = [[{"any": item} for item in chain] for chain in chains]
    form = {"chain": made[0]} if len(made) == 1 else {"chains": made}
    rule = {"id": "r", "rule": "No thing here.", "text": "No thing here.", **form, **more}
    return validated(Compiled, {"title": "T", "by": "test", "rules": [rule]}, "x.yaml")


def q(see: str = "a thing", **more: Any) -> dict[str, Any]:
    return {"see": see, **more}


def test_hashes_of_files_from_before_stay() -> None:
    assert compiled([[q(words=["thing"])]]).hash[:16] == "bf333a3981da747e"
    plain = {"title": "T", "rules": [{"id": "a", "text": "No firearm here."}]}
    assert parse_constitution(plain).hash[:16] == "4e6c245784636fa0"
    assert compiled([[q()]]).hash != compiled([[q(absent=True)]]).hash
    assert (
        compiled([[q()]]).hash != compiled([[q()]], chain=None, chains=[[{"any": [q()]}]] * 2).hash
    )


def test_items_count_over_chains_and_ties_are_within_one() -> None:
    made = compiled([[q("a cat"), q("a dog")]], [[q("a car")], [q("a wheel", of="1.1")]])
    (rule,) = made.rules
    assert [(i, j, x.see) for i, j, x in rule.questions] == [
        (0, 0, "a cat"),
        (0, 1, "a dog"),
        (1, 0, "a car"),
        (2, 0, "a wheel"),
    ]
    assert rule.ties == {(2, 0): (1, 0)}


@pytest.mark.parametrize(
    ("item", "what"),
    [
        (q(of="1.3"), "of: 1.3 is no alternative of an earlier item"),
        (q(of="2.1"), "of: 2.1 is no alternative of an earlier item"),
        (q(of="0.1"), "of"),
        (
            q(print={"phrase": "top secret", "kind": "phone"}),
            "exactly one of phrase, regex and kind",
        ),
        (q(print={}), "exactly one of phrase, regex and kind"),
        (q(print={"kind": "passport"}), "kind"),
        (q(print={"kind": "words:../x"}), "kind"),
        (q(print={"regex": "(ab"}), "the regex is none that RE2 takes"),
        (q(print={"kind": "url"}, count={"of": "person", "more_than": 1}), "two questions"),
        (q(count={"of": "person", "more_than": -1}), "more_than"),
        (q(count={"of": "person"}), "more_than"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(item: dict[str, Any], what: str) -> None:
    with pytest.raises(PolicyError, match=what):
        compiled([[q(), q()], [item]])


def test_a_rule_has_one_chain_or_several_and_not_both() -> None:
    with pytest.raises(PolicyError, match="either a chain, or chains"):
        compiled([[q()]], chains=[[{"any": [q()]}]])
    with pytest.raises(PolicyError, match="either a chain, or chains"):
        compiled([[q()]], chain=None)


def silent_of(rules: list[dict[str, str]]) -> Constitution:
    """The same rules, that say nothing of depictions."""
    bare = [{k: v for k, v in rule.items() if k != "depictions"} for rule in rules]
    return parse_constitution({"title": "T", "rules": bare})


def test_depictions_are_said_for_all_or_for_one() -> None:
    rules = [
        {"id": "a", "text": "No firearm here.", "depictions": "count"},
        {"id": "b", "text": "No blood here."},
    ]
    made = parse_constitution({"title": "T", "depictions": "do_not_count", "rules": rules})
    assert [made.depictions_of(r) for r in ("a", "b")] == ["count", "do_not_count"]
    silent = parse_constitution({"title": "T", "rules": rules[1:]})
    assert silent.depictions_of("b") is None
    spoken = parse_constitution({"title": "T", "depictions": "count", "rules": rules[1:]})
    assert silent.hash != spoken.hash
    assert ("-", "a", "depictions: count") in policy_differences(made, silent_of(rules))
    with pytest.raises(PolicyError, match="depictions"):
        parse_constitution({"title": "T", "depictions": "sometimes", "rules": rules})


def test_a_compiled_file_of_chains_is_known_as_one(tmp_path: Path) -> None:
    text = "title: T\nby: me\nrules:\n- {id: r, rule: No thing here., text: No thing here.,\n"
    text += "   chains: [[{any: [{see: a thing}]}], [{any: [{see: a thing, absent: true}]}]]}\n"
    (tmp_path / "r.compiled.yaml").write_text(text)
    _, found = read_policy(tmp_path / "r.compiled.yaml")
    assert len(found.rules[0].all_chains) == 2
