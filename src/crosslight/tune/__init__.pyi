from .judge.head import Head, fit_head
from .judge.read import read_judge_rows
from .judge.rows import ImageSource, JudgeData, JudgeRow
from .judge.vectors import vectors_of

__all__ = [
    "Head",
    "ImageSource",
    "JudgeData",
    "JudgeRow",
    "fit_head",
    "read_judge_rows",
    "vectors_of",
]
