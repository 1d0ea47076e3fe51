"""Remedies: what is done so that a model is less unsafe. Each is reported on both sides.

Three are prompts (any model), two change the decoding (models of the `hf` backend only), and one is
another model: that which was tuned on safety reasoning, asked beside its base.
"""

from crosslight.bench.remedies.decoding import RemediedBackend
from crosslight.bench.remedies.remedy import REMEDIES, Remedy, remedy
from crosslight.bench.remedies.tuned import check_base, tuned_spec

__all__ = ["REMEDIES", "RemediedBackend", "Remedy", "check_base", "remedy", "tuned_spec"]
