"""How far reviewers are, where they differ, and how much they agree beyond chance."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from crosslight.runs import Act, ReviewKey
from crosslight.stats import Agreement, rater_agreement

DECIDED: Final = ("accept", "reject")
"""A skip says nothing of the row: it is a missing verdict, never a third class."""


@dataclass(frozen=True, slots=True)
class Reviewer:
    """What one reviewer has done: rows by verdict, edited and labelled; `shown`: pictures that were
    revealed before the decision, of all days and of today (UTC)."""

    by: str
    accepted: int
    rejected: int
    skipped: int
    edited: int
    labelled: int
    shown: int
    shown_today: int

    @property
    def decided(self) -> int:
        """Rows that this reviewer accepted or rejected."""
        return self.accepted + self.rejected


@dataclass(frozen=True, slots=True)
class Dispute:
    """A row (or a rule on it) of which reviewers say different things; `by_text`: (reviewer,
    what they say)."""

    row: str
    rule: str
    said: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class Agreed:
    """Agreement on `what`: verdicts, labels, or labels of a rule."""

    what: str
    found: Agreement


def reviewers(acts: Iterable[Act], standing: Mapping[ReviewKey, Act], today: str) -> list[Reviewer]:
    """Everybody who said something, by name. `today`: YYYY-MM-DD."""
    seen: dict[str, dict[str, str]] = {}
    for act in acts:
        days = seen.setdefault(act.by, {})
        if act.shown:  # one exposure a row and day, however often it was decided
            days[f"{act.row}\n{act.at[:10]}"] = act.at[:10]
    return [
        _reviewer(by, [a for key, a in standing.items() if key.by == by], days, today)
        for by, days in sorted(seen.items())
    ]


def _reviewer(by: str, said: list[Act], days: Mapping[str, str], today: str) -> Reviewer:
    verdicts = [act.verdict for act in said]
    return Reviewer(
        by=by,
        accepted=verdicts.count("accept"),
        rejected=verdicts.count("reject"),
        skipped=verdicts.count("skip"),
        edited=sum(bool(act.edit) for act in said),
        labelled=sum(bool(act.label) for act in said),
        shown=len(days),
        shown_today=sum(day == today for day in days.values()),
    )


def disputes(standing: Mapping[ReviewKey, Act]) -> list[Dispute]:
    """Where two reviewers differ in verdict or label, in the order of rows."""
    by_thing: dict[tuple[str, str], list[Act]] = {}
    for key, act in sorted(standing.items()):
        by_thing.setdefault((key.row, key.rule), []).append(act)
    return [
        Dispute(row, rule, tuple(said))
        for (row, rule), said in by_thing.items()
        if len({a.verdict for a in said if a.verdict in DECIDED}) > 1
        or len({a.label for a in said if a.label}) > 1
    ]


def agreement(standing: Mapping[ReviewKey, Act]) -> list[Agreed]:
    """On verdicts, on labels of whole rows, and on those of each rule, where two took part."""
    verdicts = [(k.by, k.row, a.verdict) for k, a in standing.items() if a.verdict in DECIDED]
    labels: dict[str, list[tuple[str, str, str]]] = {}
    for key, act in standing.items():
        if act.label:
            labels.setdefault(key.rule, []).append((key.by, key.row, act.label))
    asked = [("verdicts", verdicts)]
    asked += [(f"labels, {rule}" if rule else "labels", t) for rule, t in sorted(labels.items())]
    return [
        Agreed(what, rater_agreement(triples))
        for what, triples in asked
        if len({by for by, _, _ in triples}) > 1
    ]
