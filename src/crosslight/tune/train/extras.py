"""What a run asks for beyond the extra `train`: looked for before anything is opened or trained."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from crosslight.records import BadSetting, MissingPart
from crosslight.store import read_json
from crosslight.tune.job import TuneJob

LOGS = "logs"
"""Of a run's folder: where TensorBoard's files stay."""


def check_extras(job: TuneJob) -> None:
    """Raises `BadSetting` for what there is not, `MissingPart` for a package."""
    for name in job.report_to:
        _check_logger(name)
    if job.deepspeed is not None:
        _check_deepspeed(job.deepspeed)
    from transformers.training_args import OptimizerNames

    known = [str(one.value) for one in OptimizerNames]
    if job.settings.optimizer not in known:
        raise BadSetting(
            f"--set optimizer={job.settings.optimizer}: transformers has none of this name",
            f"one of: {', '.join(known)}",
        )


def _check_logger(name: str) -> None:
    from transformers.integrations import integration_utils as known

    if name not in known.INTEGRATION_TO_CALLBACK:
        raise BadSetting(
            f"--report-to {name[:40]!r}: transformers logs to none of this name",
            f"one of: {', '.join(known.INTEGRATION_TO_CALLBACK)}",
        )
    if name not in known.get_available_reporting_integrations():
        raise MissingPart(
            f"--report-to {name}: its package is not installed", f"pip install {name}"
        )


def _check_deepspeed(config: Path) -> None:
    if not config.is_file():
        raise BadSetting(f"--deepspeed {config} is no file", "give DeepSpeed's own JSON file")
    if not isinstance(read_json(config), dict):
        raise BadSetting(f"--deepspeed {config} holds no JSON object", "see DeepSpeed's own manual")
    if find_spec("deepspeed") is None:
        raise MissingPart("--deepspeed: its package is not installed", "pip install deepspeed")


def keep_logs(trainer: Any, out: Path) -> None:
    """TensorBoard's files beside the model, and not in the checkpoints, which are removed."""
    for one in trainer.callback_handler.callbacks:
        if type(one).__name__ == "TensorBoardCallback" and one.logging_dir is None:
            one.logging_dir = str(out / LOGS)
