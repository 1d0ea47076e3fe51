"""Reading the bank: every file of a folder, by pattern id."""

from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path

from crosslight.build.bank.schema import Pattern, Scenario
from crosslight.records import CrosslightError, canonical, content_hash
from crosslight.store import UnreadableFile, read_fitted
from crosslight.text import plural

BANK_FOLDER = Path(__file__).parent.parent / "bank_data"
MAX_BANK_BYTES = 4 << 20
"""Of one file; the largest that comes along has about 200 KB."""
MAX_BANK_NODES = 200_000


class BankError(CrosslightError):
    """A bank file is not as the schema says; the text names file, pattern and remedy."""


def read_scenario(path: Path) -> Scenario:
    """Read one bank file. Raises `BankError` that lists what is wrong, with lines."""
    try:
        return read_fitted(Scenario, path, MAX_BANK_BYTES, nodes=MAX_BANK_NODES)
    except UnreadableFile as error:
        raise BankError(error.message, error.hint) from error


class Bank:
    """All scenarios, with look-up by pattern id."""

    def __init__(self, scenarios: tuple[Scenario, ...]) -> None:
        self.scenarios = scenarios
        self.patterns = {p.id: p for s in scenarios for p in s.patterns}
        if len(self.patterns) != sum(len(s.patterns) for s in scenarios):
            raise BankError("two patterns share an id")

    @cached_property
    def shown(self) -> tuple[tuple[bytes, str, Pattern], ...]:
        """Id, scenario and pattern of those that may inspire an author: not the sensitive ones."""
        return tuple((p.id.encode(), p.scenario, p) for p in self if not p.sensitive)

    def __iter__(self) -> Iterator[Pattern]:
        return iter(self.patterns.values())

    def __len__(self) -> int:
        return len(self.patterns)

    def title(self, scenario: str) -> str:
        """A scenario's name for people."""
        return next((s.title for s in self.scenarios if s.scenario == scenario), scenario)


def bank_files(folder: Path) -> list[Path]:
    """Every `*.yaml` of a folder, in order of their names. Raises `BankError` for none."""
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise BankError(f"{folder} holds no pattern file (*.yaml)")
    return files


def read_bank(folder: Path = BANK_FOLDER) -> Bank:
    """Read every file of a folder, once. Raises `BankError`."""
    return _read_bank(folder)


@cache  # its arguments as they are given: with and without the default would be two banks
def _read_bank(folder: Path) -> Bank:
    bank = Bank(tuple(map(read_scenario, bank_files(folder))))
    unread = [pattern.id for pattern in bank if not pattern.reviewed]
    if unread:
        raise BankError(
            f"{plural(len(unread), 'pattern')} in {folder.name} "
            f"with `reviewed: no`, the first is '{unread[0]}'",
            hint="a model wrote them: read each (docs/bank-review.md), mend it, then take the "
            "line out; or move them elsewhere",
        )
    return bank


def bank_hash(bank: Bank) -> str:
    """sha256 over all that the bank says, whatever the layout of its files."""
    # Whether it was reviewed is said of it, not by it: a review alone makes no other dataset.
    left_out = {"patterns": {"__all__": {"reviewed"}}}
    said = [s.model_dump(mode="json", exclude=left_out) for s in bank.scenarios]
    return content_hash(canonical(said))
