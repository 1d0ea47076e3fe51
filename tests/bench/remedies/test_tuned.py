"""The third remedy: a tuned model beside its base, before and after on both sides."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crosslight.bench import check_base, tuned_spec
from crosslight.bench.remedies.tuned import tuned_from
from crosslight.cli import app
from crosslight.models.fake import FakeServer
from crosslight.models.fake import parse as script
from crosslight.records import BadSetting
from tests.bench.test_several import spec_of, suite

CARELESS = [{"text": "May I", "choice": {"Yes": 0.9, "No": 0.05}}]
CAREFUL = [{"text": "May I", "choice": {"No": 0.9, "Yes": 0.05}}]


def tuned_run(folder: Path, base: str) -> Path:
    (folder / "model").mkdir(parents=True)
    models = [{"role": "base", "spec": base, "revision": "r"}]
    (folder / "run.json").write_text(json.dumps({"kind": "tune", "models": models}))
    return folder


def test_before_and_after_are_told_on_both_sides(tmp_path: Path) -> None:
    with (
        FakeServer(script({"rules": CARELESS})) as careless,
        FakeServer(script({"rules": CAREFUL})) as careful,
    ):
        base, tuned = spec_of(careless, "base"), spec_of(careful, "better")
        words = ["bench", str(suite(tmp_path)), "--model", base, "--remedy", f"tuned:{tuned}"]
        places = ["-o", str(tmp_path / "out"), "--store", str(tmp_path / "store"), "-q"]
        done = CliRunner().invoke(app, [*words, *places], env={"COLUMNS": "300"})
        asked = [server.stats()["requests"] for server in (careless, careful)]
        again = CliRunner().invoke(app, [*words, *places], env={"COLUMNS": "300"})
        assert [server.stats()["requests"] for server in (careless, careful)] == asked
    assert done.exit_code == again.exit_code == 0, done.output
    assert "is your word" in done.output and min(asked) >= 24
    (pair,) = json.loads((tmp_path / "out" / "before-after" / "compare.json").read_text())["pairs"]
    changed = {d["metric"]: (d["a"], d["b"]) for d in pair["differences"]}
    assert changed["accuracy_unsafe"] == (0.0, 1.0)
    assert changed["accuracy_safe"] == (1.0, 0.0)  # the price is not hidden
    settings = {
        run.parent.name.split("-")[0]: json.loads(run.read_text())["settings"]["remedy"]
        for run in (tmp_path / "out").glob("*/run.json")
        if "settings" in run.read_text()
    }
    assert settings == {"base": "", "better": "tuned"}
    assert (tmp_path / "out" / "before-after" / "report.html").is_file()
    assert (tmp_path / "out" / "leaderboard.md").is_file()


def test_a_model_that_was_tuned_from_another_base_is_refused(tmp_path: Path) -> None:
    run = tuned_run(tmp_path / "run", "ORG/other")
    for place in (run, run / "model"):
        with pytest.raises(BadSetting, match="tuned from ORG/other") as refused:
            check_base("hf:ORG/base", f"hf:{place}?dtype=float32")
        assert "its own base" in refused.value.hint
    assert check_base("hf:ORG/other?revision=main", f"tuned:{run}") == ""


def test_a_base_in_a_folder_is_known_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "tiny").mkdir()
    run = tuned_run(tmp_path / "run", "tiny")
    assert check_base(f"hf:{tmp_path / 'tiny'}", f"hf:{run / 'model'}") == ""


def test_another_revision_of_the_base_is_another_model(tmp_path: Path) -> None:
    from crosslight.tune.base import locate_base
    from tests.tune import tiny

    place = tiny.base("idefics3", tmp_path / "tiny")
    run = tuned_run(tmp_path / "run", place.name)
    told = json.loads((run / "run.json").read_text())
    told["models"][0]["revision"] = locate_base(str(place), "").revision
    (run / "run.json").write_text(json.dumps(told))
    assert check_base(f"hf:{place}", f"tuned:{run}") == ""
    (place / "generation_config.json").write_text('{"temperature": 0.5}')
    with pytest.raises(BadSetting, match="another revision"):
        check_base(f"hf:{place}", f"tuned:{run}")
    named = tuned_run(tmp_path / "named", "ORG/base")
    told["models"][0] |= {"spec": "ORG/base", "revision": "a" * 40}
    (named / "run.json").write_text(json.dumps(told))
    with pytest.raises(BadSetting, match="another revision"):
        check_base(f"hf:ORG/base?revision={'b' * 40}&dtype=float32", f"tuned:{named}")
    assert check_base(f"hf:ORG/base?revision={'a' * 40}", f"tuned:{named}") == ""


@pytest.mark.parametrize("text", ["{", "[]", '{"kind": "tune", "models": 3}', '{"kind": "bench"}'])
def test_a_run_that_does_not_say_its_base_is_no_proof(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    assert tuned_from(f"hf:{tmp_path}") == ""
    assert "your word" in check_base("hf:ORG/base", f"hf:{tmp_path}")


def test_the_name_needs_a_model_and_one_base(tmp_path: Path) -> None:
    assert tuned_spec("light") == "" and tuned_spec("tuned:hf:x/y") == "hf:x/y"
    with pytest.raises(BadSetting) as refused:
        tuned_spec("tuned")
    assert "tuned:SPEC" in refused.value.hint
    words = [
        "bench",
        str(suite(tmp_path)),
        "--remedy",
        "tuned:fake:echo",
        "-o",
        str(tmp_path / "o"),
    ]
    two = ["--model", "openai:a@http://127.0.0.1:9/v1", "--model", "openai:b@http://127.0.0.1:9/v1"]
    done = CliRunner().invoke(app, [*words, *two])
    assert isinstance(done.exception, BadSetting) and "several models" in str(done.exception)
    assert not (tmp_path / "o").exists()
