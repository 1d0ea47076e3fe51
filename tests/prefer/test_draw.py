"""Which two answers are drawn: the same ones on every machine, whoever joins later."""

from collections import Counter

from crosslight.prefer.draw import BY_GROUP_SHARE, Candidate, DrawBy, draw_pair

ITEMS = [f"q{k}" for k in range(600)]
FOUR = [
    Candidate("a", 0, True),
    Candidate("b", 0, False),
    Candidate("c", 1, True),
    Candidate("d", 2, None),
]


def test_by_group_the_two_come_from_two_groups_and_every_pair_does() -> None:
    drawn = [draw_pair(item, FOUR, DrawBy.GROUP) for item in ITEMS]
    pairs = Counter(frozenset((one.a, one.b)) for one in drawn if one)
    assert len(pairs) == 5 and frozenset("ab") not in pairs
    assert min(pairs.values()) > 80  # 120 are expected of each
    assert {(one.by, one.p) for one in drawn if one} == {(DrawBy.GROUP, 1 / 5)}


def test_by_item_one_is_safe_and_one_is_not_and_a_tenth_is_by_group() -> None:
    drawn = [one for item in ITEMS if (one := draw_pair(item, FOUR, DrawBy.ITEM))]
    by = Counter(one.by for one in drawn)
    assert abs(by[DrawBy.GROUP] / len(drawn) - BY_GROUP_SHARE) < 0.04
    contrast = {frozenset((one.a, one.b)) for one in drawn if one.by is DrawBy.ITEM}
    assert contrast == {frozenset("ab"), frozenset("bc")}
    # b and c differ in both: nine tenths over two pairs, and a tenth over five.
    chances = {frozenset((one.a, one.b)): one.p for one in drawn}
    assert abs(chances[frozenset("bc")] - (0.9 / 2 + 0.1 / 5)) < 1e-12
    assert abs(sum(chances.values()) - 1) < 1e-12


def test_where_the_wanted_difference_is_missing_the_next_is_taken() -> None:
    alike = [Candidate("a", 0, True), Candidate("b", 0, True)]
    one_group = [Candidate("a", 0, True), Candidate("b", 0, False)]
    unranked = [Candidate("a", None, None), Candidate("b", 0, True)]
    found = [draw_pair("q", pool, DrawBy.GROUP) for pool in (alike, one_group, unranked)]
    assert [one.by for one in found if one] == [DrawBy.ANY, DrawBy.ITEM, DrawBy.ANY]
    two_groups = [Candidate("a", 0, True), Candidate("b", 1, True)]
    by_item = draw_pair("q", two_groups, DrawBy.ITEM)
    assert by_item is not None and by_item.by is DrawBy.GROUP
    assert draw_pair("q", FOUR[:1], DrawBy.GROUP) is None


def test_one_more_responder_moves_only_the_pairs_that_it_is_in() -> None:
    before = {item: draw_pair(item, FOUR, DrawBy.GROUP) for item in ITEMS}
    after = {
        item: draw_pair(item, [*FOUR, Candidate("e", 3, True)], DrawBy.GROUP) for item in ITEMS
    }
    moved = [item for item in ITEMS if before[item] and after[item]]
    changed = [
        one
        for item in moved
        if (one := after[item]) and (was := before[item]) and (one.a, one.b) != (was.a, was.b)
    ]
    assert changed and all("e" in (one.a, one.b) for one in changed)
    assert len(changed) < 0.6 * len(ITEMS)  # four of nine pairs hold the new one


def test_seed_and_place_say_nothing_of_the_answers() -> None:
    pool = list(reversed(FOUR))
    assert [draw_pair(i, pool, DrawBy.ITEM) for i in ITEMS[:50]] == [
        draw_pair(i, FOUR, DrawBy.ITEM) for i in ITEMS[:50]
    ]
    drawn = [one for item in ITEMS if (one := draw_pair(item, FOUR, DrawBy.ITEM, seed=1))]
    first_is_safe = [one.a != "b" for one in drawn if one.by is DrawBy.ITEM]
    assert 0.43 < sum(first_is_safe) / len(first_is_safe) < 0.57
    assert drawn != [draw_pair(item, FOUR, DrawBy.ITEM) for item in ITEMS]
