from .chains.make import Chain, Chains, make_chains
from .judge.head import Head, fit_head
from .judge.read import read_judge_rows
from .judge.rows import ImageSource, JudgeData, JudgeRow
from .judge.vectors import vectors_of

__all__ = [
    "Chain",
    "Chains",
    "Head",
    "ImageSource",
    "JudgeData",
    "JudgeRow",
    "fit_head",
    "make_chains",
    "read_judge_rows",
    "vectors_of",
from .job import KIND, Method, TuneJob
from .preflight.check import PreflightError
from .run import run_tune
from .settings import Settings, changed, preset_names, read_preset
from .train.reward import RewardModel, open_reward
from .train.session import open_tuned

__all__ = [
    "KIND",
    "Method",
    "PreflightError",
    "RewardModel",
    "Settings",
    "TuneJob",
    "changed",
    "open_reward",
    "open_tuned",
    "preset_names",
    "read_preset",
    "run_tune",
]
