"""The decision function against algorithm 1 of CLUE, written down a second time."""

import itertools
from dataclasses import replace

import pytest

from crosslight.judge.config import JudgeConfig, Parts, Thresholds
from crosslight.judge.decide import (
    all_of,
    any_of,
    doubted,
    is_relevant,
    rule_finding,
    verdict_of,
    worst,
)
from crosslight.judge.reading import Need, bounds, question_score, read
from crosslight.records import BadSetting
from crosslight.records.verdict import (
    Evidence,
    Finding,
    Measured,
    Reading,
    Region,
    RuleFinding,
    Score,
    Status,
)
from crosslight.stats.intervals import wilson

T = Thresholds()
PARTS = Parts(detector=True)


def by_the_paper(n: float, m: float, whole: float, erased: float, conf: float, cot: str) -> str:
    """The loop body of algorithm 1 (our notes, B2), and the name of the test that decides."""
    d = m - n
    if d < -0.3 * n:
        return "no debias1"
    if d > 0.8 * (1 - n):
        return "yes debias1"
    if conf > 0.05 and whole - erased > 0.6:
        return "yes debias2"
    return "yes cascade" if cot == "Yes" else "no cascade"


SHARES = (0.0, 0.07, 0.1, 0.35, 0.5, 0.69, 0.7, 0.82, 0.9, 1.0)


@pytest.mark.parametrize("conf", [0.0, 0.05, 0.0500001, 0.9])
def test_the_grid_of_scores_borders_included(conf: float) -> None:
    for n, m, erased, cot in itertools.product(SHARES, SHARES, SHARES, ("Yes", "No")):
        # Exactly on both borders too.
        for shown in (m, n - 0.3 * n, n + 0.8 * (1 - n), min(1.0, erased + 0.6)):
            measured = Measured(
                Score(shown),
                Score(n),
                Score(shown),
                Score(erased),
                sought=True,
                region=Region(0.2, 0.2, 0.8, 0.8, conf),
                reasoned=cot,
            )
            reading = read(measured, T, PARTS)
            assert isinstance(reading, Reading)
            wanted = by_the_paper(n, shown, shown, erased, conf, cot)
            assert f"{reading.answer} {reading.test}" == wanted, (n, shown, erased, conf, cot)


def test_a_small_box_wants_the_crop_but_not_for_strategy_2() -> None:
    tiny = Region(0.5, 0.5, 0.59, 0.6, 0.3)
    assert tiny.area < T.small_area
    m = Measured(Score(0.4), Score(0.1), Score(0.9), Score(0.1), sought=True, region=tiny)
    assert read(m, T, PARTS) is Need.SHOWN  # the score was not of the crop
    cropped = replace(m, cropped=True)
    assert read(cropped, T, PARTS) == Reading("yes", "debias2")  # whole 0.9 against erased 0.1
    edge = Region(0.5, 0.5, 0.6, 0.6, 0.3)
    assert edge.area == pytest.approx(0.01)
    exactly = Region(0.0, 0.0, 0.1, 0.1, 0.3)
    assert exactly.area == pytest.approx(T.small_area)
    assert read(replace(m, region=replace(edge, right=0.7)), T, PARTS) != Need.SHOWN


def test_what_is_missing_is_asked_in_the_order_of_the_paper() -> None:
    m = Measured()
    seen = []
    answers = {
        Need.REGION: {"sought": True, "region": Region(0.1, 0.1, 0.9, 0.9, 0.5)},
        Need.SHOWN: {"shown": Score(0.5)},
        Need.PRIOR: {"prior": Score(0.5)},
        Need.WHOLE: {"whole": Score(0.5)},
        Need.ERASED: {"erased": Score(0.4)},
        Need.REASONED: {"reasoned": "No"},
    }
    while isinstance(need := read(m, T, PARTS), Need):
        seen.append(need)
        m = replace(m, **answers[need])  # type: ignore[arg-type]
    assert seen == list(answers)
    assert need == Reading("no", "cascade")


def test_early_exit_asks_nothing_more() -> None:
    assert read(Measured(Score(0.0), Score(0.5), sought=True), T, PARTS) == Reading("no", "debias1")


@pytest.mark.parametrize(
    ("without", "m", "answer"),
    [
        (("debias1", "debias2"), Measured(Score(0.51), sought=True), Reading("yes", "plain")),
        (("debias1", "debias2"), Measured(Score(0.5), sought=True), Reading("no", "plain")),
        (("cascade",), Measured(Score(0.5), Score(0.5), sought=True), Reading("unknown", "band")),
    ],
)
def test_parts_that_are_left_out(without: tuple[str, ...], m: Measured, answer: Reading) -> None:
    assert read(m, T, PARTS.without(*without)) == answer


