"""`crosslight tune` as a person types it: from rows to a model card; what is wrong has a remedy."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crosslight.api import open_run
from crosslight.cli import app
from crosslight.records import BadSetting, CrosslightError
from tests.tune import tiny


def said(*words: object, ends: int = 0) -> str:
    result = CliRunner().invoke(
        app, ["tune", *map(str, words)], env={"COLUMNS": "200"}, catch_exceptions=False
    )
    assert result.exit_code == ends, result.output
    return result.output


@pytest.mark.slow
def test_from_rows_to_a_card(tmp_path: Path) -> None:
    rows = tiny.mirrored(2)
    for row in rows[2:]:
        row["split"] = "validation"
    data = tiny.write_run(tmp_path / "run", rows)
    model, out = tiny.base("idefics3", tmp_path), tmp_path / "out"
    common = ("--base", model, "--store", tmp_path / "store", "--steps", 3, "-q")
    sets = [word for value in (*tiny.FAST, "lora.rank=8") for word in ("--set", value)]
    looked = said("dpo", data, "-o", out, *common, *sets, "--preflight-only")
    assert "look at it" in looked and not (out / "model").exists()
    told = said("dpo", data, "-o", out, *common, *sets)
    assert "3 steps; loss 0.6931 at first" in told
    assert "mirrored pairs: both rose in 1 of 1" in told
    assert "with grey pictures: both rose in 0 of 1" in told
    assert "held out: 2 rows" in told
    run = open_run(out)
    assert (run.kind, run.status, run.account["finished"]) == ("tune", "complete", 4)
    written = json.dumps(dict(run.record))
    assert str(tmp_path) not in written, "no path of this machine"
    assert run.record["data"]["files"].keys() == {
        "train-00000.parquet",
        "validation-00000.parquet",
    }
    assert {"torch", "trl", "peft"} <= run.record["versions"].keys()
    card = (out / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\nbase_model: idefics3\n") and "leaves lora" in card
    assert all(sha in card for sha in run.record["data"]["files"].values())
    assert "the paper and its script" in card and "set by hand" in card
    with pytest.raises(BadSetting, match="another set-up"):
        said("dpo", data, "-o", out, *common, *sets, "--seed", 1)


def test_what_is_wrong_has_a_remedy(tmp_path: Path) -> None:
    data = tiny.write_run(tmp_path / "run", tiny.mirrored(1))
    out = ("-o", tmp_path / "out", "--store", tmp_path / "store")
    for words, message in (
        (("--base", "x", "--preset", "spa-vl-dpoo"), "no preset 'spa-vl-dpoo'"),
        (("--base", "x", "--preset", "llavaguard"), "is for sft, not for dpo"),
        (("--base", "x", "--set", "lr=1"), "no setting 'lr'"),
        (("--base", tmp_path / "none"), "no folder"),
        (("--base", tmp_path), "no config.json"),
    ):
        with pytest.raises(CrosslightError, match=message) as caught:
            said("dpo", data, *out, *words)
        assert caught.value.hint
        assert not (tmp_path / "out").exists(), "nothing was begun"
