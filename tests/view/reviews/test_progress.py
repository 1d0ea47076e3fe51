"""Progress, disputes and agreement, out of acts."""

from pathlib import Path

import pytest

from crosslight.runs import Act, Reviews
from crosslight.view.reviews.progress import agreement, disputes, reviewers


def reviewed(folder: Path, *acts: tuple[str, str, str]) -> Reviews:
    reviews = Reviews(folder)
    for row, by, verdict in acts:
        reviews.add(Act(row=row, by=by, verdict=verdict))
    return reviews


def test_reviewers_count_what_stands_and_each_exposure_once_a_day(tmp_path: Path) -> None:
    reviews = Reviews(tmp_path)
    for act in (
        Act(row="1", by="ann", verdict="accept", shown=True, at="2026-11-26T09:00:00"),
        Act(row="1", by="ann", verdict="reject", shown=True, at="2026-11-27T09:00:00"),
        Act(row="1", by="ann", verdict="reject", shown=True, at="2026-11-27T10:00:00"),
        Act(row="2", by="ann", verdict="skip", at="2026-11-27T11:00:00"),
        Act(row="3", by="ann", verdict="", label="unsafe", rule="pets", at="2026-11-27T11:00:00"),
        Act(row="2", by="bo", verdict="accept", edit=(("text", "x"),), at="2026-11-27T11:00:00"),
    ):
        reviews.add(act)
    ann, bo = reviewers(reviews.acts(), reviews.standing(), "2026-11-27")
    assert (ann.by, ann.accepted, ann.rejected, ann.skipped, ann.labelled) == ("ann", 0, 1, 1, 1)
    assert (ann.shown, ann.shown_today, ann.decided) == (2, 1, 1)
    assert (bo.accepted, bo.edited, bo.shown) == (1, 1, 0)


def test_reviewers_differ_where_both_decided_and_a_skip_is_no_verdict(tmp_path: Path) -> None:
    reviews = reviewed(
        tmp_path,
        *(
            ("1", "ann", "accept"),
            ("1", "bo", "reject"),
            ("2", "ann", "skip"),
            ("2", "bo", "accept"),
        ),
        *(("3", "ann", "accept"), ("3", "bo", "accept")),
    )
    reviews.add(Act(row="3", by="ann", verdict="", label="safe", rule="pets"))
    reviews.add(Act(row="3", by="bo", verdict="", label="unsafe", rule="pets"))
    found = disputes(reviews.standing())
    assert [(one.row, one.rule) for one in found] == [("1", ""), ("3", "pets")]
    assert [act.by for act in found[0].said] == ["ann", "bo"]


def test_agreement_is_cohens_kappa_and_krippendorffs_alpha(tmp_path: Path) -> None:
    # By hand: 4 of 5 alike, chance (3*2 + 2*3)/25 = 0.48, so kappa = (0.8 - 0.48) / 0.52.
    ann = ["accept", "accept", "accept", "reject", "reject"]
    bo = ["accept", "accept", "reject", "reject", "reject"]
    acts = [(str(n), by, v) for by, said in (("ann", ann), ("bo", bo)) for n, v in enumerate(said)]
    reviews = reviewed(tmp_path, *acts, ("9", "ann", "skip"), ("9", "bo", "accept"))
    (one,) = agreement(reviews.standing())
    assert one.what == "verdicts" and one.found is not None
    assert one.found.raters == 2 and one.found.raw == pytest.approx(0.8)
    assert one.found.cohen == pytest.approx(0.32 / 0.52)
    # Coincidences: 2 * 3 off-diagonal pairs are 2 of 10 values; expected 2 * 5 * 5 / (10 * 9).
    assert one.found.alpha == pytest.approx(1 - 0.2 / (50 / 90))


def test_one_reviewer_agrees_with_nobody(tmp_path: Path) -> None:
    assert agreement(reviewed(tmp_path, ("1", "ann", "accept")).standing()) == []
