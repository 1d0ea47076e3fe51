"""Reading the two-photo patterns: the files in the folder `pairs` of a bank."""

from functools import cache
from pathlib import Path

from crosslight.build.bank import BANK_FOLDER, MAX_BANK_BYTES, MAX_BANK_NODES, BankError
from crosslight.build.two_photos.schema import PairScenario
from crosslight.records import canonical, content_hash
from crosslight.store import UnreadableFile, read_fitted
from crosslight.text import plural

PAIRS = "pairs"
"""The folder inside that of a bank."""


def pair_files(folder: Path) -> list[Path]:
    """The files of a bank's two-photo patterns; none where it has no such folder."""
    return sorted((folder / PAIRS).glob("*.yaml"))


class PairBank:
    """All two-photo patterns, with look-up by id."""

    def __init__(self, scenarios: tuple[PairScenario, ...]) -> None:
        self.scenarios = scenarios
        self.patterns = {p.id: p for s in scenarios for p in s.pairs}
        if len(self.patterns) != sum(len(s.pairs) for s in scenarios):
            raise BankError("two two-photo patterns share an id", "rename one of them")

    def __len__(self) -> int:
        return len(self.patterns)

    @property
    def titles(self) -> dict[str, str]:
        """Names of the scenarios."""
        return {s.scenario: s.title for s in self.scenarios}

    @property
    def sha256(self) -> str:
        """Of all that it says, whatever the layout of its files."""
        left_out = {"pairs": {"__all__": {"reviewed"}}}
        said = [s.model_dump(mode="json", exclude=left_out) for s in self.scenarios]
        return content_hash(canonical(said))


@cache
def read_pair_bank(folder: Path = BANK_FOLDER) -> PairBank:
    """Read the patterns of a bank's folder, once; an empty bank where it has none. Raises
    `BankError`."""
    found = []
    for path in pair_files(folder):
        try:
            found.append(read_fitted(PairScenario, path, MAX_BANK_BYTES, nodes=MAX_BANK_NODES))
        except UnreadableFile as error:
            raise BankError(error.message, error.hint) from error
    bank = PairBank(tuple(found))
    unread = [p.id for p in bank.patterns.values() if not p.reviewed]
    if unread:
        raise BankError(
            f"{plural(len(unread), 'two-photo pattern')} with `reviewed: no`: '{unread[0]}'",
            hint="read each, mend it, then take the line out",
        )
    return bank
