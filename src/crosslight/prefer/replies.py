"""Replies of no use that stand ready for pairs: refusals, and changes of the subject."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from crosslight.records import Reply, ReplyKind, stable_id
from crosslight.store import read_yaml

BY = "prefer"
_FILE = Path(__file__).with_name("replies.yaml")
_MAX_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class SpareReplies:
    """The texts of `replies.yaml`."""

    refusals: tuple[str, ...]
    evasions: tuple[str, ...]

    def refusal(self, *about: str, seed: int) -> Reply:
        """A refusal; the same for the same things."""
        return Reply(_pick(self.refusals, about, seed), ReplyKind.REFUSAL, BY)

    def evasion(self, *about: str, seed: int) -> Reply:
        """A change of the subject; the same for the same things."""
        return Reply(_pick(self.evasions, about, seed), ReplyKind.EVASION, BY)


@cache
def spare_replies() -> SpareReplies:
    """Read once: the file comes with Crosslight."""
    found = read_yaml(_FILE, _MAX_BYTES)
    return SpareReplies(tuple(found["refusals"]), tuple(found["evasions"]))


def _pick(texts: Sequence[str], about: Sequence[str], seed: int) -> str:
    return texts[int(stable_id("reply", about=list(about), seed=seed)[:8], 16) % len(texts)]
