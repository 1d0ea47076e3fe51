"""The shortcut audit of pairs on made-up sets whose shortcuts are known."""

import random
from dataclasses import replace

from crosslight.stats import PairTexts, audit_pairs

WORDS = "amber birch cedar delta ember fjord grove heath inlet jetty knoll larch".split()


def said(rng: random.Random, *more: str) -> str:
    return " ".join([*rng.choices(WORDS, k=12), *more])


def pairs(seed: int, tell: str = "", mirror: bool = False) -> list[PairTexts]:
    """Thirty groups of two pairs; the chosen reply holds `tell`. `mirror`: and another has it as
    the rejected one."""
    rng = random.Random(seed)
    made = []
    for group in range(30):
        for _ in range(2):
            good, bad = said(rng, *tell.split()), said(rng)
            one = PairTexts("May I?", good, bad, f"g{group}", "a over b", mirror)
            made.append(one)
            if mirror:
                made.append(replace(one, chosen=bad, rejected=good, kind="b over a"))
    return made


def test_a_telling_word_is_found_and_chance_is_not() -> None:
    found = audit_pairs(pairs(0, "however please"))
    rule = found.rule("replies")
    assert rule.whole.value == 1.0 and rule.loud and found.loud
    assert dict(rule.kinds)["a over b"].pairs == 60
    assert found.rule("length").whole.value == 1.0
    chance = audit_pairs(pairs(0)).rule("replies").whole
    assert chance.low is not None and chance.high is not None
    assert chance.low <= 0.5 <= chance.high


def test_a_mirror_is_one_half_for_whoever_sees_only_the_replies() -> None:
    found = audit_pairs(pairs(1, "however please", mirror=True))
    for rule in found.rules:
        assert rule.whole.value == rule.mirrored.value == 0.5, rule.name
        assert rule.unmirrored.value is None and rule.unmirrored.reason == "no pairs"
    assert not found.loud


def test_the_question_tells_what_the_replies_do_not() -> None:
    rng = random.Random(2)
    made = []
    for group in range(40):
        one, other = said(rng, "however"), said(rng, "gladly")
        asks = PairTexts("May I?", one, other, f"g{group}", "k", True)
        made += [asks, replace(asks, question="I will.", chosen=other, rejected=one)]
    found = audit_pairs(made)
    assert found.rule("replies").whole.value == 0.5
    told = found.rule("prompt").whole.value
    assert told is not None and told > 0.9


def test_too_few_pairs_or_groups_are_unknown_and_never_one_half() -> None:
    few = audit_pairs(pairs(0)[:6])
    assert few.rule("replies").whole.value is None
    assert "fewer than" in few.rule("replies").whole.reason
    one_group = audit_pairs([replace(p, group="g") for p in pairs(0)])
    assert "1 groups" in one_group.rule("opening").whole.reason
    assert audit_pairs([]).rule("length").whole.reason == "no pairs"


def test_more_pairs_than_wanted_are_left_out_by_whole_groups() -> None:
    found = audit_pairs(pairs(3, mirror=True), most=50)
    assert found.of == 120 and 0 < found.pairs <= 50 and found.pairs == 4 * found.groups
    again = audit_pairs(list(reversed(pairs(3, mirror=True))), most=50)
    assert again == found


def test_a_group_that_is_larger_than_all_that_is_wanted_is_looked_at_and_not_called_none() -> None:
    made = [replace(one, group=f"g{at % 3}") for at, one in enumerate(pairs(0))]
    found = audit_pairs(made, most=5)
    assert (found.of, found.pairs, found.groups) == (60, 20, 1)
    assert found.rule("length").whole.value is not None
    assert "groups, fewer than" in found.rule("replies").whole.reason


def test_an_undecided_pair_counts_half() -> None:
    same = [PairTexts("q", "a b", "c d", f"g{n}", "k") for n in range(20)]
    assert audit_pairs(same).rule("length").whole.value == 0.5
