"""Compiled files that are written again: what stays, what is shown, and that all is read back."""

from pathlib import Path

import pytest

from crosslight.policy.bounded import PolicyError
from crosslight.policy.by_hand import new_policy, write_form
from crosslight.policy.compiled import Compiled, CompiledRule, read_compiled, read_policy
from crosslight.policy.constitution import Constitution, parse_constitution, read_constitution
from crosslight.policy.history import (
    Example,
    RuleHistory,
    Wording,
    history_of,
    made_hash,
    read_history,
)
from crosslight.policy.layout import write_compiled, write_history
from crosslight.policy.recompile import Standing, changes, joined, replaced_edits, standing_at
from crosslight.policy.review import policy_warnings
from crosslight.policy.yaml_text import Flow, Row, as_yaml
from crosslight.text import parse_yaml


def source(**texts: str) -> Constitution:
    rules = [{"id": id, "text": text} for id, text in texts.items()]
    return parse_constitution({"title": "T", "rules": rules})


def rule(id: str, text: str, see: str = "a thing") -> CompiledRule:
    chain = [{"any": [{"see": see, "words": ["thing"]}]}]
    return CompiledRule.model_validate({"id": id, "rule": text, "text": text, "chain": chain})


def made(one: CompiledRule) -> RuleHistory:
    wordings = (Wording(text=one.text, scores=(9, 8), remarks=("fine",)),)
    example = Example(text="a: b, [c] #d", breaks=True, caught="no", why="'quoted'")
    return RuleHistory(id=one.id, made=made_hash(one), wordings=wordings, examples=(example,))


def write(target: Path, policy: Constitution, *rules: CompiledRule) -> Standing:
    told = [made(one) for one in rules]
    kept = [r.id for r in standing_at(target).kept(policy)]
    compiled, history = joined(policy, standing_at(target), rules, told, "fake:m")
    write_compiled(target, compiled, kept)
    write_history(target, history)
    return standing_at(target)


def test_unchanged_rules_stay_with_every_edit_and_comment(tmp_path: Path) -> None:
    target, first = tmp_path / "x.compiled.yaml", source(a="No cat here.", b="No dog here.")
    write(target, first, rule("a", "No cat here."), rule("b", "No dog here."))
    text = target.read_text()
    edited = text.replace("  - id: b", "  # asked legal about this, 3 May\n  - id: b").replace(
        "    chain:\n      - any:\n          - {see: a thing, words: [thing]}\n  #",
        "    chain:\n      - any: [{see: a tom cat, words: [cat]}]   # narrower\n  #",
    )
    target.write_text("# ours\n" + edited)
    assert edited.count("narrower") == 1
    second = source(a="No cat here.", b="No dog here.", c="No bird here.")
    standing = standing_at(target)
    assert [r.id for r in standing.kept(second)] == ["a", "b"]
    assert [standing.edited(r) for r in standing.kept(second)] == [True, False]
    write(target, second, rule("c", "No bird here."))
    again = target.read_text()
    assert again.startswith("# ours\n") and "   # narrower\n" in again
    assert "  # asked legal about this, 3 May\n  - id: b\n" in again
    found = read_compiled(target)
    assert [r.id for r in found.rules] == ["a", "b", "c"]
    assert found.rules[0].questions[0][2].see == "a tom cat"
    history = read_history(target)
    assert history is not None and [r.id for r in history.rules] == ["a", "b", "c"]


def test_a_changed_rule_is_replaced_in_sight_and_its_old_form_kept(tmp_path: Path) -> None:
    target, first = tmp_path / "x.compiled.yaml", source(a="No cat here.", b="No dog here.")
    write(target, first, rule("a", "No cat here."), rule("b", "No dog here."))
    target.write_text(target.read_text().replace("see: a thing", "see: a tom cat", 1))
    second, standing = source(a="No tom cat here."), standing_at(target)
    assert standing.kept(second) == []
    new = rule("a", "No tom cat here.", "a male cat")
    compiled, _ = joined(second, standing, [new], [made(new)], "fake:m")
    lines = changes(standing, compiled)
    assert ("-", "a", "precondition 1: a tom cat [thing]") in lines
    assert ("+", "a", "precondition 1: a male cat [thing]") in lines
    assert ("-", "b", "text: No dog here.") in lines
    assert replaced_edits(standing, [new]) == ["a"]
    history = write(target, second, new).history
    assert history is not None
    assert [r.questions[0][2].see for r in history.of("a").before] == ["a tom cat"]
    assert history.of("b").before[0].rule == "No dog here."  # gone from the source
    with pytest.raises(PolicyError, match="there is no rule 'z'"):
        standing.kept(second, ["z"])
    assert standing_at(target).kept(second, ["a"]) == []


