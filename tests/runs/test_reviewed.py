"""When a row is accepted, and what reviewers call it: one rule for exports, bank and judge."""

from pathlib import Path

from crosslight.runs import Act, Reviews, accepted_rows, reviewed_rows, reviewed_things


def at(folder: Path, *acts: Act) -> Reviews:
    reviews = Reviews(folder)
    for act in acts:
        reviews.add(act)
    return reviews


def test_a_row_is_accepted_by_one_and_rejected_by_none_with_the_later_edit(tmp_path: Path) -> None:
    first = Act("1", "ann", "accept", edit=(("text", "first"),), at="2026-01-01T00:00:01")
    second = Act("1", "bo", "", edit=(("text", "second"),), at="2026-01-01T00:00:02")
    standing = at(
        tmp_path,
        *(first, second),
        *(Act("2", "ann", "accept"), Act("2", "bo", "reject")),
        *(Act("3", "ann", "skip"), Act("4", "ann", "accept", rule="pets")),
        *(Act("5", "ann", "reject"), Act("6", "ann", "", label="safe")),
    ).standing()
    assert accepted_rows(standing) == {"1": {"text": "second"}}
    rows = reviewed_rows(standing)
    assert {row: one.why_not for row, one in rows.items()} == {
        **{"1": "", "2": "disputed", "3": "skipped", "5": "rejected", "6": "not_reviewed"}
    }
    assert rows["1"].edits_differ == ("text",), "of two wordings one is taken, and it is said"


def test_the_last_act_of_each_reviewer_counts(tmp_path: Path) -> None:
    standing = at(
        tmp_path,
        *(Act("1", "ann", "reject"), Act("1", "ann", "accept")),
        *(Act("2", "ann", "accept"), Act("2", "ann", "reject"), Act("2", "ann", "")),
        *(Act("3", "ann", "accept"), Act("3", "bo", "accept"), Act("3", "bo", "skip")),
    ).standing()
    assert set(accepted_rows(standing)) == {"1", "2", "3"}
    assert (reviewed_rows(standing)["3"].accepted, reviewed_rows(standing)["3"].skipped) == (1, 1)


def test_what_one_who_rejects_would_edit_is_no_edit(tmp_path: Path) -> None:
    acts = (
        Act("1", "ann", "reject", edit=(("text", "no"),)),
        Act("1", "bo", "accept", edit=(("text", "yes"),)),
    )
    one = reviewed_rows(at(tmp_path, *acts).standing())["1"]
    assert (one.edit, one.edits_differ) == ({"text": "yes"}, ())


def test_a_label_counts_where_all_who_label_say_the_same(tmp_path: Path) -> None:
    standing = at(
        tmp_path,
        *(Act("1", "ann", "", label="safe"), Act("1", "bo", "", label="safe")),
        *(Act("2", "ann", "", label="safe"), Act("2", "bo", "", label="unsafe")),
        *(Act("1", "ann", "", label="unsafe", rule="pets"), Act("3", "ann", "accept")),
    ).standing()
    things = reviewed_things(standing)
    assert {thing: (one.label, one.labels_differ) for thing, one in things.items()} == {
        ("1", ""): ("safe", False),
        ("1", "pets"): ("unsafe", False),
        ("2", ""): ("", True),
        ("3", ""): ("", False),
    }
