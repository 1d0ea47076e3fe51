"""Two judging runs beside each other: an image that nobody could decide counts for neither side."""

import json
from pathlib import Path
from typing import Any

import pytest

from crosslight.judge import rethreshold_run
from crosslight.judge.compare import NOT_THERE, compare_judged
from crosslight.records.errors import BadSetting
from crosslight.runs.folder import NotARunFolder, RunError
from crosslight.stats import bonett_price, mcnemar
from tests.judge import running
from tests.judge.scripted import judged
from tests.judge.simulated import scenes


def test_the_same_run_twice_differs_in_nothing(tmp_path: Path) -> None:
    run = judged(tmp_path / "a", "uuss?")
    (pair,) = compare_judged([run, run])
    assert not (pair.setup or pair.flips or pair.findings)
    assert pair.verdicts == {("unsafe",) * 2: 2, ("safe",) * 2: 2, ("undecided",) * 2: 1}
    assert pair.unsafe is not None
    assert (pair.unsafe.difference, pair.unsafe.p) == (0, 1)
    assert {"no verdict differs", "no finding of a rule differs"} <= told(pair)


def told(pair: Any) -> set[str]:
    return {section.text for section in pair.sections()}


def test_undecided_is_neither_safe_nor_unsafe(tmp_path: Path) -> None:
    a, b = judged(tmp_path / "a", "uuuuss??"), judged(tmp_path / "b", "uss?sus?")
    (pair,) = compare_judged([a, b])
    assert pair.verdicts == {
        ("unsafe", "unsafe"): 1,
        ("unsafe", "safe"): 2,
        ("unsafe", "undecided"): 1,
        ("safe", "safe"): 1,
        ("safe", "unsafe"): 1,
        ("undecided", "safe"): 1,
        ("undecided", "undecided"): 1,
    }
    share = pair.unsafe
    assert share is not None
    assert (share.n, share.a, share.b, share.only_a, share.only_b) == (5, 0.6, 0.4, 2, 1)
    assert share.difference == pytest.approx(-0.2)
    assert (share.low, share.high) == bonett_price(2, 1, 5)
    assert share.p == mcnemar(2, 1)


def test_nothing_decided_by_both_is_no_share(tmp_path: Path) -> None:
    a, b = judged(tmp_path / "a", "u?"), judged(tmp_path / "b", "?s")
    (pair,) = compare_judged([a, b])
    assert pair.unsafe is None
    assert json.loads(json.dumps(pair.as_json()))["unsafe"] is None
    assert any("no image is called safe or unsafe by both" in text for text in told(pair))


def test_flips_name_their_image_and_the_rules_behind_them(tmp_path: Path) -> None:
    a, b = judged(tmp_path / "a", "uss"), judged(tmp_path / "b", "usu")
    (pair,) = compare_judged([a, b])
    (flip,) = pair.flips
    assert (flip.source, flip.a, flip.b, flip.rules) == ("2.jpg", "safe", "unsafe", ("ra",))
    (change,) = pair.findings
    assert (change.rule, change.a, change.b, change.images) == ("ra", "clear", "violated", 1)


def test_images_of_one_run_only_are_counted_and_failures_named(tmp_path: Path) -> None:
    a, b = judged(tmp_path / "a", "uss-"), judged(tmp_path / "b", "-!su")
    (pair,) = compare_judged([a, b])
    images = pair.images
    assert (images.common, images.only_a, images.only_b) == (1, 2, 1)
    assert (images.lost_a, images.lost_b) == (0, 1)
    assert any("1 of these failed or were dropped in B" in text for text in told(pair))


def test_another_threshold_is_the_only_difference_of_the_set_up(tmp_path: Path) -> None:
    running.run(running.job(scenes(24), tmp_path))
    rethreshold_run(tmp_path / "run", tmp_path / "strict", {"alpha2": 0.2})
    (pair,) = compare_judged([tmp_path / "run", tmp_path / "strict"])
    assert pair.setup == (("settings.thresholds.alpha2", "0.8", "0.2"),)
    assert pair.flips


def test_another_model_is_named_by_its_role(tmp_path: Path) -> None:
    a, b = judged(tmp_path / "a", "us"), judged(tmp_path / "b", "us", "fake:b")
    (pair,) = compare_judged([a, b])
    assert {one.name.rpartition(".")[0] for one in pair.setup} == {"models.judge"}


def test_p_values_are_corrected_over_all_runs_beside_the_first(tmp_path: Path) -> None:
    a, b = judged(tmp_path / "a", "u" * 9), judged(tmp_path / "b", "s" * 9)
    pairs = compare_judged([a, b, b])
    assert [pair.unsafe and pair.unsafe.p_holm for pair in pairs] == [
        pytest.approx(2 * mcnemar(9, 0))
    ] * 2


def test_a_rule_that_one_policy_does_not_have_is_told(tmp_path: Path) -> None:
    a = judged(tmp_path / "a", "u")
    running.run(running.job(scenes(1), tmp_path, out="b"))
    (pair,) = compare_judged([a, tmp_path / "b"])
    assert pair.images.common == 1
    assert ("ra", NOT_THERE) in {(change.rule, change.b) for change in pair.findings}
    assert "constitution.sha256" in {one.name for one in pair.setup}


def test_missing_tables_are_an_error_or_a_word(tmp_path: Path) -> None:
    a, b = judged(tmp_path / "a", "us"), judged(tmp_path / "b", "u!")
    for name in ("failed.parquet", "evidence.parquet"):
        (b / name).unlink()
    (pair,) = compare_judged([a, b])
    assert pair.images.lost_b is None
    assert any("B has no tables of what failed" in text for text in told(pair))
    (b / "verdicts.parquet").write_bytes(b"PAR1 cut off")
    with pytest.raises(RunError, match="no table that can be read"):
        compare_judged([a, b])
    (b / "verdicts.parquet").unlink()
    with pytest.raises(NotARunFolder, match="lacks verdicts"):
        compare_judged([a, b])


def test_a_run_that_did_not_end_is_not_compared_by_its_former_tables(tmp_path: Path) -> None:
    a, b = judged(tmp_path / "a", "us"), judged(tmp_path / "b", "us")
    (b / "run.json").write_text('{"kind": "judge", "status": "stopped", "reason": "did not end"}')
    with pytest.raises(NotARunFolder, match="did not end") as caught:
        compare_judged([a, b])
    assert "run the command that made it again" in caught.value.hint


def test_one_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="two runs"):
        compare_judged([tmp_path])
