from .bank import BANK_FOLDER, BankError, read_bank
from .compare import BuildPair, compare_builds
from .config import BuildConfig
from .dataset import NUMBERS, Row, Run, read_run, split_files
from .dry_run import estimate_build
from .job import BuildJob
from .run import run_build

__all__ = [
    "BANK_FOLDER",
    "NUMBERS",
    "BankError",
    "BuildConfig",
    "BuildJob",
    "BuildPair",
    "Row",
    "Run",
    "compare_builds",
    "estimate_build",
    "read_bank",
    "read_run",
    "run_build",
    "split_files",
]
