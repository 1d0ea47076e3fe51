from .pages.assess import write_assess_report
from .pages.bench import write_bench_report, write_comparison_report
from .pages.build import write_report
from .pages.judge import write_judge_report
from .pages.leaderboard import leaderboard_page
from .pages.prefer import write_prefer_report
from .pages.rate import write_rate_report
from .pages.report import write_any_report
from .pages.tune import write_tune_report
from .server.opened import open_places
from .server.serve import serve, take_address

__all__ = [
    "leaderboard_page",
    "open_places",
    "serve",
    "take_address",
    "write_any_report",
    "write_assess_report",
    "write_bench_report",
    "write_comparison_report",
    "write_judge_report",
    "write_prefer_report",
    "write_rate_report",
    "write_report",
    "write_tune_report",
]
