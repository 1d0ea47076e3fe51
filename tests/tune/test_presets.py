"""Presets: published values with where they are from; what does not fit is refused by name."""

from pathlib import Path

import pytest

from crosslight.records import BadSetting
from crosslight.store import UnreadableFile
from crosslight.tune import changed, preset_names, read_preset, run_tune
from tests.tune import tiny
from tests.tune.conftest import Bases


def test_what_spa_vl_published_is_what_its_presets_say() -> None:
    full, lora = (read_preset(name) for name in ("spa-vl-dpo", "spa-vl-dpo-lora"))
    assert (full.settings.learning_rate, full.settings.beta) == (1e-6, 0.1)
    assert (full.settings.batch, full.settings.warmup, full.settings.lora) == (8, 10, None)
    assert lora.settings.learning_rate == 2e-5
    assert lora.settings.lora is not None
    assert (lora.settings.lora.rank, lora.settings.lora.alpha) == (256, 512)
    assert any("lora_enable" in told for told in lora.defects)
    reward = read_preset("spa-vl-reward").settings
    assert (reward.learning_rate, reward.at_once, reward.warmup) == (3e-5, 4, 0.03)
    judge = read_preset("llavaguard").settings
    assert (judge.epochs, judge.learning_rate, judge.projector) == (3, 1e-5, False)


@pytest.mark.parametrize("name", preset_names())
def test_every_value_of_a_preset_says_where_it_is_from(name: str) -> None:
    preset = read_preset(name)
    assert preset.values.keys() <= preset.sources.keys()
    assert all(preset.sources[value].strip() for value in preset.values)


def test_an_unknown_key_of_a_preset_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "method: dpo\nabout: mine\nvalues: {betta: 0.1}\nsources: {betta: me}\n", encoding="utf-8"
    )
    with pytest.raises(UnreadableFile, match="betta"):
        read_preset(str(path))
    path.write_text("method: dpo\nabout: x\nvalues: {beta: 0.1}\nsources: {}\n", encoding="utf-8")
    with pytest.raises(UnreadableFile, match="where these are from: beta"):
        read_preset(str(path))


def test_settings_are_changed_by_name_and_nothing_else_passes() -> None:
    settings = read_preset("spa-vl-dpo").settings
    found = changed(settings, ["learning_rate=1e-4", "lora.rank=8", "too_long=cut"])
    assert (found.learning_rate, found.too_long) == (1e-4, "cut")
    assert found.lora is not None and found.lora.rank == 8
    assert changed(found, ["lora=null"]).lora is None
    for wrong in ("lr=1", "batch=0", "beta", "lora.rnk=8", "beta.x=1", "optimizer=a b"):
        with pytest.raises(BadSetting, match="--set"):
            changed(settings, [wrong])


# One of each kind in the main run; the others differ in numbers alone.
MAIN = ("spa-vl-dpo", "spa-vl-reward", "sft-lora")
EACH = [
    name if name in MAIN else pytest.param(name, marks=pytest.mark.slow)
    for name in preset_names()
    if name != "grpo"
]


@pytest.mark.parametrize("name", EACH)
def test_each_preset_lowers_the_loss_on_a_fixed_batch(
    name: str, tmp_path: Path, bases: Bases
) -> None:
    data = tiny.write_run(tmp_path / "run", tiny.mirrored())
    method = read_preset(name).method
    kind = "llava" if "lora" in name else "idefics3"
    job = tiny.job(
        tmp_path, data, bases(kind), method, name, "batch=4", "at_once=4", steps=4, save_every=9
    )
    result = run_tune(job)
    losses = result.summary["training"]["losses"]
    assert result.status == "complete"
    assert len(losses) == 4 and losses[-1] < losses[0] - 0.05, losses