def test_an_answer_outside_yes_and_no_is_no_score() -> None:
    m = Measured(Score(0.99, outside=0.51), Score(0.1), sought=True)
    assert read(m, T, PARTS) is Need.REASONED
    assert read(m, T, PARTS.without("cascade")) == Reading("unknown", "outside")
    assert read(replace(m, shown=Score(0.99, outside=0.5)), T, PARTS) == Reading("yes", "debias1")


def test_counted_scores_decide_only_where_their_interval_does() -> None:
    few = Measured(Score(1.0, samples=8), Score(0.0, samples=8), sought=True)
    assert read(few, T, PARTS) is Need.REASONED
    many = Measured(Score(1.0, samples=400), Score(0.0, samples=400), sought=True)
    assert read(many, T, PARTS) == Reading("yes", "debias1")
    assert bounds(Score(0.3), 1.96) == (0.3, 0.3)
    low, high = wilson(0.5, 10)
    assert (round(low, 4), round(high, 4)) == (0.2366, 0.7634)
    assert wilson(0.0, 0) == (0.0, 1.0)


def test_a_score_that_is_not_wholly_known_decides_only_where_all_of_it_does() -> None:
    loose = Score(0.85, low=0.7, high=1.0)
    assert bounds(loose) == (0.7, 1.0)
    m = Measured(loose, Score(0.1), sought=True)
    assert read(m, T, PARTS) is Need.REASONED
    assert read(replace(m, shown=Score(0.85)), T, PARTS) == Reading("yes", "debias1")
    tight = replace(m, shown=replace(loose, low=0.84))
    assert read(tight, T, PARTS) == Reading("yes", "debias1")
    plain = PARTS.without("debias1").without("debias2")
    wide = replace(m, shown=Score(0.4, low=T.cut - 0.1, high=T.cut + 0.1))
    assert read(wide, T, plain) is Need.REASONED
    assert read(wide, T, plain.without("cascade")) == Reading("unknown", "unknown_mass")


def test_perception_never_says_more_than_it_sees() -> None:
    parts = Parts(perceived=True)
    assert read(Measured(Score(0.9, 0.05)), T, parts) == Reading("yes", "perception")
    assert read(Measured(Score(0.01, 0.35)), T, parts) == Reading("no", "perception")
    assert read(Measured(Score(0.01, 0.5)), T, parts).answer == "unknown"  # type: ignore[union-attr]
    assert read(Measured(Score(0.9, 0.5)), T, parts).answer == "unknown"  # type: ignore[union-attr]
    assert read(Measured(Score(0.4, 0.1)), T, parts).answer == "unknown"  # type: ignore[union-attr]


def test_three_valued_logic() -> None:
    assert any_of(["no", "yes", "unknown"]) == "yes"
    assert any_of(["no", "unknown"]) == "unknown"
    assert any_of(["no", "no"]) == "no"
    assert all_of(["yes", "unknown", "no"]) == "no"
    assert all_of(["yes", "unknown"]) == "unknown"
    assert all_of(["yes", "yes"]) == "yes"
    assert any_of([]) == all_of([]) == "unknown"


def evidence(item: int, alternative: int, answer: str) -> Evidence:
    m = Measured(Score(0.5), Score(0.5))
    return Evidence(item, alternative, "q", m, Reading(answer, "debias1"))


def test_a_rule_is_violated_only_when_every_item_holds() -> None:
    both = [evidence(0, 0, "yes"), evidence(1, 0, "no"), evidence(1, 1, "yes")]
    assert rule_finding("r", both, ((1, 2),), T, PARTS).finding is Finding.VIOLATED
    assert rule_finding("r", both[:2], ((1, 2),), T, PARTS).finding is Finding.UNDECIDED
    assert rule_finding("r", [evidence(0, 0, "no")], ((1, 2),), T, PARTS).finding is Finding.CLEAR
    assert rule_finding("r", [], ((1, 2),), T, PARTS).finding is Finding.UNDECIDED


def test_relevance_is_cut_strictly_below() -> None:
    assert is_relevant(0.22, T, PARTS)
    assert not is_relevant(0.2199, T, PARTS)
    assert is_relevant(None, T, PARTS)
    assert is_relevant(-1.0, T, PARTS.without("relevance"))
    skipped = rule_finding("r", [], ((1,),), T, PARTS, 0.1)
    assert (skipped.finding, skipped.reason) == (Finding.CLEAR, "relevance")


def finding(kind: Finding) -> RuleFinding:
    return RuleFinding(str(kind), kind, "why", 0.5)


def test_a_failed_rule_is_never_safe() -> None:
    violated, clear, open_, failed = (
        finding(f) for f in (Finding.VIOLATED, Finding.CLEAR, Finding.UNDECIDED, Finding.FAILED)
    )
    assert verdict_of([clear, clear])[0] is Status.SAFE
    assert verdict_of([clear, open_])[0] is Status.UNDECIDED
    assert verdict_of([clear, failed])[0] is None
    assert verdict_of([open_, failed])[0] is None
    assert verdict_of([failed, violated])[0] is Status.UNSAFE


