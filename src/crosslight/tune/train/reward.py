"""A reward model that sees: a linear head on the last token of question, picture and answer.

TRL's RewardTrainer takes no pictures. The loop is transformers' Trainer, the batches are made by
TRL's collator for pairs with pictures; only head and loss are written here.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from crosslight.models import locate_repository, open_network, open_processor
from crosslight.records import BadSetting
from crosslight.store import read_json, write_json
from crosslight.tune.base import adapters, hidden_states
from crosslight.tune.job import TuneJob
from crosslight.tune.train.arguments import common

HEAD = "head.safetensors"
FORMAT = "reward.json"


class RewardModel(nn.Module):  # type: ignore[misc]
    """A vision-language network and a head without bias; the network's own output is not used."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network
        config = network.config.get_text_config()
        self.head = nn.Linear(config.hidden_size, 1, bias=False)
        self.config = network.config

    def forward(self, **inputs: Any) -> Tensor:
        """One reward a row, of the last token that is no padding."""
        states = hidden_states(self.network, inputs)
        last = last_token(inputs["attention_mask"])
        rows = torch.arange(len(states), device=states.device)
        return self.head(states[rows, last].to(self.head.weight.dtype))[:, 0]

    def gradient_checkpointing_enable(self, **options: Any) -> None:
        """The network's own; Trainer asks for it."""
        self.network.gradient_checkpointing_enable(**options)

    def activation_checkpointing_enable(self, **options: Any) -> None:
        """The same under its newer name."""
        self.network.activation_checkpointing_enable(**options)


def last_token(mask: Tensor) -> Tensor:
    """The place of the last token that counts, wherever the padding stands."""
    places = torch.arange(mask.shape[1], device=mask.device)
    return (mask * places).argmax(dim=1)


def pair_loss(rewards: Tensor) -> Tensor:
    """-log sigmoid of better minus worse; the first half of a batch are the better ones."""
    better, worse = rewards.chunk(2)
    return -nn.functional.logsigmoid(better - worse).mean()


def reward_trainer(
    job: TuneJob,
    model: Any,
    collator: Any,
    data: Any,
    callbacks: Sequence[Any],
) -> Any:
    """transformers' Trainer with TRL's batches."""
    import transformers

    transformers.set_seed(job.seed)
    if (config := adapters(model.network, job.settings)) is not None:
        from peft import get_peft_model

        config.task_type = None
        model.network = get_peft_model(model.network, config)
        if job.settings.checkpointing:
            model.network.enable_input_require_grads()

    class Trainer(transformers.Trainer):  # type: ignore[misc]
        """Its loop; our loss, head and files."""

        def compute_loss(
            self, model: Any, inputs: Any, return_outputs: bool = False, **_: Any
        ) -> Any:
            inputs = {name: value for name, value in inputs.items() if name != "completion_mask"}
            rewards = model(**inputs)
            loss = pair_loss(rewards)
            return (loss, {"rewards": rewards}) if return_outputs else loss

        def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
            save_reward(self.accelerator.unwrap_model(self.model), Path(output_dir or "."))

        def _load_from_checkpoint(self, folder: str, model: Any = None) -> None:
            load_reward(self.model, Path(folder))

    trainer = Trainer(
        model,
        args=transformers.TrainingArguments(**common(job)),
        data_collator=collator,
        train_dataset=data,
        callbacks=[*callbacks],
    )
    trainer.model_accepts_loss_kwargs = False  # else a step of several batches sums their losses
    return trainer


def save_reward(model: RewardModel, folder: Path) -> None:
    """The network (or its adapter) as libraries know it, the head beside it."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    model.network.save_pretrained(str(folder), safe_serialization=True)
    head = model.head.weight.detach().to("cpu", torch.float32).contiguous()
    save_file({"head.weight": head}, str(folder / HEAD))
    adapter = hasattr(model.network, "get_base_model")
    told = {"format": 1, "head": "last_token", "adapter": adapter}
    write_json(folder / FORMAT, told)


def load_reward(model: RewardModel, folder: Path) -> None:
    """Head and, of an adapted network, adapter into a model that is there. All weights of a network
    are loaded by opening it from the checkpoint (its own key names differ from those on disk)."""
    from safetensors.torch import load_file

    with torch.no_grad():
        model.head.weight.copy_(load_file(str(folder / HEAD))["head.weight"])
    if hasattr(model.network, "get_base_model"):
        from peft import set_peft_model_state_dict

        weights = load_file(str(folder / "adapter_model.safetensors"))
        set_peft_model_state_dict(model.network, weights)


def new_reward(network: Any, seed: int) -> RewardModel:
    """With a head whose first rewards are near zero."""
    torch.manual_seed(seed)
    model = RewardModel(network)
    width = model.head.weight.shape[1]
    nn.init.normal_(model.head.weight, std=1 / (width + 1))
    return model


def open_reward(folder: Path, base: Path | None = None) -> tuple[RewardModel, Any]:
    """What `save_reward` wrote, in eval mode, and its processor; `base` is the model that an
    adapter stands on (default: where the run found it). Raises `BadSetting`."""
    told = read_json(folder / FORMAT) if (folder / FORMAT).is_file() else None
    if not isinstance(told, dict) or told.get("format") != 1:
        raise BadSetting(
            f"{folder} holds no reward model", "give the folder of a `tune reward` run"
        )
    if not told["adapter"]:
        model = RewardModel(open_network(folder, "float32"))
    else:
        from peft import PeftModel

        under = base or locate_repository(str(told["base"]), str(told["revision"]))[0]
        network = PeftModel.from_pretrained(open_network(under, "float32"), str(folder))
        model = RewardModel(network)
    load_reward(model, folder)
    return model.eval(), open_processor(folder)


def save_base(folder: Path, base: str, revision: str) -> None:
    """Say what an adapter stands on."""
    told = read_json(folder / FORMAT)
    local = Path(base.removeprefix("hf:")).expanduser().is_dir()
    write_json(folder / FORMAT, {**told, "base": base, "revision": "" if local else revision})
