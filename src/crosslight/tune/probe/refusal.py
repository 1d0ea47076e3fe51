"""The refusal head of SafeSwitch: a copy of the output head learns to decline what is unsafe.

The loop is transformers' Trainer. What it is given holds the head alone, so that nothing else is
trained, saved or resumed; the base stands behind it, frozen.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from crosslight.store import read_json, write_json
from crosslight.text import PromptFolder, without_control
from crosslight.tune.judge.rows import JudgeRow
from crosslight.tune.probe.head import HEAD, copied, load_head, save_head
from crosslight.tune.probe.job import BATCH, HeadJob
from crosslight.tune.probe.network import Network
from crosslight.tune.probe.switch import own_head, under_head
from crosslight.tune.resume import last_checkpoint
from crosslight.tune.train.watch import Steps, Stop

PROMPTS = PromptFolder(Path(__file__).parent / "prompts")
WORK, DONE = "head", "training.json"
"""Folder of a head in training: its checkpoints, and in the end what is told of it."""


class HeadOnly(nn.Module):  # type: ignore[misc]
    """A head, and behind it the model that it stands in for the length of a call."""

    def __init__(self, model: Any, head: Any) -> None:
        super().__init__()
        self.head = head
        self._behind = (model,)  # in a tuple: none of its weights are this module's

    def forward(self, labels: Any, **inputs: Any) -> dict[str, Any]:
        """The mean loss over the tokens of the refusal."""
        (model,) = self._behind
        with under_head(model, self.head):
            logits = model(**inputs, use_cache=False).logits
        at = labels[:, 1:].to(logits.device)
        loss = nn.functional.cross_entropy(logits[:, :-1].float().transpose(1, 2), at)
        return {"loss": loss}


class Refusals(torch.utils.data.Dataset):  # type: ignore[misc]
    """Unsafe requests, each with its refusal, as tensors."""

    def __init__(self, network: Network, rows: Sequence[JudgeRow]) -> None:
        self.network, self.rows = network, rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, at: int) -> dict[str, Any]:
        row = self.rows[at]
        said = self.network.processor.tokenizer(refusal_to(row), add_special_tokens=False)
        tokens = [*said["input_ids"], end_of_turn(self.network)]
        return answered(self.network.inputs(row), tokens)


def refusal_to(row: JudgeRow) -> str:
    """A refusal with its reason, which is the row's category: a sentence of ours."""
    category = without_control(row.category).replace("_", " ")[:200].strip()
    return PROMPTS.render("refusal", category=category).strip()


def end_of_turn(network: Network) -> int:
    """The token that ends an answer of this model."""
    end = network.model.generation_config.eos_token_id
    if isinstance(end, list) and end:
        return int(end[0])
    return int(network.processor.tokenizer.eos_token_id if end is None or end == [] else end)


def answered(inputs: Any, tokens: Sequence[int]) -> dict[str, Any]:
    """A request with an answer behind it; only the answer has labels."""
    made = dict(inputs)
    ids = made["input_ids"]
    answer = torch.tensor([[*tokens]], dtype=ids.dtype)
    for name, value in made.items():
        if isinstance(value, torch.Tensor) and value.shape == ids.shape and name != "input_ids":
            more = torch.full_like(answer, int(name == "attention_mask"), dtype=value.dtype)
            made[name] = torch.cat([value, more], dim=1)
    made["input_ids"] = torch.cat([ids, answer], dim=1)
    made["labels"] = torch.cat([torch.full_like(ids, -100), answer], dim=1)
    return made


def train_head(
    network: Network, rows: Sequence[JudgeRow], how: HeadJob, seed: int, out: Path, stop: Stop
) -> dict[str, Any] | None:
    """Train a copy of the head on refusals to these rows and keep it as `head.safetensors`.

    What run.json says of it; None where the run was told to stop: it has a checkpoint.
    """
    import transformers

    work = out / WORK
    at = last_checkpoint(work)
    head = own_head(network.model).float().requires_grad_(True)
    module = HeadOnly(network.model, head)
    transformers.set_seed(seed)
    trainer = _trainer(module, Refusals(network, rows), how, seed, work, stop)
    trainer.remove_callback(transformers.PrinterCallback)
    trainer.train(resume_from_checkpoint=str(at) if at else None)
    if stop.reason and trainer.state.global_step < trainer.state.max_steps:
        return None
    done = {
        "steps": trainer.state.global_step,
        "rows": len(rows),
        "losses": [round(float(o["loss"]), 6) for o in trainer.state.log_history if "loss" in o],
        "trained_parameters": sum(p.numel() for p in head.parameters()),
    }
    save_head(out / HEAD, head)
    write_json(work / DONE, done)
    shutil.rmtree(work / "checkpoints", ignore_errors=True)
    return done


def kept_training(out: Path) -> dict[str, Any] | None:
    """What a training that came to its end said; None where there was none."""
    done = out / WORK / DONE
    if not done.is_file() or not (out / HEAD).is_file():
        return None
    told = read_json(done)
    return told if isinstance(told, dict) else None


def both_heads(network: Network, out: Path) -> tuple[Any, Any]:
    """The model's own head, and the one that was trained, in the model's type."""
    head = own_head(network.model)
    copied(load_head(out / HEAD, head), head)
    return network.model.get_output_embeddings(), head


def _trainer(
    module: HeadOnly, data: Refusals, how: HeadJob, seed: int, work: Path, stop: Stop
) -> Any:
    import transformers

    cuda = torch.cuda.is_available()
    args = transformers.TrainingArguments(
        output_dir=str(work / "checkpoints"),
        per_device_train_batch_size=1,  # one row at a time: padding moves the states
        gradient_accumulation_steps=BATCH,
        learning_rate=how.rate,
        lr_scheduler_type="constant",
        weight_decay=0.0,
        num_train_epochs=how.epochs,
        bf16=cuda,
        use_cpu=not cuda,
        seed=seed,
        data_seed=seed,
        save_strategy="steps",
        save_steps=how.save_every,
        save_total_limit=2,
        logging_steps=1,
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
    )
    args._n_gpu = min(1, args.n_gpu)  # the base stands on one device

    class Trainer(transformers.Trainer):  # type: ignore[misc]
        """Its loop; our file."""

        def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
            folder = Path(output_dir or args.output_dir)
            folder.mkdir(parents=True, exist_ok=True)
            save_head(folder / HEAD, module.head)

        def _load_from_checkpoint(self, folder: str, model: Any = None) -> None:
            copied(load_head(Path(folder) / HEAD, module.head), module.head)

    trainer = Trainer(
        module,
        args=args,
        data_collator=lambda rows: rows[0],
        train_dataset=data,
        callbacks=[Steps(stop, quiet=True)],
    )
    trainer.model_accepts_loss_kwargs = False  # else a step of several batches sums their losses
    return trainer


def mean_loss(network: Network, head: Any, rows: Sequence[JudgeRow]) -> float | None:
    """Of the refusals to rows that the head was not trained on; None without any."""
    module, data = HeadOnly(network.model, head), Refusals(network, rows)
    found = []
    with torch.no_grad():
        for at in range(len(rows)):
            given = {n: v.to(network.model.device) for n, v in data[at].items()}
            found.append(float(module(**given)["loss"]))
    return sum(found) / len(found) if found else None
