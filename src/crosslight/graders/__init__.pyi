from .choose import GRADERS, grader_for
from .guards import GUARDS, Guard
from .ruling import Case, Judge, Ruling, addressed_by, reason_unread, shown

__all__ = [
    "GRADERS",
    "GUARDS",
    "Case",
    "Guard",
    "Judge",
    "Ruling",
    "addressed_by",
    "grader_for",
    "reason_unread",
    "shown",
]
