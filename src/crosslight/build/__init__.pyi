from .bank_export import BankExport, export_bank, only_accepted
from .compare import BuildPair, compare_builds
from .config import BuildConfig
from .dataset import NUMBERS, NUMBERS_OF_TWO, Row, Run, read_run
from .dry_run import estimate_build
from .job import BuildJob
from .run import run_build
from .shown_prompts import prompt_names, shown_prompt

__all__ = [
    "NUMBERS",
    "NUMBERS_OF_TWO",
    "BankExport",
    "BuildConfig",
    "BuildJob",
    "BuildPair",
    "Row",
    "Run",
    "compare_builds",
    "estimate_build",
    "export_bank",
    "only_accepted",
    "prompt_names",
    "read_run",
    "run_build",
    "shown_prompt",
]
