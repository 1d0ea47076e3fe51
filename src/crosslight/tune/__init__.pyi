from .base import Base, locate_base, need_extra
from .chains.make import Chain, Chains, make_chains
from .job import KIND, Method, Target, TuneJob, no_ppo
from .judge.card import auc_text
from .judge.chosen import tune_on_rows
from .judge.head import Head, fit_head
from .judge.job import JudgeTuneJob
from .judge.language import run_language_judge
from .judge.read import read_judge_rows
from .judge.rows import ImageSource, JudgeData, JudgeRow
from .judge.run import run_judge_tuning
from .judge.vectors import vectors_of
from .launch import LAUNCHED, is_first, launch
from .preflight.check import PreflightError
from .probe.card import probe_told
from .probe.job import HeadJob, ProbeJob
from .probe.opened import open_switch
from .probe.probe import Probe, load_probes
from .probe.run import run_probe
from .probe.switch import Switch, Switched, own_head, under_head
from .run import run_tune
from .settings import Settings, changed, preset_names, read_preset
from .train.reward import RewardModel, open_reward
from .train.session import open_tuned

__all__ = [
    "KIND",
    "LAUNCHED",
    "Base",
    "Chain",
    "Chains",
    "Head",
    "HeadJob",
    "ImageSource",
    "JudgeData",
    "JudgeRow",
    "JudgeTuneJob",
    "Method",
    "PreflightError",
    "Probe",
    "ProbeJob",
    "RewardModel",
    "Settings",
    "Switch",
    "Switched",
    "Target",
    "TuneJob",
    "auc_text",
    "changed",
    "fit_head",
    "is_first",
    "launch",
    "load_probes",
    "locate_base",
    "make_chains",
    "need_extra",
    "no_ppo",
    "open_reward",
    "open_switch",
    "open_tuned",
    "own_head",
    "preset_names",
    "probe_told",
    "read_judge_rows",
    "read_preset",
    "run_judge_tuning",
    "run_language_judge",
    "run_probe",
    "run_tune",
    "tune_on_rows",
    "under_head",
    "vectors_of",
]
