from . import cutoff, metrics
from .assess import AssessConfig, AssessJob, run_assess
from .card import REPORT_CARD_FILE, measured_on, report_card
from .chosen import read_card
from .compare import JudgePair, compare_judged
from .compare_grades import ASSESSED_FILE, GradePair, compare_assessed
from .compile import CompileConfig, CompiledNow, compile_policy
from .config import JudgeConfig, Thresholds
from .deciders import RuleDeciders, Who, deciders_of, how_well
from .dry_run import estimate_assess, estimate_judge
from .grade_agreement import (
    GRADE_AGREEMENT_FILE,
    assessed_digest,
    grade_agreement,
    run_images,
)
from .grade_labels import read_grades, write_grade_queue
from .inputs import SCREEN, WITH_COPIES
from .job import JudgeJob
from .label_queue import images_to_label, write_queue
from .labels import read_labels
from .methods import GuardFormat
from .policy_flips import flip_test, flips_after
from .rethreshold import form_of, reread, rethreshold_run, unasked_of
from .run import nothing_after, run_judge
from .scales import Scale, read_scale
from .step import Target
from .tables import read_verdicts

__all__ = [
    "ASSESSED_FILE",
    "GRADE_AGREEMENT_FILE",
    "REPORT_CARD_FILE",
    "SCREEN",
    "WITH_COPIES",
    "AssessConfig",
    "AssessJob",
    "CompileConfig",
    "CompiledNow",
    "GradePair",
    "GuardFormat",
    "JudgeConfig",
    "JudgeJob",
    "JudgePair",
    "RuleDeciders",
    "Scale",
    "Target",
    "Thresholds",
    "Who",
    "assessed_digest",
    "compare_assessed",
    "compare_judged",
    "compile_policy",
    "cutoff",
    "deciders_of",
    "estimate_assess",
    "estimate_judge",
    "flip_test",
    "flips_after",
    "form_of",
    "grade_agreement",
    "how_well",
    "images_to_label",
    "measured_on",
    "metrics",
    "nothing_after",
    "read_card",
    "read_grades",
    "read_labels",
    "read_scale",
    "read_verdicts",
    "report_card",
    "reread",
    "rethreshold_run",
    "run_assess",
    "run_images",
    "run_judge",
    "unasked_of",
    "write_grade_queue",
    "write_queue",
]
