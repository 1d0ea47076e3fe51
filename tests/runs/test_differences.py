"""What differs in the set-up of two runs, whatever their kind and age."""

from typing import Any

from crosslight.runs.differences import NONE, SetupDifference, setup_differences

SHA = "0123456789abcdef" * 4
RUN: dict[str, Any] = {
    "kind": "judge",
    "models": [
        {"role": "judge", "spec": "fake:a", "revision": "1", "endpoint": "", "parts": [["w", SHA]]}
    ],
    "prompts": {"visible": SHA},
    "versions": {"crosslight": "0.1.0", "python": "3.11.2"},
    "data": {"inputs_sha256": SHA, "bad": [["x", "1", "no image"]]},
    "settings": {"seed": 0, "thresholds": {"beta": 0.6}, "without": [], "command": ["crosslight"]},
    "seed": 0,
    "constitution": {"sha256": SHA, "titles": {"r1": "A rule"}},
}


def changed(**parts: Any) -> tuple[SetupDifference, ...]:
    return setup_differences(RUN, RUN | parts)


def test_the_same_set_up_has_no_differences_whatever_the_numbers_are() -> None:
    assert setup_differences(RUN, RUN) == ()
    assert changed(status="stopped", rows=3, seconds=2.5, calls={"asked": 9}) == ()
    assert changed(kinds={"unsafe": 9}) == (), "rows of a build by kind are a result"


def test_each_part_is_named_with_both_values_and_hashes_are_short() -> None:
    other = SHA[::-1]
    assert changed(prompts={"visible": other}) == (
        ("prompts.visible", "0123456789ab", "fedcba987654"),
    )
    assert changed(data={"inputs_sha256": other})[0].name == "data.inputs_sha256"
    assert changed(versions={"crosslight": "0.2.0", "python": "3.11.2"}) == (
        ("versions.crosslight", "0.1.0", "0.2.0"),
    )
    assert changed(constitution={"sha256": other})[0].name == "constitution.sha256"
    assert changed(seed=7) == (("seed", "0", "7"),)


def test_settings_are_told_one_by_one_and_the_seed_once() -> None:
    settings = {"seed": 1, "thresholds": {"beta": 0.3}, "without": ["cascade", "debias1"]}
    assert changed(settings=settings, seed=1) == (
        ("settings.thresholds.beta", "0.6", "0.3"),
        ("settings.without", NONE, "cascade, debias1"),
        ("seed", "0", "1"),
    )
    whole = {"settings": {"thresholds": {"beta": 1}}, "seed": 0}
    assert setup_differences(whole, {"settings": {"thresholds": {"beta": 1.0}}, "seed": 0}) == ()


def test_models_are_told_by_role_with_what_they_are_made_of() -> None:
    card = RUN["models"][0]
    assert changed(models=[card | {"spec": "fake:b", "parts": [["w", "other"]]}]) == (
        ("models.judge.parts.w", "0123456789ab", "other"),
        ("models.judge.spec", "fake:a", "fake:b"),
    )
    assert changed(models=[card, {"role": "encoder", "spec": "onnx:e"}]) == (
        ("models.encoder.spec", NONE, "onnx:e"),
    )


def test_models_that_share_a_role_are_both_told() -> None:
    two = [{"role": "judge", "spec": "fake:a"}, {"role": "judge", "spec": "fake:b"}]
    other = [two[0], two[1] | {"spec": "fake:c"}]
    assert setup_differences({"models": two}, {"models": other}) == (
        ("models.judge'.spec", "fake:b", "fake:c"),
    )


def test_what_an_older_run_does_not_say_is_none_and_no_error() -> None:
    found = {one.name: one for one in setup_differences({}, RUN)}
    assert found["models.judge.spec"] == ("models.judge.spec", NONE, "fake:a")
    assert found["seed"] == ("seed", NONE, "0")
    older = RUN | {"models": {"judge": "fake:a"}}
    assert {one.name for one in setup_differences(older, RUN)} == {
        "models.judge.revision",
        "models.judge.parts.w",
    }


def test_parts_of_another_shape_are_no_error() -> None:
    broken = dict.fromkeys(("models", "prompts", "settings", "data", "plan", "constitution"), 3)
    assert ("prompts", "3", NONE) in setup_differences(broken, {})
    setup_differences(broken, RUN)
    setup_differences({"models": ["x", None, {"spec": 1}]}, RUN)
