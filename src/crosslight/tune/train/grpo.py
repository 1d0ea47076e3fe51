"""GRPO: TRL's trainer, with rewards that know the row and its pictures.

PPO, which SPA-VL used, is gone from TRL: this is a substitute for it, and not the paper's.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Any

from crosslight.records import BadSetting, RunBroken
from crosslight.tune.base import adapters
from crosslight.tune.held_out import Figures
from crosslight.tune.job import TuneJob
from crosslight.tune.pictures import Pictures
from crosslight.tune.probe.states import prepared
from crosslight.tune.ready import Ready
from crosslight.tune.rows import TuneRow
from crosslight.tune.train.arguments import common, world_size
from crosslight.tune.train.examples import example_of
from crosslight.tune.train.rewards import Reward, open_reward_of

MEASURED = 16
"""Held-out rows that are answered before and after."""
SILENT = 3
"""Batches in a row without one known reward, after which a run breaks off: it learns nothing."""
Scores = Sequence[float | None]
UNKNOWN = "reward_unknown"
"""In the log, the share of answers without a reward."""


def rewards_of(job: TuneJob, pictures: Pictures) -> list[Reward]:
    """Those that were asked for. Raises `BadSetting`."""
    if not job.rewards:
        raise BadSetting("grpo needs to know what an answer is worth", "name it with --reward")
    return [open_reward_of(spec, pictures) for spec in job.rewards]


def grpo_trainer(
    job: TuneJob,
    model: Any,
    processor: Any,
    base: str,
    rows: Sequence[TuneRow],
    rewards: Sequence[Reward],
    pictures: Pictures,
    callbacks: Sequence[Any],
) -> Any:
    """TRL's. `base`: the folder that a reference for all weights is opened from."""
    from trl import GRPOConfig, GRPOTrainer

    settings, given = job.settings, common(job)
    whole_groups(given, settings.generations)
    if settings.lora is None:
        # TRL opens the reference of a run on all weights by this name.
        model.config._name_or_path = base
    arguments = GRPOConfig(
        **given,
        num_generations=settings.generations,
        max_completion_length=settings.completion,
        beta=settings.beta,
        epsilon=settings.epsilon,
    )
    return GRPOTrainer(
        model,
        [function_of(rewards, rows)],
        args=arguments,
        train_dataset=prompts_of(rows, pictures),
        processing_class=processor,
        peft_config=adapters(model, settings),
        callbacks=[*callbacks],
    )


def whole_groups(given: dict[str, Any], generations: int) -> None:
    """Raises `BadSetting` where the answers of a step, on all devices, are not whole groups."""
    each = given["per_device_train_batch_size"] * given["gradient_accumulation_steps"]
    batch = each * world_size()
    if batch % generations:
        raise BadSetting(
            f"batch {batch} is no multiple of generations {generations}",
            f"--set batch={generations} or --set generations={batch}",
        )


def prompts_of(rows: Sequence[TuneRow], pictures: Pictures) -> Any:
    """A dataset of questions with the number of their row; pictures are opened when asked for."""
    from datasets import Dataset

    def opened(batch: dict[str, list[int]]) -> dict[str, list[Any]]:
        found = [example_of(rows[at], pictures) for at in batch["row"]]
        columns = {name: [one[name] for one in found] for name in ("prompt", "images")}
        return {"row": list(batch["row"]), **columns}

    return Dataset.from_dict({"row": list(range(len(rows)))}).with_transform(opened)


def function_of(
    rewards: Sequence[Reward], rows: Sequence[TuneRow]
) -> Callable[..., list[float | None]]:
    """All rewards as the one function that TRL calls. TRL would add up those that it knows, and a
    part that failed would be a zero: here what one of them does not know has no reward.

    Raises `RunBroken` once nothing is known any more.
    """
    silent = 0

    def function(
        completions: Sequence[Any], row: Sequence[int], log_metric: Any = None, **_: Any
    ) -> list[float | None]:
        nonlocal silent
        said = [one[-1]["content"] if isinstance(one, list) else one for one in completions]
        given = [(rows[at], str(text)) for at, text in zip(row, said, strict=True)]
        parts = [reward.score(given) for reward in rewards]
        found = [summed(one) for one in zip(*parts, strict=True)]
        if log_metric is not None:
            for name, value in _logged(rewards, parts, found):
                log_metric(name, value)
        silent = 0 if any(one is not None for one in found) else silent + 1
        if silent >= SILENT:
            raise _nothing_known(rewards, parts)
        return found

    function.__name__ = "reward"
    return function


