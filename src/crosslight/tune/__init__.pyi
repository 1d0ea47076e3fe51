from .job import KIND, Method, TuneJob
from .judge.card import auc_text
from .judge.head import Head, fit_head
from .judge.job import JudgeTuneJob
from .judge.language import run_language_judge
from .judge.read import read_judge_rows
from .judge.rows import ImageSource, JudgeData, JudgeRow
from .judge.run import run_judge_tuning
from .judge.vectors import vectors_of
from .launch import LAUNCHED, is_first, launch
from .preflight.check import PreflightError
from .run import run_tune
from .settings import Settings, changed, preset_names, read_preset
from .train.reward import RewardModel, open_reward
from .train.session import open_tuned

__all__ = [
    "KIND",
    "LAUNCHED",
    "Head",
    "ImageSource",
    "JudgeData",
    "JudgeRow",
    "JudgeTuneJob",
    "Method",
    "PreflightError",
    "RewardModel",
    "Settings",
    "TuneJob",
    "auc_text",
    "changed",
    "fit_head",
    "is_first",
    "launch",
    "open_reward",
    "open_tuned",
    "preset_names",
    "read_judge_rows",
    "read_preset",
    "run_judge_tuning",
    "run_language_judge",
    "run_tune",
    "vectors_of",
]