def test_the_score_ranks_no_below_unknown_below_yes() -> None:
    m = Measured(Score(0.6), Score(0.2))
    scores = [question_score(m, Reading(a, "x"), T, PARTS) for a in ("no", "unknown", "yes")]
    assert scores == sorted(scores)
    assert 0 <= scores[0] < 1 / 3 < scores[1] < 2 / 3 < scores[2] <= 1
    more = question_score(Measured(Score(0.7), Score(0.2)), Reading("no", "x"), T, PARTS)
    assert more > scores[0]


def test_thresholds_go_by_name() -> None:
    assert T.changed({"beta": 0.5}).beta == 0.5
    with pytest.raises(ValueError, match="no threshold"):
        T.changed({"bta": 0.5})
    for name in ("score_cut", "cut"):  # 60 for 0.6 would clear everything
        with pytest.raises(BadSetting, match=f"{name} is of scores, from 0 to 1: 60 is none"):
            T.changed({name: 60.0})
    with pytest.raises(ValueError, match="no part"):
        PARTS.without("everything")
    config = JudgeConfig(thresholds=T.changed({"cut": 0.4}), without=("debias1",))
    assert JudgeConfig.from_json(config.as_json()) == config


def test_a_difference_of_scores_needs_two_scores() -> None:
    """An erased look that the model answers with neither word must not make a precondition hold."""
    box = Region(0.2, 0.2, 0.8, 0.8, 0.9)
    band = Measured(Score(0.8), Score(0.5), Score(0.8), Score(0.01), sought=True, region=box)
    assert read(band, T, PARTS) == Reading("yes", "debias2")
    for doubtful in (
        replace(band, erased=Score(0.01, outside=0.9)),
        replace(band, whole=Score(0.8, outside=0.9)),
    ):
        assert read(doubtful, T, PARTS) is Need.REASONED


def test_a_box_of_no_numbers_is_no_box() -> None:
    from crosslight.judge.detector import best, boxes_in

    sides = dict(zip(("left", "top", "right", "bottom"), (0.1, 0.1, 0.9, 0.9), strict=True))
    good = {"word": "a", **sides, "confidence": 0.3}
    bad = {"word": "b", **sides, "confidence": float("nan")}
    found = best(boxes_in({"boxes": [bad, good, {**good, "left": float("nan")}]}))
    assert found is not None
    assert found.word == "a"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_thresholds_and_settings_are_checked(value: float) -> None:
    with pytest.raises(ValueError, match="beta must be a finite number"):
        T.changed({"beta": value})
    with pytest.raises(ValueError, match="ocr, ask, off"):
        JudgeConfig(addressed="ocrr")
    with pytest.raises(ValueError, match="no part"):
        JudgeConfig(without=("debias3",))


def test_the_score_of_perception_ranks_by_thirds_too() -> None:
    seen = Parts(perceived=True)
    for answer, low in (("no", 0.0), ("unknown", 1 / 3), ("yes", 2 / 3)):
        score = question_score(Measured(Score(0.6)), Reading(answer, "perception"), T, seen)
        assert low <= score <= low + 1 / 3


def seen_at(look: str, answer: str) -> Evidence:
    return replace(evidence(0, 0, answer), look=look)


def test_of_several_looks_the_worst_counts() -> None:
    looks = ("frame 1 of 2", "frame 2 of 2")
    for answers, wanted in (
        (("no", "yes"), Finding.VIOLATED),
        (("yes", "unknown"), Finding.VIOLATED),
        (("no", "unknown"), Finding.UNDECIDED),
        (("no", "no"), Finding.CLEAR),
    ):
        told = [seen_at(look, answer) for look, answer in zip(looks, answers, strict=True)]
        found = rule_finding("r", told, ((1,),), T, PARTS, looks=looks)
        assert (found.finding, len(found.evidence)) == (wanted, 2)
    # A look that nobody asked about is unknown, as it is where a call failed there.
    assert rule_finding("r", told[:1], ((1,),), T, PARTS, looks=looks).finding is Finding.UNDECIDED
    failed = RuleFinding("r", Finding.FAILED, "server_fault: down", 0.0, look=looks[1])
    assert worst([rule_finding("r", told[:1], ((1,),), T, PARTS), failed]).finding is Finding.FAILED


def test_only_safe_is_doubted() -> None:
    unseen = "1 of 3 frames was looked at"
    assert doubted(Status.SAFE, "none of 2 rules", unseen, "", trust=True) == (
        Status.UNDECIDED,
        unseen,
    )
    assert doubted(Status.UNSAFE, "pets", unseen, "", trust=False) == (Status.UNSAFE, "pets")


