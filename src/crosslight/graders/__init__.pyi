from .choose import GRADERS, grader_for
from .guards import GUARDS, Guard
from .injections import Moved, Resistance, check_grader, injection_set, measure_resistance
from .ruling import Case, Judge, Ruling, addressed_by, reason_unread, shown

__all__ = [
    "GRADERS",
    "GUARDS",
    "Case",
    "Guard",
    "Judge",
    "Moved",
    "Resistance",
    "Ruling",
    "addressed_by",
    "check_grader",
    "grader_for",
    "injection_set",
    "measure_resistance",
    "reason_unread",
    "shown",
]
