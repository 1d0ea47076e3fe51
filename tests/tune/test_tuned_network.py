"""`tuned:DIR` of a tuned language model: its base with the adapter, under a name of its own."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model

from crosslight.bench import check_base
from crosslight.models import Missing, NotSupported, locate_repository, open_network, parse, user
from tests.tune.conftest import Bases


def tuned(folder: Path, base: Path, revision: str = "") -> Path:
    """What `tune sft` leaves, with an adapter of chance that changes much."""
    network = open_network(base, "float32")
    network.name_or_path = str(base)
    network.config._name_or_path = str(base)
    torch.manual_seed(1)
    config = LoraConfig(r=4, target_modules=r".*text_model.*\.(q|v|o|up|down)_proj")
    laid = get_peft_model(network, config)
    for name, weight in laid.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=1.0)
    laid.save_pretrained(str(folder / "model"))
    models = [{"role": "base", "spec": base.name, "revision": revision}]
    told = {"kind": "tune", "method": "sft", "status": "complete", "models": models}
    (folder / "run.json").write_text(json.dumps(told))
    return folder


def said(spec: str) -> tuple[Any, float]:
    async def ask() -> tuple[Any, float]:
        model = await parse(spec).open()
        found = await model.choose([user("Look at the fire. Yes or No?")], ["Yes", "No"])
        await model.aclose()
        return model.card, found.probabilities["Yes"]

    return asyncio.run(ask())


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_tuned_model_answers_by_its_adapter_and_has_keys_of_its_own(
    tmp_path: Path, bases: Bases
) -> None:
    base = bases("idefics3")
    run = tuned(tmp_path / "run", base, locate_repository(str(base))[1])
    plain, before = said(f"hf:{base}")
    card, after = said(f"tuned:{run}")
    assert abs(before - after) > 1e-3
    assert card.spec == "tuned:run" and card.revision != plain.revision
    assert "adapter" in dict(card.parts) and str(tmp_path) not in str(card.parts)
    assert check_base(f"hf:{base}", f"tuned:{run}") == ""


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_another_base_or_a_link_is_refused(tmp_path: Path, bases: Bases) -> None:
    run = tuned(tmp_path / "run", bases("idefics3"), "another revision")
    with pytest.raises(NotSupported, match="another revision"):
        said(f"tuned:{run}")
    weights = run / "model" / "adapter_model.safetensors"
    weights.rename(tmp_path / "away.safetensors")
    weights.symlink_to(tmp_path / "away.safetensors")
    with pytest.raises(NotSupported, match="link out"):
        said(f"tuned:{run}")
    (run / "run.json").write_text('{"kind": "tune", "method": "probe"}')
    with pytest.raises(Missing):
        parse(f"tuned:{run}")