def test_a_thing_that_is_often_missed_is_never_absent_enough_to_break_a_rule() -> None:
    """A rider whose small helmet nobody saw broke the rule against riding without one."""
    parts, helmet, person = Parts(perceived=True), Score(0.01, 0.35), Score(0.01, 0.12)
    assert read(Measured(helmet), T, parts) == Reading("no", "perception")
    assert read(Measured(helmet), T, parts, absent=True) == Reading("unknown", "unseen")
    assert read(Measured(person), T, parts, absent=True) == Reading("no", "perception")
    assert read(Measured(Score(0.9, 0.1)), T, parts, absent=True) == Reading("yes", "perception")


YES_AT_HALF = Evidence(
    0, 0, "a", Measured(Score(0.95, 0.0), Score(0.5, 0.0)), Reading("yes", "debias1")
)
NO_AT_HALF = Evidence(
    0, 0, "a", Measured(Score(0.1, 0.0), Score(0.5, 0.0)), Reading("no", "debias1")
)


@pytest.mark.parametrize(
    ("evidence", "cut", "becomes"),
    [
        (YES_AT_HALF, None, Finding.VIOLATED),
        (YES_AT_HALF, 0.7, Finding.VIOLATED),
        (YES_AT_HALF, 0.99, Finding.CLEAR),
        (NO_AT_HALF, 0.7, Finding.CLEAR),
        (NO_AT_HALF, 0.0, Finding.VIOLATED),
        (replace(NO_AT_HALF, reading=Reading("unknown", "band")), 0.0, Finding.UNDECIDED),
        (replace(NO_AT_HALF, reading=Reading("unknown", "band")), 0.99, Finding.UNDECIDED),
    ],
)
def test_a_cut_neither_clears_nor_accuses_where_nobody_could_answer(
    evidence: Evidence, cut: float | None, becomes: Finding
) -> None:
    t = replace(T, score_cut=cut)
    assert rule_finding("r", [evidence], [[1]], t, Parts()).finding is becomes


def test_no_cut_decides_over_what_was_never_asked() -> None:
    """An alternative after one that held, a chain after one that was broken, an item after a No."""
    high, low = replace(T, score_cut=0.99), replace(T, score_cut=0.001)
    for shape in ([[2]], [[1], [1]]):
        found = rule_finding("r", [YES_AT_HALF], shape, high, Parts())
        assert found.finding is Finding.UNDECIDED
        assert found.reason.startswith("not asked: 1 question ")
        assert "--threshold r=0.99" in found.reason
    assert rule_finding("r", [YES_AT_HALF], [[1, 1]], high, Parts()).finding is Finding.UNDECIDED
    found = rule_finding("r", [NO_AT_HALF], [[1, 1]], low, Parts())
    assert (found.finding, found.reason[:10]) == (Finding.UNDECIDED, "not asked:")
    # The No of the first stays below this cut, so the second has no say.
    assert rule_finding("r", [NO_AT_HALF], [[1, 1]], high, Parts()).finding is Finding.CLEAR
    # What was asked and nobody could answer says so, and not that it was never asked.
    open_ = replace(NO_AT_HALF, alternative=1, reading=Reading("unknown", "band"))
    found = rule_finding("r", [YES_AT_HALF, open_], [[2]], high, Parts())
    assert (found.finding, "nobody could give" in found.reason) == (Finding.UNDECIDED, True)


def test_what_a_small_box_wants_as_a_crop_all_alternatives_together_do_not_clear() -> None:
    """They were asked together where no box wanted a crop; with a larger `small_area` one does."""
    parts = replace(PARTS.with_ours(), detector=True)
    box = Region(0.2, 0.2, 0.4, 0.4, 0.9, "dog")
    m = Measured(joint=Score(0.01), sought=True, region=box, regions=(box,), single=True)
    assert read(m, T, parts) == Reading("no", "joint")
    assert read(m, replace(T, small_area=0.2), parts) is Need.SHOWN


def test_reasoning_about_the_crop_says_nothing_of_the_whole() -> None:
    """The whole was a No and the crop open; with another `alpha1` it is the whole that is open."""
    parts = replace(PARTS.with_ours(), detector=True)
    box = Region(0.5, 0.5, 0.55, 0.55, 0.9, "dog")
    m = Measured(Score(0.4), Score(0.4), Score(0.2), cropped=True, reasoned="No")
    m = replace(m, sought=True, region=box, regions=(box,), single=True)
    seen = replace(m, reasoned_look="crop")
    assert read(seen, T, parts) == Reading("no", "cascade")
    assert read(seen, replace(T, alpha1=-0.8), parts) is Need.REASONED
    # Runs from before say nothing of what was looked at: they are read as they were.
    assert read(m, replace(T, alpha1=-0.8), parts) == Reading("no", "cascade")
