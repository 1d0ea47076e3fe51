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
]
