"""`policy` on the command line: from nothing to a compiled form, without a model and with one."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from crosslight.cli import app
from crosslight.policy import read_policy

CHAIN = [
    {"see": "a motorcycle", "words": ["motorcycle"], "absent": False, "of": ""},
]
SCRIPT = {
    "objectiveness": {"explanation": "clear", "score": 9},
    "preconditions": {"chains": [{"preconditions": [{"alternatives": CHAIN}]}]},
    "examples": {"breaking": ["a motorcycle in a yard"], "harmless": ["a bicycle in a yard"]},
    "read_examples": {
        "readings": [
            {"number": 1, "why": "it is one", "caught": "yes"},
            {"number": 2, "why": "it is none", "caught": "no"},
        ]
    },
}
THIRD = "  - {id: bike, text: No motorcycle may be visible.}\n"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rules = "".join(
        f"  - {{task: {task}, json: {json.dumps(said)}}}\n" for task, said in SCRIPT.items()
    )
    (tmp_path / "model.yaml").write_text(f"rules:\n{rules}")
    assert call("policy", "new", "shop").exit_code == 0
    written = tmp_path / "shop.yaml"
    written.write_text(written.read_text().partition("  # A rule with an ex")[0] + THIRD)
    return tmp_path


def call(*args: str) -> Result:
    return CliRunner().invoke(app, args)


def refused(done: Result) -> str:
    """What a command that was refused said: a hint goes with its error."""
    assert done.exit_code != 0, done.output
    told = f"{done.output} {done.exception} {getattr(done.exception, 'hint', '')}"
    return " ".join(told.replace("│", " ").split())


def compiling(*more: str) -> Result:
    model = ("--model", "fake:model.yaml", "--store", "store")
    return call("policy", "compile", "shop.yaml", *model, *more)


def test_a_new_rule_is_compiled_and_the_others_stay(shop: Path) -> None:
    before = (shop / "shop.compiled.yaml").read_text()
    done = compiling()
    assert done.exit_code == 0, done.output
    assert "kept as they are: animals, internal" in done.output
    assert "catches 1 of 1 of what the rule catches; and none of 1 that are harmless" in done.output
    after = (shop / "shop.compiled.yaml").read_text()
    # All that stood there stands there, comments too; who compiled is said of both.
    rules = before.partition("rules:\n")[2]
    assert rules in after and "by: hand; fake:model" in after
    assert after.startswith(before.partition("title:")[0])
    _, compiled = read_policy(shop / "shop.yaml")
    assert [r.id for r in compiled.rules] == ["animals", "internal", "bike"]
    assert "caught: 'yes'" in (shop / "shop.history.yaml").read_text()
    again = compiling()
    assert "nothing to do: all 3 rules" in again.output


def test_what_would_be_replaced_is_shown_and_asked_for(shop: Path) -> None:
    assert compiling().exit_code == 0
    target = shop / "shop.compiled.yaml"
    target.write_text(target.read_text().replace("see: a motorcycle", "see: a moped"))
    edited = target.read_text()
    assert "nothing to do" in compiling().output  # an edit is no change of the source
    asked = compiling("--again", "bike")
    told = refused(asked)
    assert "bike: precondition 1: a moped [motorcycle]" in told
    assert "edited by hand, and replaced: bike" in told
    assert "is there already and would change --yes replaces it" in told
    assert target.read_text() == edited
    assert compiling("--again", "bike", "--yes").exit_code == 0
    assert "see: a motorcycle" in target.read_text()
    assert "see: a moped" in (shop / "shop.history.yaml").read_text()


def test_the_form_is_written_without_a_model(shop: Path) -> None:
    done = call("policy", "compile", "shop.yaml", "--by", "hand")
    assert done.exit_code == 0 and "bike: blank" in done.output
    blank = call("policy", "check", "shop.yaml")
    assert "is not filled in yet" in refused(blank)
    target = shop / "shop.compiled.yaml"
    filled = target.read_text().replace("{see: '?', words: []}", "{see: no bike, words: [bike]}")
    target.write_text(filled)
    checked = call("policy", "check", "shop.yaml")
    assert "{see: a bike, absent: true}" in checked.output
    assert "nothing to do" in call("policy", "compile", "shop.yaml", "--by", "hand").output
    asked = call("policy", "compile", "shop.yaml", "--by", "hand", "--again", "bike")
    assert "would change" in refused(asked) and target.read_text() == filled


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ((), "--model SPEC, or --by hand"),
        (("--by", "hand", "--model", "fake:model.yaml"), "--model SPEC, or --by hand"),
        (("--by", "hand", "--again", "nothing"), "there is no rule 'nothing'"),
    ],
)
def test_who_compiles_what_is_said_plainly(shop: Path, args: tuple[str, ...], told: str) -> None:
    done = call("policy", "compile", "shop.yaml", *args)
    assert told in refused(done)


def test_new_takes_no_file_that_is_there(shop: Path) -> None:
    done = call("policy", "new", "shop.yaml")
    assert "is there already" in refused(done)
