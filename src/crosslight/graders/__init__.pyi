from .choose import GRADERS, grader_for
from .guards import GUARDS, Guard
from .ruling import Case, Judge, Ruling, reason_unread, shown

__all__ = [
    "GRADERS",
    "GUARDS",
    "Case",
    "Guard",
    "Judge",
    "Ruling",
    "grader_for",
    "reason_unread",
    "shown",
]
