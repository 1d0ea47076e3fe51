"""A made-up family: what teaches is ranked first, label noise is chance, a leak is seen."""

from dataclasses import replace

import numpy as np
import pytest

from crosslight.rate.config import RateConfig
from crosslight.rate.judges import WordsJudge
from crosslight.rate.mixture import greedy_mixture
from crosslight.rate.plan import planned
from crosslight.rate.rows import OTHERS
from crosslight.rate.sets import SLICE, TEST, TRAIN, cut
from tests.rate.family import Ignorant, family, rated, teaching

CONFIG = RateConfig(draws=200)


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))]
)
def test_it_is_ordered_right_and_the_copy_is_flagged(seed: int) -> None:
    made = family(seed)
    plan, matrix, rows, _ = rated(made, CONFIG)
    on_b = {row.name: row.cells[1].figures["auc"] for row in rows}
    assert on_b["A"].low > 0.5 and on_b["A"].value > max(on_b["C"].value, on_b["D"].value)
    means = {row.name: row.mean for row in rows}
    assert means["A"] is not None and means["B"] is not None and means["C"] is not None
    assert min(means["A"].value, means["B"].value) > means["C"].value
    flagged = [(one.train, one.test) for one in plan.overlaps.values() if one.flagged]
    assert flagged == [("D", "B")]
    leaked = matrix.as_it_is(made.judge(), 3, 1)
    assert leaked is not None and leaked > 0.7 > on_b["D"].value
    gains = {row.name: (row.gain, row.p_holm) for row in rows}
    gain, p = gains["A"]
    assert gain is not None and p is not None and gain.value > 0
    assert p >= min(each.p for each in rows if each.p is not None)


def test_the_mean_leaves_out_the_own_set_and_the_row_of_others_never_holds_it() -> None:
    made = family(5)
    plan, matrix, rows, _ = rated(made, CONFIG)
    own = next(row for row in rows if row.name == "B")
    assert own.others == [0, 2, 3] and own.mean is not None
    values = [own.cells[at].figures["auc"].value for at in own.others]
    assert own.mean.value == pytest.approx(np.mean(values))
    others = next(row for row in rows if row.name == OTHERS)
    sample = plan.sample([0, 2, 3], 1, 0)
    assert sample is not None and 1 not in sample.sets
    again = matrix.cell(OTHERS, made.judge(), [0, 2, 3], 1)
    assert others.cells[1].figures["auc"] == again.figures["auc"]


def test_samples_are_of_equal_size_and_a_smaller_one_begins_a_larger_one() -> None:
    plan = planned(family(6).sets, CONFIG)
    for at in plan.trained:
        large, small = plan.sample([at], None, 0), plan.sample([at], None, 0, 10)
        assert large is not None and small is not None
        labels = plan.sets[at].labels[large.rows]
        assert labels.sum() * 2 == len(labels) == 2 * plan.per_class
        assert set(small.rows) < set(large.rows)
        assert not set(large.rows) & set(plan.sets[at].places(TEST, SLICE))
        other = plan.sample([at], None, 1)
        assert other is not None and set(other.rows) != set(large.rows)


def test_a_cell_whose_training_is_all_copies_has_no_figure_and_says_why() -> None:
    """Two sets of the same rows: what the one teaches about the other cannot be told."""
    made = family(7)
    twin = replace(made.sets[0], name="twin", part=made.sets[0].part.copy())
    twin.part[made.sets[0].part == TEST] = TRAIN
    twin.part[made.sets[0].part == TRAIN] = TEST
    made.sets[1], made.vectors[1] = twin, made.vectors[0]
    plan, _, rows, _ = rated(made, CONFIG)
    cell = rows[0].cells[1]
    assert cell.draws is None and "left without duplicates" in cell.reason
    assert plan.overlaps[0, 1].flagged
    assert 1 not in rows[0].others
    assert plan.per_class > 40, "a cell that loses everything does not bound the others"


def test_a_set_with_one_label_is_tested_only_and_has_a_recall_and_no_auc() -> None:
    made = family(8)
    one = made.sets[2]
    keep = np.flatnonzero(one.labels == 1)
    only = replace(
        one,
        keys=tuple(one.keys[at] for at in keep),
        texts=tuple(one.texts[at] for at in keep),
        labels=one.labels[keep],
        clusters=one.clusters[keep],
        pictures=("",) * len(keep),
        looks=("",) * len(keep),
        controls=one.controls[keep],
        part=np.zeros(len(keep), dtype=np.int64),
    )
    made.sets[2] = cut(only, 0, 2_000, 10)
    made.vectors[2] = made.vectors[2][keep]
    plan, _, rows, _ = rated(made, CONFIG)
    assert plan.why_not == {2: "its rows are all unsafe"} and plan.tested == [0, 1, 3]
    cell = rows[0].cells[2]
    assert set(cell.figures) == {"recall"} and cell.draws is None
    assert all(2 not in row.others for row in rows)


def test_the_greedy_mixture_takes_what_teaches_and_tells_the_gain_on_the_other_half() -> None:
    made = teaching(9, "ABEn")
    _, matrix, _, _ = rated(made, CONFIG)
    found = greedy_mixture(matrix, made.judge(), Ignorant(), 3)
    assert found.steps and all(step.added in "ABE" for step in found.steps)
    assert found.steps[0].gain.low > 0 and found.steps[0].p < 0.05
    assert found.end


def test_words_of_texts_that_say_nothing_are_at_chance() -> None:
    made = family(10)
    _, matrix, _, _ = rated(made, CONFIG)
    cell = matrix.cell("words", WordsJudge(made.sets), [0], 1)
    assert cell.figures["auc"].low <= 0.5 <= cell.figures["auc"].high
