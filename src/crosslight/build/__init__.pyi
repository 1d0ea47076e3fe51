from .bank import BANK_FOLDER, BankError, read_bank
from .bank_export import BankExport, export_bank, only_accepted
from .bank_lint import BankReport, lint_bank
from .calibrate import CalibrateJob, Calibration, calibrate_guard, estimate_calibration
from .compare import BuildPair, compare_builds
from .config import BuildConfig
from .dataset import NUMBERS, NUMBERS_OF_TWO, Row, Run, StoredRun, open_stored, read_run
from .dry_run import estimate_build
from .job import BuildJob
from .rethreshold import Cuts, rethreshold_build
from .run import run_build
from .shown_prompts import prompt_names, shown_prompt

__all__ = [
    "BANK_FOLDER",
    "NUMBERS",
    "NUMBERS_OF_TWO",
    "BankError",
    "BankExport",
    "BankReport",
    "BuildConfig",
    "BuildJob",
    "BuildPair",
    "CalibrateJob",
    "Calibration",
    "Cuts",
    "Row",
    "Run",
    "StoredRun",
    "calibrate_guard",
    "compare_builds",
    "estimate_build",
    "estimate_calibration",
    "export_bank",
    "lint_bank",
    "only_accepted",
    "open_stored",
    "prompt_names",
    "read_bank",
    "read_run",
    "rethreshold_build",
    "run_build",
    "shown_prompt",
]
