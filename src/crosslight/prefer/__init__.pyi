from .config import PreferConfig
from .dataset import PAIRS, PairRow, PairsRun, pair_files, pair_row, read_pairs, write_pairs
from .job import PreferJob
from .run import run_prefer
from .summary import needs_picture

__all__ = [
    "PAIRS",
    "PairRow",
    "PairsRun",
    "PreferConfig",
    "PreferJob",
    "needs_picture",
    "pair_files",
    "pair_row",
    "read_pairs",
    "run_prefer",
    "write_pairs",
]
