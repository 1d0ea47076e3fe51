from .job import KIND, Method, TuneJob
from .launch import LAUNCHED, is_first, launch
from .preflight.check import PreflightError
from .run import run_tune
from .settings import Settings, changed, preset_names, read_preset
from .train.reward import RewardModel, open_reward
from .train.session import open_tuned

__all__ = [
    "KIND",
    "LAUNCHED",
    "Method",
    "PreflightError",
    "RewardModel",
    "Settings",
    "TuneJob",
    "changed",
    "is_first",
    "launch",
    "open_reward",
    "open_tuned",
    "preset_names",
    "read_preset",
    "run_tune",
]
