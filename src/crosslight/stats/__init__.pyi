from .agreement import Agreement, rater_agreement
from .bootstrap import LEVEL, bootstrap_interval, by_cluster, draws
from .intervals import bonett_price, wilson
from .prevalence import corrected
from .significance import benjamini_hochberg, holm, mcnemar

__all__ = [
    "LEVEL",
    "Agreement",
    "benjamini_hochberg",
    "bonett_price",
    "bootstrap_interval",
    "by_cluster",
    "corrected",
    "draws",
    "holm",
    "mcnemar",
    "rater_agreement",
    "wilson",
]
