"""Our settings in the words of TRL's and transformers' configs."""

from importlib.util import find_spec
from typing import Any

from crosslight.tune.base import use_bf16
from crosslight.tune.job import TuneJob
from crosslight.tune.settings import Settings

FALLBACK = "adamw_torch"
KEPT_CHECKPOINTS = 2
"""A kill while one is written leaves the one before."""


def common(job: TuneJob) -> dict[str, Any]:
    """Arguments of every trainer."""
    import torch

    settings, cuda = job.settings, torch.cuda.is_available()
    devices = world_size()
    return {
        "output_dir": str(job.out / "checkpoints"),
        "per_device_train_batch_size": settings.at_once,
        "gradient_accumulation_steps": max(1, settings.batch // (settings.at_once * devices)),
        "learning_rate": settings.learning_rate,
        "lr_scheduler_type": settings.schedule,
        "warmup_steps": settings.warmup,
        "weight_decay": settings.weight_decay,
        "max_grad_norm": settings.clip,
        "num_train_epochs": settings.epochs,
        "max_steps": -1 if job.steps is None else job.steps,
        "optim": optimizer(settings)[0],
        "bf16": use_bf16(settings),
        "use_cpu": not cuda,
        **_checkpointing(settings),
        "seed": job.seed,
        "data_seed": job.seed,
        "save_strategy": "steps",
        "save_steps": job.save_every,
        "save_total_limit": KEPT_CHECKPOINTS,
        "logging_steps": 1,
        "logging_first_step": True,
        # Else a loss that is no number is logged as the mean of those before, or as 0.0.
        "logging_nan_inf_filter": False,
        "report_to": list(job.report_to) or "none",
        "disable_tqdm": True,
        "remove_unused_columns": False,
        "dataloader_num_workers": 0,
        "deepspeed": str(job.deepspeed) if job.deepspeed else None,
    }


def _checkpointing(settings: Settings) -> dict[str, Any]:
    """Under the name that this transformers has for it."""
    from transformers import TrainingArguments

    name = "activation_checkpointing"
    if name not in TrainingArguments.__dataclass_fields__:
        name = "gradient_checkpointing"
    return {name: settings.checkpointing, f"{name}_kwargs": {"use_reentrant": False}}


def world_size() -> int:
    """Processes that train together."""
    import os

    return max(1, int(os.environ.get("WORLD_SIZE", "1") or 1))


def optimizer(settings: Settings) -> tuple[str, str]:
    """The optimizer's name and, where it is not the one that was asked for, why."""
    import torch

    wanted = settings.optimizer
    if "bnb" not in wanted and "paged" not in wanted and "8bit" not in wanted:
        return wanted, ""
    if find_spec("bitsandbytes") is None:
        return FALLBACK, f"optimizer {FALLBACK} in place of {wanted}: bitsandbytes is not installed"
    if not torch.cuda.is_available():
        return FALLBACK, f"optimizer {FALLBACK} in place of {wanted}: there is no GPU"
    return wanted, ""


def batch_note(settings: Settings) -> str:
    """Says so where the rows a step are not those that were asked for."""
    devices = world_size()
    steps = max(1, settings.batch // (settings.at_once * devices))
    real = steps * settings.at_once * devices
    if real == settings.batch:
        return ""
    return f"{real} rows a step in place of {settings.batch}: {settings.at_once} on each device"
