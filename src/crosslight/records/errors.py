"""One root for all that a person can mend: a message that says what, and a hint that says how.

What is not one of these (and no trouble with the disk) is a defect of ours, and says so.
"""


class CrosslightError(Exception):
    """Something outside is not as it must be. `hint` names the remedy, or is empty."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class RunBroken(CrosslightError):
    """A run broke off: a full disk, a store that is gone. What was answered is kept."""


class BadSetting(CrosslightError, ValueError):
    """A setting or an option that a person must mend."""


class MissingPart(CrosslightError):
    """A package of an extra is not installed."""