def summed(parts: Sequence[float | None]) -> float | None:
    """None where one is unknown."""
    known = [one for one in parts if one is not None]
    return sum(known) if len(known) == len(parts) else None


def _logged(
    rewards: Sequence[Reward], parts: Sequence[Scores], found: Scores
) -> list[tuple[str, float]]:
    """The share of unknown ones, of the sum and of each reward, and the mean of those that are
    known; two rewards of one name are told apart."""
    had: Counter[str] = Counter()
    told = [(UNKNOWN, found.count(None) / len(found))]
    for reward, scores in zip(rewards, parts, strict=True):
        had[reward.name] += 1
        name = f"{reward.name}_{had[reward.name]}" if had[reward.name] > 1 else reward.name
        told.append((f"{name}_unknown", scores.count(None) / len(scores)))
        if known := [one for one in scores if one is not None]:
            told.append((f"{name}_mean", fmean(known)))
    return told


def _nothing_known(rewards: Sequence[Reward], parts: Sequence[Scores]) -> RunBroken:
    silent = [one for one, scores in zip(rewards, parts, strict=True) if None in scores]
    why = "; ".join(f"{one.name}: {one.trouble}" for one in silent)
    return RunBroken(
        f"no answer of the last {SILENT} batches has a known reward ({why[:300]})",
        "see to what gives the rewards; then the same command goes on from the last checkpoint, or "
        "begins anew where there is none",
    )


def reward_figures(
    job: TuneJob, model: Any, ready: Ready, rewards: Sequence[Reward], check: Callable[[], None]
) -> Figures:
    """The summed reward of a greedy answer to each held-out row; one with an unknown part has
    none."""
    import torch

    was_training = model.training
    model.eval()
    found: dict[str, float] = {}
    try:
        with torch.no_grad():
            for row in ready.held_out[:MEASURED]:
                check()
                answer = _answer(job, model, ready, row)
                worth = summed([reward.score([(row, answer)])[0] for reward in rewards])
                if worth is not None:
                    found[row.id] = worth
    finally:
        model.train(was_training)
    return Figures(found)


def _answer(job: TuneJob, model: Any, ready: Ready, row: TuneRow) -> str:
    images = [ready.pictures.show(sha) for sha in row.pictures]
    inputs = prepared(ready.processor, row.prompt, images)
    inputs = {name: value.to(model.device) for name, value in inputs.items()}
    made = model.generate(**inputs, max_new_tokens=job.settings.completion, do_sample=False)
    said = made[0, inputs["input_ids"].shape[1] :]
    return str(ready.processor.tokenizer.decode(said, skip_special_tokens=True))


def steps_of(history: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Rewards and gradients of each step: the loss of GRPO is about zero whatever is learnt."""
    logged = [one for one in history if "reward" in one]
    unknown = [one[UNKNOWN] for one in logged if UNKNOWN in one]
    return {
        "rewards": [_number(one["reward"]) for one in logged],
        "grad_norms": [_number(one.get("grad_norm")) for one in logged],
        "unknown_rewards": round(fmean(unknown), 6) if unknown else 0.0,
    }


def _number(value: Any) -> float | None:
    """None for the mean of nothing."""
    known = value is not None and math.isfinite(value)
    return round(float(value), 6) if known else None


def notes_of(steps: dict[str, Any]) -> list[str]:
    """What a reader must know of them."""
    found = []
    if unknown := steps["unknown_rewards"]:
        told = f"{unknown:.1%} of the answers had no known reward: nothing was learnt of them"
        found.append(told)
    if steps["grad_norms"] and not any(steps["grad_norms"]):
        found.append("no step had a gradient: in no group was one answer worth more than another")
    return found
