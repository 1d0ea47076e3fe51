from .judge.card import auc_text
from .judge.head import Head, fit_head
from .judge.job import JudgeTuneJob
from .judge.read import read_judge_rows
from .judge.rows import ImageSource, JudgeData, JudgeRow
from .judge.run import run_judge_tuning
from .judge.vectors import vectors_of

__all__ = [
    "Head",
    "ImageSource",
    "JudgeData",
    "JudgeRow",
    "JudgeTuneJob",
    "auc_text",
    "fit_head",
    "read_judge_rows",
    "run_judge_tuning",
    "vectors_of",
]
