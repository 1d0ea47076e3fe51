"""What a build leaves: its tables, its part of `run.json`, and the account of its inputs.

All of it is read from the log, row by row.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path
from typing import Any

from crosslight.build.bank import Bank, bank_hash
from crosslight.build.config import BuildConfig
from crosslight.build.counts import RowCounts, RowTally, control_failed, persons_told, unread_told
from crosslight.build.dataset import addressed, write_dataset
from crosslight.build.drafts import write_drafts
from crosslight.build.roles import UNREAD_NOTES
from crosslight.build.row_log import RowLog
from crosslight.build.splits import Said, Splits, groups_in
from crosslight.build.waves import ScenarioMap
from crosslight.photos import LeftOut
from crosslight.records import Kind, Sample, canonical
from crosslight.runs import NOT_REACHED, Account, Lost
from crosslight.store import ImageStore
from crosslight.text import plural

SCREEN = "screen"
UNREAD = "not_reached"
"""The fate of an input that a stop left unread."""
NAMED_AT_ONCE = 500
LONE = "worded after an idea that has no row: its own answer was dropped, or failed"
"""Stands on rows whose parent is not in the dataset."""


@dataclass(frozen=True, slots=True)
class BuildOutcome:
    """Everything that a finished (or stopped) build knows."""

    log: RowLog
    scenarios: ScenarioMap
    account: RowCounts
    bank: Bank
    ours: bool
    """Whether it is the bank that comes along."""
    config: BuildConfig
    prompts: Mapping[str, str]
    command: Sequence[str]


@dataclass(slots=True)
class Tally(RowTally):
    """What was counted while the dataset was written."""

    patterns: set[str] = field(default_factory=set)
    speaking: int = 0
    """Rows of which a text speaks to the judge."""
    unread: int = 0
    """Rows of which a guard left a question unanswered."""
    notes: list[str] = field(default_factory=list)
    beside: LeftOut = field(default_factory=LeftOut)

    def add(self, row: Sample, split: str) -> None:
        """One row."""
        self.count(row.label, str(row.kind), split)
        self.patterns.add(row.triplet.pattern)
        self.speaking += bool(addressed(row))
        self.unread += any(note.startswith(UNREAD_NOTES) for note in row.check.notes)


def write_build(
    out: Path,
    log: RowLog,
    scenarios: ScenarioMap,
    images: ImageStore,
    config: BuildConfig,
    provenance: dict[str, str],
    *,
    copies: bool = False,
) -> Tally:
    """Write the dataset and the drafts of all rows in the log. `copies`: the screen let them in."""
    groups = groups_in(log) if copies else {}
    album = int(log.one("SELECT COUNT(*) FROM photos")) - len(groups)
    said = map(Said.by, log.rows(provenance))
    splits = Splits.of(said, config.split_by, config.seed, groups, album)
    tally = Tally(beside=LeftOut(config.keep_exif))

    def rows() -> Iterator[tuple[Sample, str]]:
        for row in _named(log.rows(provenance), scenarios):
            split = splits.place(Said.by(row))
            tally.add(row, split)
            yield _with_reasons(_with_parent(row, log), log, controls=config.controls), split

    write_dataset(out, rows(), log.photo, images, tally.beside)
    write_drafts(out, log, scenarios)
    tally.notes += [*splits.notes(), *unread_told(tally.unread)]
    return tally


def _with_parent(row: Sample, log: RowLog) -> Sample:
    """A wording or transfer names the row that it came of, unless that one was kept without an
    answer: then it stands for itself."""
    if not row.parent or log.one("SELECT 1 FROM rows WHERE id = ?", (row.parent,)):
        return row
    check = replace(row.check, notes=(*row.check.notes, LONE))
    return replace(row, parent="", check=check)


def _with_reasons(row: Sample, log: RowLog, *, controls: bool) -> Sample:
    """An unsafe row says why it lacks a control."""
    if row.kind is not Kind.UNSAFE:
        return row
    notes = missing_controls(log, row.triplet.photo, row.id)
    if controls and log.one("SELECT 1 FROM asked WHERE row = ?", (row.id,)) is None:
        notes.append("a control is missing: no photo was sought before the stop")
    check = replace(row.check, notes=(*row.check.notes, *notes))
    return replace(row, check=check) if notes else row


def missing_controls(log: RowLog, photo: str, row: str) -> list[str]:
    """Why a row lacks controls, as notes."""
    found = log.read(
        "SELECT DISTINCT failed, reason FROM lost WHERE photo = ? AND row = ? AND step = 'controls'"
        " ORDER BY failed, reason",
        (photo, row),
    )
    notes = [
        control_failed(reason) if failed else f"a control is missing: {_words(reason)}"
        for failed, reason in found
    ]
    return list(dict.fromkeys(notes))


def _words(reason: str) -> str:
    # Of a control it is no loss: whoever reads the row must find the other.
    shared = "the same one stands beside another row"
    return shared if reason == "duplicate_row" else reason.replace("_", " ")


def _named(rows: Iterator[Sample], scenarios: ScenarioMap) -> Iterator[Sample]:
    """Rows with the scenarios that the map has for them today."""
    while some := list(islice(rows, NAMED_AT_ONCE)):
        names = scenarios.name([row.triplet for row in some])
        for row, name in zip(some, names, strict=True):
            yield replace(row, triplet=replace(row.triplet, scenario=name))


class LostRows(Collection[Lost]):
    """All rows that left early, and what was not reached, read anew from the log each time."""

    def __init__(self, log: RowLog, ends: str = "") -> None:
        """`ends`: another question than that of a build of one photo."""
        self._log, self._ends = log, ends or _ENDS

    def __iter__(self) -> Iterator[Lost]:
        return chain(self._log.lost(), self._unread(), self._not_reached())

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, one: object) -> bool:
        return any(one == lost for lost in self)

    def _unread(self) -> Iterator[Lost]:
        found = self._log.stream("SELECT source FROM inputs WHERE fate = ? ORDER BY at", (UNREAD,))
        return (Lost(NOT_REACHED, source) for (source,) in found)

    def _not_reached(self) -> Iterator[Lost]:
        for photo, worst in self._log.stream(self._ends):
            if worst is None:
                yield Lost(NOT_REACHED, self._log.photo(photo).source, photo)


_ENDS = """
SELECT p.id, (SELECT MAX(failed) FROM lost l WHERE l.photo = p.id AND (p.visited OR l.row = ''))
FROM photos p WHERE NOT EXISTS (SELECT 1 FROM rows r WHERE r.photo = p.id) ORDER BY p.at
"""
"""Photos without a row, and how they ended: 1 failed, 0 dropped, NULL under way or not begun. Of a
walk that a stop cut short, drafts that fell say nothing of the photo."""


def account_of(log: RowLog, ends_of: str = "") -> Account:
    """What became of each input. A photo is finished when a row stands on it; else it ended as the
    worst of its drafts did. `ends_of`: another question than that of a build of one photo."""
    ends = Counter(worst for _, worst in log.stream(ends_of or _ENDS))
    fates = dict(
        log.read(
            "SELECT fate, COUNT(*) FROM inputs WHERE fate IN ('Dropped', 'Failed') GROUP BY fate"
        )
    )
    return Account(
        int(log.one("SELECT COUNT(*) FROM inputs")),
        int(log.one("SELECT COUNT(*) FROM photos")) - ends.total(),
        fates.get("Dropped", 0) + ends[0],
        fates.get("Failed", 0) + ends[1],
    )


def _bounds(bank: Bank, patterns: Collection[str]) -> dict[str, str]:
    """Where and when the patterns of these rows hold, of those that do not everywhere."""
    used = sorted(set(patterns) & bank.patterns.keys())
    return {id: bounds for id in used if (bounds := "; ".join(bank.patterns[id].bounds))}


def inputs_hash(log: RowLog) -> str:
    """The hash of all inputs with what became of them, without holding them all."""
    whole = sha256(b"[")
    for at, one in enumerate(log.stream("SELECT source, fate FROM inputs ORDER BY at")):
        whole.update((b"," if at else b"") + canonical(list(one)))
    whole.update(b"]")
    return whole.hexdigest()


_PERSONS = """
SELECT person FROM photos p WHERE EXISTS (SELECT 1 FROM rows r WHERE r.photo = p.id)
"""


def describe(outcome: BuildOutcome, tally: Tally) -> dict[str, Any]:
    """The part of `run.json` that is the same whenever the same run ends."""
    speaking = tally.speaking
    told = f"in {plural(speaking, 'row')} a text speaks to the judge: see the rows' notes"
    return {
        "notes": [*([told] if speaking else []), *tally.notes],
        "rows": tally.rows,
        "photos_with_rows": int(outcome.log.one("SELECT COUNT(DISTINCT photo) FROM rows")),
        "photos": int(outcome.log.one("SELECT COUNT(*) FROM photos")),
        "labels": dict(sorted(tally.labels.items())),
        "kinds": dict(sorted(tally.kinds.items())),
        "splits": dict(sorted(tally.splits.items())),
        "persons": persons_told(shown for (shown,) in outcome.log.stream(_PERSONS)),
        "beside_pixels": tally.beside.as_json(),
        "funnel": outcome.account.as_json(),
        "coverage": [version.as_json() for version in outcome.scenarios.versions],
        "titles": {
            **{s.scenario: s.title for s in outcome.bank.scenarios},
            **outcome.scenarios.titles,
        },
        "settings": {**outcome.config.as_json(), "command": list(outcome.command)},
        "prompts": dict(outcome.prompts),
        "bank": {
            "patterns": len(outcome.bank),
            "sha256": bank_hash(outcome.bank),
            "ours": outcome.ours,
            "bounds": _bounds(outcome.bank, tally.patterns),
        },
        "data": {"inputs_sha256": inputs_hash(outcome.log)},
    }
