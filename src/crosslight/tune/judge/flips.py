"""Policy flips: the same row under a policy that allows its category is safe.

A judge that was tuned on one policy judges by taste. (`judge --flip-test` measures that.) So an
unsafe row also stands with its own category allowed, as safe; and rows of both labels stand with
another category allowed and their label kept, so that "allowed" alone tells nothing.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from crosslight.records import stable_id
from crosslight.tune.judge.rows import JudgeRow

Flip = Literal["", "flip", "decoy"]


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """A row under a policy: the categories that are allowed there, and what it then is."""

    row: JudgeRow
    allowed: tuple[str, ...] = ()
    unsafe: bool = False
    kind: Flip = ""

    @property
    def id(self) -> str:
        """Of the row, with what was done to its policy."""
        return f"{self.row.id}-{self.kind}" if self.kind else self.row.id


def with_flips(
    rows: Sequence[JudgeRow], names: Sequence[str], seed: int, *, flips: bool = True
) -> Iterator[PolicyRow]:
    """Each row as it is and, with `flips`, under other policies. `names` are the categories."""
    for row in rows:
        yield PolicyRow(row, (), bool(row.unsafe))
        if not flips:
            continue
        own = row.category if row.unsafe and row.category in names else ""
        if own:
            yield PolicyRow(row, (own,), False, "flip")
        others = [name for name in names if name != own]
        # An unsafe row whose category is not known may be of any that would be allowed.
        if others and (own or not row.unsafe):
            chance = random.Random(stable_id("flip", row=row.id, seed=seed))  # noqa: S311
            yield PolicyRow(row, (chance.choice(others),), bool(row.unsafe), "decoy")
