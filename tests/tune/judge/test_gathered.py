"""What stands in two sets, or was answered twice, is not on both sides of a split."""

from pathlib import Path

import numpy as np

from crosslight.tune.judge.flips import with_flips
from crosslight.tune.judge.gathered import gather
from crosslight.tune.judge.language import LACKING, shown_alone
from crosslight.tune.judge.measure import measure
from crosslight.tune.judge.rows import JudgeRow
from tests.tune import tiny
from tests.tune.judge.family import rows, write


def test_a_picture_of_two_sets_and_a_request_with_two_answers_are_one_group(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(tiny.picture("red"))
    (tmp_path / "b.png").write_bytes(tiny.picture("red"))
    one = [
        {"id": "p", "text": "May I?", "label": "safe", "image": "a.png"},
        {"id": "q", "text": "Why?", "answer": "No.", "label": "safe"},
        {"id": "r", "text": "Why?", "answer": "Go on.", "label": "unsafe"},
        {"id": "s", "text": "Other", "label": "safe"},
    ]
    two = [
        {"id": "t", "text": "Shall we?", "label": "unsafe", "image": "b.png"},
        {"id": "u", "text": "Other one", "label": "unsafe"},
    ]
    places = [str(write(tmp_path / f"{name}.jsonl", of)) for name, of in (("x", one), ("y", two))]
    found = gather(places, 100, 0, lambda: None)
    of = {row.id: row.group for row in found.rows}
    assert of["p"] == of["t"] and of["q"] == of["r"]
    assert len({of[name] for name in "pqsu"}) == 4
    assert of["s"] == "x/row 4", "a row that shares nothing keeps its group"


def test_the_figure_of_another_set_trains_on_nothing_that_stands_in_it() -> None:
    draw = np.random.default_rng(0)
    made, x = [], []
    for at in range(48):
        source, shared = ("a", "b")[at % 2], at >= 24
        # Vectors are noise: what knows a row of `b` again must have seen its group in `a`.
        group = f"g{at // 2}" if shared else f"{source}{at}"
        made.append(JudgeRow(str(at), f"t{at}", "", None, at // 2 % 2, "", group, "", source))
        if not (shared and at % 2):
            last = draw.normal(size=24)
        x.append(last + draw.normal(size=24) * 0.01)
    told = measure(made, np.array(x, np.float32), 0, lambda: None)
    for name in "ab":
        assert told["other_sets"][name]["auc"]["value"] < 0.75, "a leak tells half of the rows"


def test_a_row_whose_picture_is_not_here_is_no_row_without_one(tmp_path: Path) -> None:
    made = rows()[:8]
    made[0]["image"], made[1]["image"] = "gone.png", "gone.png"
    found = gather([str(write(tmp_path / "t.jsonl", made))], 100, 0, lambda: None)
    assert sum(row.lacks_picture for row in found.rows) == 2
    kept = shown_alone(found)
    assert kept.left_out == (("all", LACKING, 2),) and kept.inputs == found.inputs == 8
    assert len({one.row.id for one in with_flips(kept.rows, (), 0)}) == 6
    assert shown_alone(kept) is kept
