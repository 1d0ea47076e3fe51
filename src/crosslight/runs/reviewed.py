"""What all reviewers together say of a row: the one rule of when it is accepted.

Of each reviewer what stands counts (the last act; undos are taken off). One who rejects outweighs
all who accept: the row is disputed until they agree. A skip says nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from crosslight.runs.reviews import Act, ReviewKey


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Of one row, or of a rule on it, what stands of all reviewers together.

    `labels`: by reviewer; `edit`: by column, of two reviewers the later; `edits_differ`: columns
    for which two reviewers want different words. What one who rejects would edit does not count.
    """

    accepted: int = 0
    rejected: int = 0
    skipped: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    edit: Mapping[str, str] = field(default_factory=dict)
    edits_differ: tuple[str, ...] = ()

    @property
    def why_not(self) -> str:
        """Why the row does not count as accepted; empty where it does."""
        if self.rejected:
            return "disputed" if self.accepted else "rejected"
        if self.accepted:
            return ""
        return "skipped" if self.skipped else "not_reviewed"

    @property
    def label(self) -> str:
        """What reviewers call it; empty where nobody does, or not all say the same."""
        said = set(self.labels.values())
        return said.pop() if len(said) == 1 else ""

    @property
    def labels_differ(self) -> bool:
        """Whether no label can be taken, for reviewers call it different things."""
        return len(set(self.labels.values())) > 1


UNSEEN = Reviewed()


def reviewed_things(standing: Mapping[ReviewKey, Act]) -> dict[tuple[str, str], Reviewed]:
    """By row and rule (empty: the row as a whole), in the order of rows."""
    said: dict[tuple[str, str], list[Act]] = {}
    for key, act in sorted(standing.items()):
        said.setdefault((key.row, key.rule), []).append(act)
    return {thing: _together(acts) for thing, acts in said.items()}


def reviewed_rows(standing: Mapping[ReviewKey, Act]) -> dict[str, Reviewed]:
    """By row; what is said of a judge's rule is no verdict on the row."""
    things = reviewed_things(standing)
    return {row: reviewed for (row, rule), reviewed in things.items() if not rule}


def accepted_rows(standing: Mapping[ReviewKey, Act]) -> dict[str, Mapping[str, str]]:
    """Rows that somebody accepted and nobody rejected, each with its edits (column -> text)."""
    rows = reviewed_rows(standing)
    return {row: reviewed.edit for row, reviewed in rows.items() if not reviewed.why_not}


def _together(acts: Iterable[Act]) -> Reviewed:
    edit: dict[str, str] = {}
    differ = set()
    by_time = sorted(acts, key=lambda act: act.at)
    for act in by_time:
        if act.verdict != "reject":
            differ |= {name for name, text in act.edit if edit.get(name, text) != text}
            edit.update(act.edit)
    said = [act.verdict for act in by_time]
    return Reviewed(
        accepted=said.count("accept"),
        rejected=said.count("reject"),
        skipped=said.count("skip"),
        labels={act.by: act.label for act in by_time if act.label},
        edit=edit,
        edits_differ=tuple(sorted(differ)),
    )
