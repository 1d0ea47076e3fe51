from .compare import BenchRun, Pair, agreement_of, compare_runs, read_bench, write_comparison
from .config import BenchConfig
from .dry_run import estimate_bench
from .hub import default_folder, fetch_suite
from .item import Expected, Item, Side, Suite, SuiteError
from .job import BenchJob
from .leaderboard import (
    Leaderboard,
    leaderboard_cell,
    leaderboard_csv,
    leaderboard_latex,
    leaderboard_markdown,
    leaderboard_notes,
    read_leaderboard,
)
from .metrics.catalogue import METRICS, metric
from .native.images import image_bytes
from .native.load import load_suite
from .published import published_scorer
from .remedies.tuned import check_base, tuned_spec
from .results import format_interval, format_value
from .rows import category_of
from .run import run_bench
from .several import ModelEnd, before_and_after, estimate_benches, exit_code, jobs_for, run_benches
from .suites import all_suites, find_suite
from .summary import headline
from .system import SystemPrompt, read_system

__all__ = [
    "METRICS",
    "BenchConfig",
    "BenchJob",
    "BenchRun",
    "Expected",
    "Item",
    "Leaderboard",
    "ModelEnd",
    "Pair",
    "Side",
    "Suite",
    "SuiteError",
    "SystemPrompt",
    "agreement_of",
    "all_suites",
    "before_and_after",
    "category_of",
    "check_base",
    "compare_runs",
    "default_folder",
    "estimate_bench",
    "estimate_benches",
    "exit_code",
    "fetch_suite",
    "find_suite",
    "format_interval",
    "format_value",
    "headline",
    "image_bytes",
    "jobs_for",
    "leaderboard_cell",
    "leaderboard_csv",
    "leaderboard_latex",
    "leaderboard_markdown",
    "leaderboard_notes",
    "load_suite",
    "metric",
    "published_scorer",
    "read_bench",
    "read_leaderboard",
    "read_system",
    "run_bench",
    "run_benches",
    "tuned_spec",
    "write_comparison",
]
