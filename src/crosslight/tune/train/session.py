"""Training between its measurements, and the files that come out of it."""

import shutil
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import transformers

from crosslight.models import copy_processor
from crosslight.store import read_json, write_json
from crosslight.tune.base import Base, trained
from crosslight.tune.held_out import Figures, measure, told, warnings_of
from crosslight.tune.job import Method, TuneJob
from crosslight.tune.launch import is_first, wait_for_all
from crosslight.tune.ready import Ready
from crosslight.tune.train.extras import keep_logs
from crosslight.tune.train.grpo import (
    grpo_trainer,
    notes_of,
    reward_figures,
    rewards_of,
    steps_of,
)
from crosslight.tune.train.reward import new_reward, save_base
from crosslight.tune.train.rewards import Reward
from crosslight.tune.train.trainers import collator_of, make_trainer
from crosslight.tune.train.watch import Steps, Stop, whole_weights

MODEL = "model"
MAKING = "model.making"
BEFORE = "before.json"


def train(
    job: TuneJob, ready: Ready, stop: Stop, check: Callable[[], None]
) -> dict[str, Any] | None:
    """What run.json says of it, or None where the run was told to stop (it has a checkpoint)."""
    rewards = rewards_of(job, ready.pictures) if job.method is Method.GRPO else []
    try:
        return _train(job, ready, rewards, stop, check)
    finally:
        for one in rewards:
            one.close()


def _train(
    job: TuneJob, ready: Ready, rewards: Sequence[Reward], stop: Stop, check: Callable[[], None]
) -> dict[str, Any] | None:
    reward, grpo = job.method is Method.REWARD, job.method is Method.GRPO
    model = new_reward(ready.model, job.seed) if reward else ready.model
    before = _before(job, model, ready, rewards, check)
    name_base(ready.model, job)
    with warnings.catch_warnings():
        # TRL and PEFT call transformers by names that it will rename: nothing that a user can mend.
        warnings.simplefilter("ignore", FutureWarning)
        trainer = _trainer(job, model, ready, rewards, [Steps(stop, quiet=job.quiet)])
    name_base(ready.model, job)
    trainer.remove_callback(transformers.PrinterCallback)
    keep_logs(trainer, job.out)
    sizes = trained(trainer.model)
    at = str(ready.checkpoint) if ready.checkpoint else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        result = trainer.train(resume_from_checkpoint=at)
    if stop.reason and trainer.state.global_step < trainer.state.max_steps:
        return None
    whole_weights(trainer.model)
    save_model(job, trainer, ready.base)
    after = _measured(job, trainer.accelerator.unwrap_model(trainer.model), ready, rewards, check)
    figures = told(before, after, ready.fit.rows)
    wait_for_all()
    if is_first():
        write_json(job.out / "after.json", after.as_json())
        shutil.rmtree(job.out / "checkpoints", ignore_errors=True)
    training = {
        "steps": trainer.state.global_step,
        "losses": losses(trainer.state.log_history),
        **(steps_of(trainer.state.log_history) if grpo else {}),
        "seconds": round(float(result.metrics.get("train_runtime", 0.0)), 3),
        "trained_parameters": sizes[0],
        "all_parameters": sizes[1],
    }
    notes = [*warnings_of(job.method, figures), *(notes_of(training) if grpo else [])]
    return {"training": training, "figures": figures, "warnings": notes}


def _trainer(
    job: TuneJob, model: Any, ready: Ready, rewards: Sequence[Reward], callbacks: Sequence[Any]
) -> Any:
    rows, base = ready.fit.rows, ready.base.folder
    if job.method is not Method.GRPO:
        return make_trainer(job, model, ready.processor, rows, ready.pictures, base, callbacks)
    return grpo_trainer(
        job, model, ready.processor, str(base), rows, rewards, ready.pictures, callbacks
    )


def losses(history: list[dict[str, Any]]) -> list[float]:
    """The loss of each logged step."""
    return [round(float(one["loss"]), 6) for one in history if "loss" in one]


def name_base(model: Any, job: TuneJob) -> None:
    """As it was named to us: adapters say so in their config, not where it was opened from."""
    name = job.base.removeprefix("hf:")
    model.name_or_path = name
    model.config._name_or_path = name


def _before(
    job: TuneJob, model: Any, ready: Ready, rewards: Sequence[Reward], check: Callable[[], None]
) -> Figures:
    """Of the base, measured once: a run that goes on reads them."""
    path = job.out / BEFORE
    if ready.checkpoint is not None and path.is_file():
        return Figures(**read_json(path))
    found = _measured(job, model, ready, rewards, check)
    if is_first():
        write_json(path, found.as_json())
    return found


def _measured(
    job: TuneJob, model: Any, ready: Ready, rewards: Sequence[Reward], check: Callable[[], None]
) -> Figures:
    if job.method is Method.GRPO:
        return reward_figures(job, model, ready, rewards, check)
    collator = collator_of(job.method, ready.processor, None)
    rows, held = ready.fit.rows, ready.held_out
    return measure(job.method, model, collator, rows, held, ready.pictures, check)


def save_model(job: TuneJob, trainer: Any, base: Base) -> None:
    """The tuned model in one step: a folder that transformers or PEFT open by themselves."""
    part, place = job.out / MAKING, job.out / MODEL
    if is_first():
        for folder in (part, place):
            if folder.is_symlink():
                folder.unlink()
            shutil.rmtree(folder, ignore_errors=True)
        part.mkdir()  # ours, or an error: what is saved never follows a link
    wait_for_all()
    trainer.save_model(str(part))
    if not is_first():
        return
    for name in ("training_args.bin", "README.md"):  # a pickle; a card that is not ours
        (part / name).unlink(missing_ok=True)
    copy_processor(base.folder, part)
    if job.method is Method.REWARD:
        save_base(part, job.base, base.revision)
    part.replace(place)


def open_tuned(folder: Path) -> Path:
    """Where the model of a run lies."""
    return folder / MODEL if (folder / MODEL).is_dir() else folder
