"""Ways for a run to end before its rows do."""

GRACE_S = 4.0
"""Seconds that calls in flight are given to answer once a run is to stop."""
GO_ON = "all answers so far are kept: run the same command again to go on"
"""Where models are asked."""
AGAIN = "run the same command again"
"""Where nothing is asked, or nobody knows what has been kept."""


class RunStop(BaseException):
    """Ends the run, not the row. `status` is what run.json will say.

    Not an `Exception`, as `KeyboardInterrupt` is not: a step that catches all errors of a row must
    not turn "the budget is spent" into one more bad row.
    """

    status = "stopped"

    def __init__(self, reason: str, *, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


class Gate:
    """Through which every call of a run goes. Once closed, no new call is made.

    What was in flight may still answer, and is stored.
    """

    def __init__(self) -> None:
        self.closed = False
        self.reason = ""
        self.hint = ""

    def close(self, reason: str, *, hint: str = GO_ON) -> None:
        """Let no new call through. The first reason stands."""
        if not self.closed:
            self.closed, self.reason, self.hint = True, reason, hint

    def check(self) -> None:
        """Raises `RunStop` when the gate is closed."""
        if self.closed:
            raise RunStop(self.reason, hint=self.hint)


class BudgetStop(RunStop):
    """The next call could pass the budget. Stored answers still serve; run again to go on."""


class RunFailed(RunStop):
    """Going on is useless: the key is refused, the disk is full, too many rows failed."""

    status = "failed"
