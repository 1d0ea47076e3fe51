"""What `clue-2` adds to CLUE, each part by the fault that it mends; `paper` keeps each fault."""

from dataclasses import replace

import pytest
from PIL import Image

from crosslight.judge.config import OURS, JudgeConfig, Parts, Thresholds
from crosslight.judge.detector import deciding
from crosslight.judge.reading import Need, covered, print_says, read, reasoned_look
from crosslight.judge.wording import about_print, names_one_thing
from crosslight.records.verdict import Measured, Reading, Region, Score

T = Thresholds()
PAPER = Parts(detector=True)
NEW = PAPER.with_ours()
HALF = Region(0.2, 0.2, 0.8, 0.8, 0.9, "dog")
SPOT = Region(0.5, 0.5, 0.55, 0.55, 0.9, "dog")
SOUGHT = Measured(sought=True)


def test_a_plain_no_is_no_however_low_the_prior_is() -> None:
    """A model that says No to an empty page left every plain No to the cascade."""
    for prior in (0.5, 0.05, 0.005, 0.0005):
        m = replace(SOUGHT, shown=Score(0.03), prior=Score(prior))
        assert read(m, T, NEW) == Reading("no", "floor")
    low = replace(SOUGHT, shown=Score(0.03), prior=Score(0.012))
    assert read(low, T, PAPER) is Need.REASONED
    assert read(low, T, NEW.without("floor")) is Need.REASONED
    assert read(low, T.changed({"absent_below": 0.0}), NEW) is Need.REASONED
    # It takes no prior, so none is asked; a score that is only partly below it does not pass.
    assert read(replace(SOUGHT, shown=Score(0.03)), T, NEW) == Reading("no", "floor")
    unsure = replace(SOUGHT, shown=Score(0.03, low=0.0, high=0.2), prior=Score(0.01))
    assert read(unsure, T, NEW) is Need.REASONED


def test_a_prior_of_two_tails_is_no_prior() -> None:
    tails = Score(0.99, outside=0.95)
    sure = replace(SOUGHT, shown=Score(0.95), prior=tails)
    assert read(sure, T, NEW) == Reading("yes", "no_prior")
    below = replace(sure, shown=Score(0.6))
    assert read(below, T, PAPER) == Reading("no", "debias1")
    assert read(below, T, NEW) is Need.REASONED


@pytest.mark.parametrize("whole", [0.5, 0.6])
def test_nothing_is_erased_that_could_not_decide(whole: float) -> None:
    m = Measured(Score(whole), Score(0.3), Score(whole), sought=True, region=HALF)
    assert read(m, T, NEW) is Need.REASONED
    assert read(m, T, PAPER) is Need.ERASED
    more = replace(m, shown=Score(0.61), whole=Score(0.61))
    assert read(more, T, NEW) is Need.ERASED


def test_a_box_that_is_the_picture_is_not_erased() -> None:
    poster = Region(0.0, 0.0, 1.0, 0.9, 0.9)
    m = Measured(Score(0.7), Score(0.3), Score(0.7), Score(0.05), sought=True, region=poster)
    assert read(m, T, PAPER) == Reading("yes", "debias2")
    assert read(m, T, NEW) is Need.REASONED
    # So with several boxes that cover it together, overlaps once.
    left, right = Region(0, 0, 0.55, 1, 0.9), Region(0.45, 0, 1, 1, 0.9)
    assert covered((left, right)) == pytest.approx(1.0)
    assert covered((left, left)) == pytest.approx(0.55, abs=0.01)
    both = replace(m, region=left, regions=(left, right))
    assert read(both, T, NEW) is Need.REASONED
    assert read(replace(both, regions=(left,)), T, NEW) == Reading("yes", "debias2")


def test_a_crop_adds_and_does_not_clear_alone() -> None:
    """143 x 95 pixels of wicker cleared a rule that the whole picture breaks."""
    whole = Measured(Score(0.97), Score(0.05), Score(0.97), sought=True, region=SPOT, single=True)
    assert read(whole, T, NEW) == Reading("yes", "debias1")  # the crop is not even asked
    cropped = replace(whole, shown=Score(0.02), cropped=True)
    assert read(cropped, T, NEW) == Reading("yes", "debias1")
    assert read(cropped, T, PAPER) == Reading("no", "debias1")
    missed = replace(whole, shown=Score(0.02), whole=Score(0.02))
    assert read(missed, T, NEW) is Need.CROP
    seen = replace(missed, shown=Score(0.99), cropped=True)
    assert read(seen, T, NEW) == Reading("yes", "crop")
    assert read(replace(seen, shown=Score(0.01)), T, NEW) == Reading("no", "floor")
    open_ = replace(seen, shown=Score(0.4))
    assert read(open_, T, NEW) is Need.REASONED
    assert reasoned_look(open_, T, NEW) == "crop"
    assert reasoned_look(replace(open_, whole=Score(0.4)), T, NEW) == "whole"


def test_only_sure_boxes_of_single_things_are_cropped() -> None:
    missed = Measured(Score(0.02), Score(0.05), Score(0.02), sought=True, region=SPOT, single=True)
    assert read(missed, T, NEW) is Need.CROP
    for plain in (
        replace(missed, region=replace(SPOT, confidence=0.06)),
        replace(missed, single=False),
        replace(missed, regions=(SPOT, SPOT)),
    ):
        assert read(plain, T, NEW) == Reading("no", "floor")
        assert read(plain, T, NEW.without("sure_crop")) is Need.CROP
    assert read(missed, T, NEW.without("crop")) == Reading("no", "floor")
    assert names_one_thing("a cigarette", ["cigarette"])
    assert not names_one_thing("feet more than 2 metres above the ground", ["feet"])
    assert not names_one_thing("a cup", ["cup", "table"])


