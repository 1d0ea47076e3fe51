"""What became of the inputs, and what that says of the run as a whole."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from crosslight.flow import Caller, Ledger
from crosslight.records import Dropped, Failed
from crosslight.runs.lost import NOT_REACHED, Lost, most_frequent_failure


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the inputs; each stands here once. `not_reached`: a stop left them out."""

    inputs: int
    finished: int
    dropped: int
    failed: int

    @property
    def not_reached(self) -> int:
        """The rest."""
        return self.inputs - self.finished - self.dropped - self.failed

    @classmethod
    def of(cls, inputs: int, finished: int, lost: Iterable[Dropped | Failed]) -> "Account":
        """From the outcomes of the inputs that were lost, each once."""
        ends = [isinstance(outcome, Dropped) for outcome in lost if outcome != NOT_REACHED]
        return cls(inputs, finished, sum(ends), len(ends) - sum(ends))

    def as_json(self) -> dict[str, int]:
        """For run.json. Raises `ArithmeticError` where an input stands in two places."""
        if self.not_reached < 0:
            raise ArithmeticError(f"more inputs ended than came in: {self}")
        return {
            "inputs": self.inputs,
            "finished": self.finished,
            "dropped": self.dropped,
            "failed": self.failed,
            "not_reached": self.not_reached,
        }


def finished_in(record: Mapping[str, Any]) -> int:
    """How many inputs a run finished, by its `run.json`; 0 where it does not say."""
    account = record.get("account")
    count = account.get("finished") if isinstance(account, dict) else 0
    return count if isinstance(count, int) else 0


def failing(
    account: Account,
    lost: Collection[Lost],
    callers: Iterable[Caller],
    ledger: Ledger,
    bound: float | int | None,
) -> tuple[str, str] | None:
    """Why a run that got to its end has failed, and what helps: nothing was finished, however
    quietly it got there, or more failed than was allowed (`bound`)."""
    if not account.inputs:
        return None
    error, hint, count = most_frequent_failure(lost)
    told = f"{count:,} of {account.failed:,} by {error}" if count else ""
    calls = ledger.calls
    # Stored answers do not count: a rerun over a dead endpoint still replays them.
    mute = [caller for caller in set(callers) if caller.unanswered and not caller.answered]
    if mute and account.failed:
        return f"{told}; {mute[0].card.spec} has answered nothing", hint
    if not account.finished and account.failed == account.inputs:
        heard = calls.answered or calls.replayed
        return f"{told}; {'no input was finished' if heard else 'nothing could be asked'}", hint
    if not account.finished and not (calls.asked or calls.replayed):
        why = f" ({told})" if told else ""
        return (
            f"none of {account.inputs:,} inputs could be asked about{why}",
            hint or "dropped.parquet says why each was left out",
        )
    if too_many(account.failed, account.inputs, bound):
        more = f"{account.failed:,} of {account.inputs:,} inputs failed"
        return f"{more}: {told}", hint or "the bound is --fail-on-error"
    return None


def too_many(failed: int, inputs: int, bound: float | int | None) -> bool:
    """Whether so many failures are more than a share (a float), or reach a count."""
    if bound is None:
        return False
    if isinstance(bound, float):
        return failed > bound * inputs
    return failed >= bound
