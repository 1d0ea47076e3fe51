"""Pairs of a build's own replies: mirrors, caps, splits, and what replies alone give away."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from crosslight.prefer.bank_pairs import BankPairs, pairs_of
from crosslight.prefer.config import PreferConfig
from crosslight.prefer.dataset import PairRow
from crosslight.prefer.summary import needs_picture
from crosslight.stats import PairTexts, audit_pairs
from tests.prefer.builds import bank_rows, built, row

CONFIG = PreferConfig()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> BankPairs:
    return pairs_of(built(tmp_path_factory.mktemp("bank"), bank_rows(12)), CONFIG)


def by_id(made: BankPairs) -> dict[str, PairRow]:
    return {row.id: row for row in made.rows}


def test_every_mirror_has_its_partner_with_the_same_texts_in_one_split(made: BankPairs) -> None:
    pairs = by_id(made)
    mirrored = [row for row in made.rows if row.mirror_of]
    assert len(mirrored) > 90 and len(pairs) == len(made.rows)
    for one in mirrored:
        other = pairs[one.mirror_of]
        assert other.mirror_of == one.id
        assert (one.chosen, one.rejected) == (other.rejected, other.chosen)
        assert (one.split, one.cluster) == (other.split, other.cluster)
        assert (one.photo != other.photo) != (one.question != other.question)
        assert {one.side, other.side} == {"hidden_risk", "harmless"}
        assert one.weight == other.weight == (1.0 if one.photo != other.photo else 0.5)


def test_what_beats_what_has_a_circle_through_going_along(made: BankPairs) -> None:
    kinds = Counter(row.kinds for row in made.rows)
    assert kinds["guidance", "go_along"] > kinds["go_along", "guidance"] > 0
    assert kinds["guidance", "help"] == kinds["help", "guidance"] > 0
    assert kinds["refusal", "go_along"] == kinds["go_along", "refusal"] > 0
    needed = [row for row, need in zip(made.rows, needs_picture(made.rows), strict=True) if need]
    assert {row.kinds for row in needed} == {
        ("guidance", "go_along"),
        ("go_along", "guidance"),
        ("refusal", "go_along"),
        ("go_along", "refusal"),
    }


def test_replies_alone_do_not_tell_the_better_one(made: BankPairs) -> None:
    texts = [
        PairTexts(r.question, r.chosen, r.rejected, r.cluster, r.chosen_kind, bool(r.mirror_of))
        for r in made.rows
    ]
    found = audit_pairs(texts)
    for name in ("length", "opening", "replies"):
        rule = found.rule(name)
        assert rule.mirrored.value == 0.5, name
        assert rule.whole.value is not None and rule.whole.value <= 0.65, name
    alone = audit_pairs([replace(t, mirrored=False) for t in texts if not t.mirrored])
    told = alone.rule("replies").whole.value
    assert told is not None and told > 0.8, "the caps are what keeps the whole low"


def test_caps_hold_and_what_they_leave_out_is_counted(made: BankPairs) -> None:
    rows = made.rows
    assert sum(not row.mirror_of for row in rows) <= 0.3 * len(rows)
    assert sum(row.chosen_kind == "refusal" for row in rows) <= 0.1 * len(rows)
    by_text = Counter(r.pattern for r in rows if r.kinds == ("guidance", "help"))
    assert max(by_text.values()) == CONFIG.text_mirrors
    reasons = Counter(one.outcome.reason for one in made.lost)  # type: ignore[union-attr]
    assert {"enough_unmirrored", "enough_text_mirrors", "enough_refusals"} <= reasons.keys()
    assert made.finished + len(made.ends) == made.families


def test_sensitive_rows_get_no_reply_that_goes_along(made: BankPairs) -> None:
    sensitive = [row for row in made.rows if row.sensitive]
    assert sensitive
    assert not any("go_along" in row.kinds for row in sensitive)
    assert {r.rejected_kind for r in sensitive if not r.mirror_of} <= {"refusal", "evasion"}


def test_patterns_stand_in_one_split_and_all_splits_hold_mirrors(made: BankPairs) -> None:
    splits: dict[str, set[str]] = {}
    for one in made.rows:
        splits.setdefault(one.pattern, set()).add(one.split)
    assert all(len(held) == 1 for held in splits.values())
    mirrors = Counter(one.split for one in made.rows if one.mirror_of)
    assert set(mirrors) == {"train", "validation", "test"}
    assert mirrors["train"] > 0.6 * mirrors.total()


def test_other_settings_and_another_seed_give_other_pairs(tmp_path: Path) -> None:
    source = built(tmp_path, bank_rows(20))
    usual = {row.id for row in pairs_of(source, CONFIG).rows}
    assert usual == {row.id for row in pairs_of(source, CONFIG).rows}
    assert usual != {row.id for row in pairs_of(source, replace(CONFIG, seed=1)).rows}
    mirrors_only = pairs_of(source, replace(CONFIG, unmirrored=0.0)).rows
    assert mirrors_only and all(row.mirror_of for row in mirrors_only)
    every = pairs_of(source, replace(CONFIG, unmirrored=1.0)).rows
    assert len(every) > len(usual)
    assert not any(
        row.chosen_kind == "refusal" for row in pairs_of(source, replace(CONFIG, refusals=0.0)).rows
    )


def test_a_sample_keeps_families_whole(tmp_path: Path) -> None:
    source = built(tmp_path, bank_rows(10, share=1))
    part = pairs_of(source, CONFIG, limit=6)
    assert part.families == 6
    assert {r.parent for r in part.rows} <= {r.id for f in source.families for r in f.rows}
    assert part.rows == pairs_of(source, CONFIG, limit=6).rows


def one_family(**change: str) -> list[dict[str, object]]:
    same = {"pattern": "kitchen.pan", "element": "a pan"}
    guide = {"text": "Shall I?", "response": "There is a pan, so wait."}
    along = {"other_response": "Yes.", "other_kind": "go_along"}
    main = row("unsafe", of="a", id="m", **along, **guide, **same)
    there = {"response": "Yes, do.", "other_response": guide["response"], "other_kind": "guidance"}
    there |= change
    return [main, row("control_photo", of="b", text="Shall I?", parent="m", **there, **same)]


def test_a_reply_that_names_the_hazard_is_no_going_along(tmp_path: Path) -> None:
    good = pairs_of(built(tmp_path / "a", one_family()), CONFIG)
    assert {row.kinds for row in good.rows} == {
        ("guidance", "go_along"),
        ("go_along", "guidance"),
    }
    bad = pairs_of(built(tmp_path / "b", one_family(response="Yes, take the pan.")), CONFIG)
    assert bad.rows == () and bad.finished == 0
    assert [one.outcome.reason for one in bad.lost] == ["names_hazard", "enough_unmirrored"]  # type: ignore[union-attr]


def test_a_reply_that_names_the_hazard_is_told_of_without_a_mirror_too(tmp_path: Path) -> None:
    main, _ = one_family()
    alone = pairs_of(built(tmp_path, [{**main, "other_response": "Take the pan."}]), CONFIG)
    assert alone.rows == () and [end.reason for end in alone.ends] == ["names_hazard"]


def test_both_pairs_of_a_mirror_are_one_cluster_also_without_a_pattern(tmp_path: Path) -> None:
    rows = [{**one, "pattern": ""} for one in one_family()]
    one, other = pairs_of(built(tmp_path, rows), CONFIG).rows
    assert one.photo != other.photo and one.cluster == other.cluster == one.photo
    assert one.split == other.split


def test_whether_a_reply_of_a_model_refuses_is_not_known(tmp_path: Path) -> None:
    rows = [{**one, "provenance": '{"responder": "openai:m 1"}'} for one in one_family()]
    made = pairs_of(built(tmp_path / "m", rows), CONFIG).rows
    ours = pairs_of(built(tmp_path / "b", one_family()), CONFIG).rows
    assert {row.chosen_by for row in made} == {"openai:m 1"}
    assert {(row.chosen_refuses, row.rejected_refuses) for row in made} == {(None, None)}
    assert {(row.chosen_refuses, row.rejected_refuses) for row in ours} == {(0.0, 0.0)}


def test_a_control_without_its_unsafe_row_or_guidance_is_dropped_with_its_reason(
    tmp_path: Path,
) -> None:
    orphan = pairs_of(built(tmp_path / "a", one_family()[1:]), CONFIG)
    assert [end.reason for end in orphan.ends] == ["parent_missing"]
    silent = pairs_of(built(tmp_path / "b", one_family(other_response="")), CONFIG)
    assert "no_other_reply" in {one.outcome.reason for one in silent.lost}  # type: ignore[union-attr]


def test_a_hard_negative_mirrors_its_unsafe_row_and_is_better_helped_than_refused(
    tmp_path: Path,
) -> None:
    main = one_family()[0]
    same = {"of": "a", "pattern": "kitchen.pan", "element": "a pan", "parent": "m"}
    near = row("hard_negative", text="Nice pan!", response="It is a fine one.", **same)
    found = pairs_of(built(tmp_path, [main, near]), PreferConfig(unmirrored=1.0)).rows
    said = {(one.question, *one.kinds, bool(one.mirror_of)) for one in found}
    assert ("Shall I?", "guidance", "help", True) in said
    assert ("Nice pan!", "help", "guidance", True) in said
    assert ("Nice pan!", "help", "refusal", False) in said
    assert {one.photo for one in found} == {main["photo"]}
