"""What a run of prefer is asked to do, and the command that does it again."""

from dataclasses import replace
from pathlib import Path

import pytest

from crosslight.api import prefer_job
from crosslight.prefer import PreferConfig
from crosslight.records import BadSetting
from tests.command_tree import options


def test_the_command_on_the_card_makes_the_same_pairs_and_names_no_place() -> None:
    config = PreferConfig(unmirrored=0.5, text_mirrors=1, refusals=0.0)
    job = prefer_job("/secret/place/demo", "/secret/out", config=config, seed=3, limit=9)
    words = job.command({})
    assert words[:5] == ["crosslight", "prefer", "demo", "-o", "DIR"]
    assert "secret" not in " ".join(words) and job.config.seed == 3
    for name in ("--unmirrored", "--text-mirrors", "--refusals", "--limit", "--seed"):
        assert name in words and name in options()["prefer run"], name
    usual = prefer_job("demo", "out").command({})
    assert usual == ["crosslight", "prefer", "demo", "-o", "DIR"]


def test_the_command_names_labelled_pairs_and_that_no_sight_was_asked_for() -> None:
    asked = {"responders": ("a", "b"), "guard": "g", "annotator": "j"}
    words = prefer_job("p", "out", **asked, labelled="/secret/known", canary=False).command({})  # type: ignore[arg-type]
    assert words[words.index("--labelled") + 1] == "known" and "--no-canary" in words
    assert "--labelled" in options()["prefer run"] and "--no-canary" in options()["prefer run"]
    usual = prefer_job("p", "out", **asked).command({})  # type: ignore[arg-type]
    assert "--labelled" not in usual and "--no-canary" not in usual


@pytest.mark.parametrize(
    ("name", "value"),
    [("agreement", "loose"), ("draw", "lots"), ("unmirrored", 1.5), ("refusals", -0.1)],
)
def test_a_setting_that_makes_no_sense_is_refused_before_anything_is_read(
    name: str, value: object, tmp_path: Path
) -> None:
    config = replace(PreferConfig(), **{name: value})  # type: ignore[arg-type]
    with pytest.raises(BadSetting, match=name) as caught:
        prefer_job(tmp_path, tmp_path / "out", config=config).check()
    assert caught.value.hint
