from . import cutoff, metrics
from .assess import AssessConfig, AssessJob, read_scale, run_assess
from .card import REPORT_CARD_FILE, measured_on, report_card
from .compile import CompileConfig, compile_policy
from .config import JudgeConfig, Thresholds
from .dry_run import estimate_assess, estimate_judge
from .job import Job
from .label_queue import images_to_label, write_queue
from .labels import read_labels
from .methods import GuardFormat
from .policy_flips import flip_test
from .rethreshold import rethreshold_run
from .run import run_judge
from .step import Target
from .tables import read_verdicts

__all__ = [
    "REPORT_CARD_FILE",
    "AssessConfig",
    "AssessJob",
    "CompileConfig",
    "GuardFormat",
    "Job",
    "JudgeConfig",
    "Target",
    "Thresholds",
    "compile_policy",
    "cutoff",
    "estimate_assess",
    "estimate_judge",
    "flip_test",
    "images_to_label",
    "measured_on",
    "metrics",
    "read_labels",
    "read_scale",
    "read_verdicts",
    "report_card",
    "rethreshold_run",
    "run_assess",
    "run_judge",
    "write_queue",
]