def test_two_hundred_rules_are_written_and_read_back(tmp_path: Path) -> None:
    texts = {f"rule_{n}": f"No thing of kind {n} may be visible. " + "x" * 300 for n in range(200)}
    assert len(source(**texts).rules) == 200
    items = [
        {"any": [{"see": f"{'é' * 140} {i} {j}", "words": ["ß" * 38] * 4} for j in range(4)]}
        for i in range(2)
    ]
    rules = [
        CompiledRule.model_validate({"id": id, "rule": t, "text": t, "chain": items})
        for id, t in texts.items()
    ]
    compiled = Compiled(title="T", by="m", rules=tuple(rules))
    target = tmp_path / "x.compiled.yaml"
    write_compiled(target, compiled)
    assert read_compiled(target) == compiled
    assert target.stat().st_size > 600_000
    with pytest.raises(PolicyError, match=r"at most 262,144 are read back") as caught:
        write_compiled(tmp_path / "x.yaml", compiled)
    assert "NAME.compiled.yaml" in caught.value.hint
    assert not (tmp_path / "x.yaml").exists()


def test_what_would_read_back_as_something_else_is_not_written(tmp_path: Path) -> None:
    odd = rule("a", "No cat here.").model_copy(update={"text": "No c\u200bat here."})
    with pytest.raises(PolicyError, match="hidden character"):
        write_compiled(tmp_path / "x.compiled.yaml", Compiled(title="T", by="m", rules=(odd,)))
    assert list(tmp_path.iterdir()) == []


def test_the_file_reads_like_a_policy(tmp_path: Path) -> None:
    target = tmp_path / "x.compiled.yaml"
    write(target, source(a="No cat here."), rule("a", "No cat here.", "a cat: black, [big]"))
    assert target.read_text() == (
        "title: T\n"
        "by: fake:m\n"
        "rules:\n"
        "  - id: a\n"
        "    rule: No cat here.\n"
        "    text: No cat here.\n"
        "    chain:\n"
        "      - any:\n"
        "          - {see: 'a cat: black, [big]', words: [thing]}\n"
    )
    assert history_of(target) == tmp_path / "x.history.yaml"
    assert "scores: [9.0, 8.0]" in history_of(target).read_text()
    history_of(target).write_text("rules: [")
    with pytest.raises(PolicyError, match=r"x\.history\.yaml"):
        standing_at(target)


def test_a_new_policy_is_sound_and_takes_no_place(tmp_path: Path) -> None:
    written, compiled = new_policy(tmp_path / "shop")
    constitution, form = read_policy(written)
    assert len(form.rules) == 2 and policy_warnings(constitution, form) == []
    assert constitution.depictions_of("animals") == "do_not_count"
    assert " shop.yaml " in written.read_text()
    for name in ("shop", "shop.yaml"):
        with pytest.raises(PolicyError, match="is there already"):
            new_policy(tmp_path / name)
    for name in ("..", ".x", "a b", "a.compiled.yaml", ""):
        with pytest.raises(PolicyError, match="no name for a policy"):
            new_policy(tmp_path / "sub" / name) if name else new_policy(Path())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["shop.compiled.yaml", "shop.yaml"]
    # The example that the scaffold's comments give is right too.
    text = compiled.read_text()
    example = text.partition("#     chains:\n")[2].partition("title:")[0].replace("#  ", "   ")
    head = "title: T\nby: hand\nrules:\n  - id: r\n    rule: No candle.\n    text: No candle.\n"
    compiled.write_text(f"{head}    chains:\n{example}")
    assert len(read_compiled(compiled).rules[0].all_chains) == 2


