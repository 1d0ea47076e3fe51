"""What reviewers said of the rows of a run, as an export takes it: accepted, edited, or why not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from crosslight.runs import Act, Reviews

ACCEPTED = "accepted"
ONLY = (ACCEPTED,)
"""What `--only` knows."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one row what stands of all reviewers together.

    `label`: what they call it, empty where nobody or not all say the same; `edit`: by column.
    """

    accepted: int = 0
    rejected: int = 0
    skipped: int = 0
    label: str = ""
    edit: Mapping[str, str] = field(default_factory=dict)

    @property
    def why_not(self) -> str:
        """Why the row does not count as accepted; empty where it does. One who rejects outweighs
        all who accept: the row is disputed until they agree."""
        if self.rejected:
            return "disputed" if self.accepted else "rejected"
        if self.accepted:
            return ""
        return "skipped" if self.skipped else "not_reviewed"


UNSEEN = Verdict()


def read_verdicts(folder: Path) -> dict[str, Verdict]:
    """By the id of the row; what is said of a judge's rule is no verdict on the row."""
    by_row: dict[str, list[Act]] = {}
    for act in Reviews(folder).standing().values():
        if not act.rule:
            by_row.setdefault(act.row, []).append(act)
    return {row: _together(acts) for row, acts in by_row.items()}


def _together(acts: list[Act]) -> Verdict:
    edit: dict[str, str] = {}
    for act in sorted(acts, key=lambda act: act.at):
        if act.verdict != "reject":
            edit.update(act.edit)
    said = [act.verdict for act in acts]
    labels = {act.label for act in acts if act.label}
    return Verdict(
        accepted=said.count("accept"),
        rejected=said.count("reject"),
        skipped=said.count("skip"),
        label=labels.pop() if len(labels) == 1 else "",
        edit=edit,
    )
