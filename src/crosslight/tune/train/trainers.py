"""One trainer a method. All take the same rows, and none has a loop of ours."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosslight.models import open_network
from crosslight.tune.base import adapters, weights_type
from crosslight.tune.job import Method, TuneJob
from crosslight.tune.pictures import Pictures
from crosslight.tune.rows import TuneRow
from crosslight.tune.train.arguments import common
from crosslight.tune.train.examples import dataset_of

Make = Callable[[TuneJob, Any, "Given"], Any]


@dataclass(frozen=True, slots=True)
class Given:
    """What every trainer is given beside its model. `base`: where a reference is opened from."""

    processor: Any
    collator: Any
    data: Any
    base: Path
    callbacks: Sequence[Any]


def make_trainer(
    job: TuneJob,
    model: Any,
    processor: Any,
    rows: Sequence[TuneRow],
    pictures: Pictures,
    base: Path,
    callbacks: Sequence[Any] = (),
) -> Any:
    """The trainer of the job's method, with the collator that the preflight looked through."""
    make: dict[Method, Make] = {Method.SFT: _sft, Method.DPO: _dpo, Method.REWARD: _reward}
    collator = collator_of(job.method, processor, limit_of(job))
    data = dataset_of(rows, pictures)
    return make[job.method](job, model, Given(processor, collator, data, base, [*callbacks]))


def limit_of(job: TuneJob) -> int | None:
    """What the collator cuts at: nothing, where longer rows were left out before."""
    return job.settings.max_length if job.settings.too_long == "cut" else None


def collator_of(method: Method, processor: Any, limit: int | None) -> Any:
    """TRL's own."""
    if not method.pairs:
        from trl.trainer.sft_trainer import DataCollatorForVisionLanguageModeling

        return DataCollatorForVisionLanguageModeling(
            processor, max_length=limit, completion_only_loss=True
        )
    from trl.trainer.dpo_trainer import DataCollatorForVisionPreference

    return DataCollatorForVisionPreference(processor, max_length=limit)


def _sft(job: TuneJob, model: Any, given: Given) -> Any:
    from trl import SFTConfig, SFTTrainer

    return SFTTrainer(
        model,
        args=SFTConfig(**common(job), max_length=limit_of(job), completion_only_loss=True),
        data_collator=given.collator,
        train_dataset=given.data,
        processing_class=given.processor,
        peft_config=adapters(model, job.settings),
        callbacks=[*given.callbacks],
    )


def _dpo(job: TuneJob, model: Any, given: Given) -> Any:
    from trl import DPOConfig, DPOTrainer

    settings = job.settings
    peft_config = adapters(model, settings)
    # TRL would open the reference where the model came from: of a resumed run, a checkpoint.
    reference = None if peft_config else open_network(given.base, weights_type(settings))
    kept = {"beta": settings.beta, "loss_type": [settings.loss]}
    return DPOTrainer(
        model,
        ref_model=reference,
        args=DPOConfig(**common(job), **kept, max_length=limit_of(job)),
        data_collator=given.collator,
        train_dataset=given.data,
        processing_class=given.processor,
        peft_config=peft_config,
        callbacks=[*given.callbacks],
    )


def _reward(job: TuneJob, model: Any, given: Given) -> Any:
    from crosslight.tune.train.reward import reward_trainer

    return reward_trainer(job, model, given.collator, given.data, given.callbacks)