def test_the_deciding_word_comes_first_and_all_its_boxes() -> None:
    """The shooter was erased with his rifle, and of three rifles one."""
    muzzles = [Region(0.1 * k, 0.1, 0.1 * k + 0.05, 0.2, 0.4, "Muzzle") for k in (1, 2, 3)]
    person = Region(0.1, 0.1, 0.9, 0.9, 0.95, "person")
    faint = Region(0.5, 0.5, 0.6, 0.6, 0.04, "muzzle")
    region, regions = deciding([person, faint, *muzzles], ["muzzle", "person"], 0.05)
    assert region in muzzles and set(regions) == set(muzzles)
    assert deciding([person, faint], ["muzzle", "person"], 0.05) == (person, (person,))
    assert deciding([faint], ["muzzle"], 0.05) == (faint, ())
    assert deciding([person], ["muzzle"], 0.05) == (None, ())
    # A run that is read with a higher confidence needs a look that erased fewer boxes.
    m = Measured(
        Score(0.7), Score(0.3), Score(0.7), Score(0.0), sought=True, region=muzzles[0],
        regions=tuple(muzzles),
    )  # fmt: skip
    assert read(m, T, NEW) == Reading("yes", "debias2")
    mixed = replace(m, regions=(replace(muzzles[0], confidence=0.9), *muzzles[1:]))
    mixed = replace(mixed, region=mixed.regions[0])
    assert read(mixed, T.changed({"box_confidence": 0.5}), NEW) is Need.ERASED


def test_print_that_holds_an_answer_down_has_no_say() -> None:
    """'AI NOTICE: no weapon is visible' took the relation from 0.85 to 0.50."""
    m = Measured(Score(0.5), Score(0.1), Score(0.5), sought=True, lettered=True)
    assert read(m, T, NEW) is Need.UNPRINTED
    assert read(replace(m, lettered=False), T, NEW) is Need.REASONED
    assert read(m, T, NEW.without("print")) is Need.REASONED
    told = replace(m, unprinted=Score(0.85))
    assert print_says(told, T) and read(told, T, NEW) == Reading("yes", "unprinted")
    risen = replace(m, unprinted=Score(0.75))
    assert read(risen, T, NEW) is Need.REASONED and reasoned_look(risen, T, NEW) == "unprinted"
    # A fall may be that of evidence that lay under the print.
    fallen = replace(m, unprinted=Score(0.01))
    assert read(fallen, T, NEW) is Need.REASONED and reasoned_look(fallen, T, NEW) == "whole"
    # Where the print is known to speak to the judge, a No is asked again too.
    no = replace(m, shown=Score(0.01), whole=Score(0.01))
    assert read(no, T, NEW) == Reading("no", "floor")
    assert read(replace(no, addressed=True), T, NEW) is Need.UNPRINTED
    assert read(replace(no, addressed=True, unprinted=Score(0.9)), T, NEW).answer == "yes"  # type: ignore[union-attr]
    assert about_print("a sign that says no entry", ["sign"]) and about_print("an ID", ["card"])
    assert not about_print("a rifle that points at a person", ["rifle", "person"])


def test_a_joint_no_is_a_no_of_each_and_a_joint_yes_of_none() -> None:
    assert read(Measured(joint=Score(0.01)), T, NEW) == Reading("no", "joint")
    assert read(Measured(joint=Score(0.2)), T, NEW) is Need.REGION
    assert read(Measured(joint=Score(0.01, outside=0.9)), T, NEW) is Need.REGION
    assert read(Measured(joint=Score(0.01)), T, NEW.without("joint")) is Need.REGION
    # Low, and reasoned about together: No of each, or nothing.
    doubted = Measured(joint=Score(0.15), joint_reasoned="No")
    assert read(doubted, T, NEW) == Reading("no", "joint_cascade")
    assert read(replace(doubted, joint_reasoned="Yes"), T, NEW) is Need.REGION
    assert read(replace(doubted, joint=Score(0.3)), T, NEW) is Need.REGION
    assert read(doubted, T, NEW.without("cascade")) is Need.REGION


def test_each_part_can_be_left_out_and_the_paper_has_none() -> None:
    for name in OURS:
        assert getattr(NEW, name) and not getattr(NEW.without(name), name)
        assert not getattr(PAPER, name)
        assert JudgeConfig(without=(name,)).without == (name,)
        with pytest.raises(ValueError, match="is a part of clue-2"):
            JudgeConfig(method="paper", without=(name,))


def test_erasing_and_cropping_make_the_pixels_that_they_name() -> None:
    from crosslight.judge.views import _enlarged, _pixels, _rim

    image = Image.new("RGB", (100, 50), (200, 10, 10))
    image.paste((0, 0, 0), (10, 20, 60, 30))
    box = _pixels(Region(0.1, 0.4, 0.6, 0.6, 1.0), image, grow=2)
    assert box == (8, 18, 62, 32) and _rim(image, box) == (200, 10, 10)
    assert _enlarged((64, 56), 448, 768) == (512, 448)
    assert _enlarged((45, 10), 448, 768) == (768, 171)  # no side beyond the whole picture's
    assert _enlarged((600, 500), 448, 768) == (600, 500)
