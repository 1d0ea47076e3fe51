"""What is learnt: through the picture, in the parts that are meant, and told as it is."""

import math
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from crosslight.models import open_network, open_processor
from crosslight.records import RunBroken
from crosslight.runs import read_run
from crosslight.tune import open_reward, read_preset, run_tune
from crosslight.tune.base import adapters, freeze, parts_of
from crosslight.tune.held_out import couples, log_probs
from crosslight.tune.job import Method
from crosslight.tune.pictures import Pictures
from crosslight.tune.rows import read_rows
from crosslight.tune.train.examples import example_of
from crosslight.tune.train.reward import last_token, new_reward, pair_loss
from crosslight.tune.train.trainers import collator_of
from crosslight.tune.train.watch import whole_weights
from tests.tune import tiny
from tests.tune.conftest import Bases

RANK = "lora.rank=16"
CALM = ("learning_rate=2e-3", "batch=4", "at_once=4")
FAMILIES = ["idefics3", "llava"]
MORE = [pytest.param(kind, marks=pytest.mark.slow) for kind in ("gemma3", "qwen2_5_vl", "qwen3_vl")]


@pytest.mark.parametrize("kind", [*FAMILIES, *MORE])
def test_dpo_on_mirrored_pairs_raises_both_members_and_blank_pictures_cannot(
    kind: str, tmp_path: Path, bases: Bases
) -> None:
    data = tiny.write_run(tmp_path / "run", tiny.mirrored())
    # The projector of the Qwen family is frozen with its tower: it takes more and calmer steps.
    steps, calm = (16, CALM) if "qwen" in kind else (5, ())
    preset = "spa-vl-dpo-lora"
    job = tiny.job(
        tmp_path, data, bases(kind), "dpo", preset, RANK, *calm, steps=steps, save_every=99
    )
    figures = run_tune(job).summary["figures"]
    seen, blank = figures["mirrored"], figures["mirrored_blank"]
    assert (seen["couples"], seen["both_rose"]) == (2, 2)
    assert seen["after"] > seen["before"] + 1
    assert (blank["couples"], blank["both_rose"]) == (2, 0)
    assert abs(blank["after"]) < 1e-3, "what one member gains the other loses"


def test_held_out_figures_are_reported_as_they_are(tmp_path: Path, bases: Bases) -> None:
    rows = tiny.mirrored(2)
    for row in rows[2:]:
        # The held-out pairs want the opposite: what is learnt must make them worse.
        row["chosen"], row["rejected"], row["split"] = row["rejected"], row["chosen"], "validation"
    data = tiny.write_run(tmp_path / "run", rows)
    job = tiny.job(tmp_path, data, bases("llava"), "dpo", "spa-vl-dpo", steps=3, save_every=9)
    told = run_tune(job).summary
    held = told["figures"]["held_out"]
    assert held["rows"] == 2 and held["after"] < held["before"] and held["right"] == 0
    assert any("no mean rose" in note for note in told["notes"])
    card = (job.out / "README.md").read_text(encoding="utf-8")
    assert "no mean rose" in card and "rows that were held out | 2 |" in card


@pytest.mark.parametrize("kind", [*FAMILIES, *MORE])
def test_the_gradient_reaches_the_picture_and_only_what_is_trained(
    kind: str, tmp_path: Path, bases: Bases
) -> None:
    data = tiny.write_run(tmp_path / "run", tiny.mirrored(1))
    job = tiny.job(tmp_path, data, bases(kind), "dpo", "spa-vl-dpo")
    rows = read_rows(job, pictures := Pictures(job.images, 64)).train
    model = open_network(bases(kind), "float32")
    freeze(model, job.settings)
    collator = collator_of(Method.DPO, open_processor(bases(kind)), None)
    batch = dict(collator([example_of(rows[0], pictures)]))
    batch["pixel_values"].requires_grad_(True)
    log_probs(model, batch, batch.pop("completion_mask").bool()).sum().backward()
    assert float(batch["pixel_values"].grad.abs().max()) > 0
    tower = parts_of(model).tower
    for name, weight in model.named_parameters():
        if name.startswith(tower):
            assert weight.grad is None, name
    assert any(weight.grad is not None for weight in model.get_decoder().parameters())


@pytest.mark.parametrize("kind", [*FAMILIES, *MORE])
def test_adapters_stand_in_the_decoder_alone(kind: str, bases: Bases) -> None:
    from peft import get_peft_model

    model = open_network(bases(kind), "float32")
    settings = read_preset("spa-vl-dpo-lora").settings
    freeze(model, settings)
    decoder, tower = (getattr(parts_of(model), name) for name in ("decoder", "tower"))
    adapted = get_peft_model(model, adapters(model, settings))
    names = [n for n, p in adapted.named_parameters() if p.requires_grad]
    lora = [name for name in names if "lora_" in name]
    assert len(lora) == 2 * 7 * 2 and all(f".{decoder}.layers." in name for name in lora)
    assert not any(f".{tower}." in name for name in names)


