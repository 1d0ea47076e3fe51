"""Numbers out of scores: each with an interval, its coverage, and the bounds of what is missing."""

from crosslight.bench.metrics.aggregate import aggregate, estimate
from crosslight.bench.metrics.catalogue import METRICS, Metric, metric, metrics_for
from crosslight.bench.metrics.epochs import EpochNumber, epoch_numbers
from crosslight.bench.metrics.estimate import Estimate
from crosslight.bench.metrics.paired import Difference, differences
from crosslight.bench.metrics.scores import Scores

__all__ = [
    "METRICS",
    "Difference",
    "EpochNumber",
    "Estimate",
    "Metric",
    "Scores",
    "aggregate",
    "differences",
    "epoch_numbers",
    "estimate",
    "metric",
    "metrics_for",
]