def test_the_form_has_blanks_that_nobody_judges_by(tmp_path: Path) -> None:
    written, target = new_policy(tmp_path / "shop")
    text = written.read_text().replace("No cat, no dog and no bird", "No cat")
    rest = text.partition("  # A rule with an exception")[0]
    written.write_text(rest + "  - {id: helmet, text: No rider without a helmet.}\n")
    write_form(target, read_constitution(written), standing_at(target), [])
    form = target.read_text()
    assert form.startswith("# The questions of each rule") and "print: {phrase: confid" in form
    assert "does the chain still fit?" in form
    history = read_history(target)
    assert history is not None
    assert [r.rule for r in history.of("animals").before] == [
        "No cat, no dog and no bird may be visible."
    ]
    with pytest.raises(PolicyError, match=r"rule helmet.*is not filled in yet: say what must be"):
        read_policy(written)
    target.write_text(form.replace("{see: '?', words: []}", "{see: a rider, words: [rider]}"))
    constitution, compiled = read_policy(written)
    assert any("does the chain still fit" in w for w in policy_warnings(constitution, compiled))
    fresh = tmp_path / "other.compiled.yaml"
    write_form(fresh, constitution, Standing(), [])
    assert fresh.read_text().count("see: '?'") == 3
    assert fresh.read_text().startswith("# `rule` is the wording of the source.")


@pytest.mark.parametrize(
    "text",
    [
        "no", "1.50", "22:30", "a: b", "a #b", "- a", "[a, b]", "{a}", "a, b", "it's", '"q"', "~",
        "*a", "&a", "!a", "%a", "@a", "a\nb", "é", "日本語", "🙂 x", "0x1F", "1e5", "a:", "?",
        "null", "a :b", "http://x", "a, b: c", "a\"b\"", "Yes",
        "ends with space (stripped)", "a\\b", "=", "<<", "2024-01-01", "a - b", "--- a", "'", "`x`",
    ],
)  # fmt: skip
def test_any_text_is_read_back_as_it_was(text: str) -> None:
    data = {"a": text, "b": [text, Flow({"k": text, "l": Row([text, text])})], "c": [{"d": text}]}
    value, wrong = parse_yaml(as_yaml(data))
    assert wrong == []
    assert value == data


@pytest.mark.parametrize("odd", ["unindented", "later key", "flow"])
def test_what_is_laid_out_in_another_way_is_kept_all_the_same(odd: str, tmp_path: Path) -> None:
    target, first = tmp_path / "x.compiled.yaml", source(a="No cat here.")
    write(target, first, rule("a", "No cat here.", "a tom cat"))
    text = target.read_text()
    head, _, rules = text.partition("rules:\n")
    laid = {
        "unindented": head + "rules:\n" + "\n".join(x[2:] for x in rules.split("\n")),
        "later key": "rules:\n" + rules + head,
        "flow": head + "rules: [{id: a, rule: No cat here., text: No cat here.,\n"
        "  chain: [{any: [{see: a tom cat, words: [thing]}]}]}]\n",
    }
    target.write_text(laid[odd])
    second = source(a="No cat here.", b="No dog here.")
    write(target, second, rule("b", "No dog here."))
    found = read_compiled(target)
    assert [r.id for r in found.rules] == ["a", "b"]
    assert found.rules[0].questions[0][2].see == "a tom cat"


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_compiled_file_alone_says_of_depictions_what_its_source_said(
    by_hand: bool, tmp_path: Path
) -> None:
    target, rules = tmp_path / "x.compiled.yaml", [("a", "No cat here."), ("b", "No dog here.")]
    told = [{"id": id, "text": text} for id, text in rules]
    told[0]["depictions"] = "count"
    policy = parse_constitution({"title": "T", "depictions": "do_not_count", "rules": told})
    write(target, policy, *(rule(*one) for one in rules))
    if by_hand:
        target.write_text(target.read_text().replace("depictions: count", "depictions: count # !"))
        write_form(target, policy, standing_at(target), ["b"])
        target.write_text(target.read_text().replace("'?'", "a dog"))
    alone, compiled = read_policy(target)
    assert [alone.depictions_of(id) for id in "ab"] == ["count", "do_not_count"]
    # Beside its source it is the source that counts, and somebody is told where they differ.
    silent = source(**dict(rules))
    first, _ = (w for w in policy_warnings(silent, compiled) if "depictions" in w)
    assert "rule a: the compiled form says depictions: count, its source nothing" in first
    assert not any("depictions" in w for w in policy_warnings(alone, compiled))
    assert ("-", "a", "depictions: count") in changes(standing_at(target), write_again(target))


def write_again(target: Path) -> Compiled:
    """The form that compiling again would write, once the source says nothing of depictions."""
    policy = source(a="No cat here.", b="No dog here.")
    return joined(policy, standing_at(target), [], [], "")[0]