@pytest.mark.parametrize("set_", [pytest.param((), marks=pytest.mark.slow), ("lora.rank=4",)])
def test_a_reward_model_is_opened_again_and_gives_the_same_rewards(
    set_: tuple[str, ...], tmp_path: Path, bases: Bases
) -> None:
    data = tiny.write_run(tmp_path / "run", tiny.mirrored())
    preset = "spa-vl-reward"
    job = tiny.job(
        tmp_path, data, bases("llava"), "reward", preset, "at_once=2", *set_, steps=4, save_every=9
    )
    told = run_tune(job).summary["figures"]["mirrored"]
    model, processor = open_reward(job.out / "model")
    rows = read_rows(job, pictures := Pictures(job.images, job.settings.side)).train
    collator = collator_of(Method.REWARD, processor, None)
    with torch.no_grad():
        margins = []
        for row in rows:
            batch = dict(collator([example_of(row, pictures)]))
            batch.pop("completion_mask")
            better, worse = model(**batch).tolist()
            margins.append(better - worse)
    assert abs(sum(margins) / len(margins) - told["after"]) < 1e-4
    assert told["after"] > told["before"]


def test_the_reward_is_that_of_the_last_token_that_counts(bases: Bases) -> None:
    mask = torch.tensor([[0, 1, 1, 1], [1, 1, 0, 0], [1, 1, 1, 1]])
    assert last_token(mask).tolist() == [3, 1, 3]
    assert abs(float(pair_loss(torch.tensor([1.0, 1.0, 1.0, 1.0]))) - 0.693147) < 1e-5
    assert float(pair_loss(torch.tensor([5.0, 5.0, 0.0, 0.0]))) < 0.01
    model = new_reward(open_network(bases("llava"), "float32"), 0)
    again = new_reward(open_network(bases("llava"), "float32"), 0)
    assert torch.equal(model.head.weight, again.head.weight)


def test_couples_are_counted_once_and_need_both_members(tmp_path: Path) -> None:
    rows = [*tiny.mirrored(2), {**tiny.mirrored(1)[0], "id": "lonely", "mirror_of": "gone"}]
    data = tiny.write_run(tmp_path / "run", rows)
    job = tiny.job(tmp_path, data, tmp_path, "dpo", "spa-vl-dpo")
    found = couples(read_rows(job, Pictures(job.images, 64)).train)
    assert [{a.id, b.id} for a, b in found] == [{"red0", "blue0"}, {"red1", "blue1"}]


def test_a_mirror_by_text_says_nothing_of_the_picture(tmp_path: Path) -> None:
    rows = tiny.mirrored(2)
    # The same photo, another question: a model that sees nothing can get both right.
    rows[3] = {**rows[3], "image": rows[2]["image"], "question": "And where it is safe?"}
    data = tiny.write_run(tmp_path / "run", rows)
    job = tiny.job(tmp_path, data, tmp_path, "dpo", "spa-vl-dpo")
    found = couples(read_rows(job, Pictures(job.images, 64)).train)
    assert [{a.id, b.id} for a, b in found] == [{"red0", "blue0"}]


def test_a_loss_that_is_no_number_ends_the_run_and_leaves_no_model(
    tmp_path: Path, bases: Bases
) -> None:
    broken = shutil.copytree(bases("llava"), tmp_path / "broken")
    weights = load_file(str(broken / "model.safetensors"))
    name = next(one for one in weights if "language" in one and "down_proj" in one)
    weights[name][0, 0] = math.nan
    save_file(weights, str(broken / "model.safetensors"), metadata={"format": "pt"})
    data = tiny.write_run(tmp_path / "run", tiny.mirrored(1))
    job = tiny.job(tmp_path, data, broken, "dpo", "spa-vl-dpo", steps=2, save_every=1)
    with pytest.raises(RunBroken, match="loss of step 1 is not finite") as caught:
        run_tune(job)
    assert "learning_rate" in caught.value.hint
    assert read_run(job.out)["status"] == "failed"
    assert not (job.out / "model").exists() and not [*job.out.glob("checkpoints/*/complete.json")]


def test_weights_that_the_last_step_broke_are_not_kept(tmp_path: Path) -> None:
    network = torch.nn.Linear(2, 2)
    whole_weights(network)
    with torch.no_grad():
        network.bias[0] = math.inf
    with pytest.raises(RunBroken, match="weight bias is not finite"):
        whole_weights(network)


def test_what_was_asked_for_and_cannot_be_had_is_said(tmp_path: Path, bases: Bases) -> None:
    data = tiny.write_run(tmp_path / "run", tiny.mirrored(1))
    job = tiny.job(tmp_path, data, bases("llava"), "dpo", "spa-vl-dpo", "batch=3", "at_once=2")
    notes = run_tune(replace(job, steps=1)).summary["notes"]
    assert any("adamw_torch in place of paged_adamw_32bit" in note for note in notes)
    assert any("2 rows a step in place of 3" in note for note in notes)
