"""Counts over the rows of a run that both the card and the report print."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from crosslight.build import NUMBERS, NUMBERS_OF_TWO, BankError, Row, Run, read_bank
from crosslight.policy import domains

KINDS = ("unsafe", "control_text", "control_photo")
KIND_TITLES = {
    "unsafe": "unsafe together",
    "control_text": "same photo, harmless text",
    "control_photo": "same text, harmless photo",
    "hard_negative": "same photo, about the risky thing, harmless still",
}
NUMBER_TITLES = {
    "text_alone": "sentence alone",
    "text_elsewhere": "sentence beside other photos",
    "photo_alone": "photo alone",
    "together": "photo and sentence together",
    "photo_2_alone": "second photo alone",
    "with_first": "sentence with the first photo",
    "with_second": "sentence with the second photo",
}
NUMBER_MEANINGS = {
    "text_alone": "probability that the sentence is unsafe when nothing is seen",
    "text_elsewhere": "probability that it is unsafe beside other photos, where it was read there",
    "photo_alone": "probability that the photo is unsafe when nothing is said",
    "together": "probability that this sentence with what is shown is unsafe",
    "photo_2_alone": "probability that the second photo is unsafe when nothing is said",
    "with_first": "probability that the sentence is unsafe with the first photo and no other",
    "with_second": "probability that the sentence is unsafe with the second photo and no other",
}


def number_names(rows: Iterable[Row]) -> tuple[str, ...]:
    """The columns that hold the numbers of these rows."""
    return NUMBERS_OF_TWO if any(row.photo_2 for row in rows) else NUMBERS


@dataclass(frozen=True, slots=True)
class ScenarioCount:
    """Rows of one scenario by kind; `thin` where too few are unsafe."""

    id: str
    title: str
    kinds: dict[str, int]
    thin: bool

    @property
    def total(self) -> int:
        """Rows of all kinds."""
        return sum(self.kinds.values())


@dataclass(frozen=True, slots=True)
class CategoryCount:
    """Unsafe rows of one leaf of the taxonomy (0 is a gap worth knowing)."""

    id: str
    title: str
    unsafe: int
    rows: int


@dataclass(frozen=True, slots=True)
class DomainCount:
    """The leaves of a domain with their counts."""

    title: str
    leaves: tuple[CategoryCount, ...]


@dataclass(frozen=True, slots=True)
class Unknowns:
    """How many rows of a kind lack each of the four numbers."""

    kind: str
    rows: int
    missing: dict[str, int]


def scenario_title(scenario: str) -> str:
    """A scenario's name for people: the bank's title, else its id in words."""
    try:
        title = read_bank().title(scenario)
    except BankError:
        title = scenario
    return title if title != scenario else scenario.replace("_", " ")


def scenarios(run: Run) -> tuple[ScenarioCount, ...]:
    """Every scenario with its rows by kind, the largest first."""
    counts: dict[str, Counter[str]] = {}
    for row in run.rows:
        counts.setdefault(row.scenario, Counter())[row.kind] += 1
    bound = thin_below(run, [c["unsafe"] for c in counts.values()])
    found = [
        ScenarioCount(
            id=id,
            title=run.manifest.titles.get(id) or scenario_title(id),
            kinds={kind: kinds.get(kind, 0) for kind in _kinds(kinds)},
            thin=kinds.get("unsafe", 0) < bound,
        )
        for id, kinds in counts.items()
    ]
    return tuple(sorted(found, key=lambda s: (-s.kinds["unsafe"], -s.total, s.id)))


def without_controls(rows: Iterable[Row]) -> dict[str, int]:
    """Unsafe rows beside which no control of a kind stands, by the kind."""
    every = tuple(rows)
    beside = {(row.parent, row.kind) for row in every}
    unsafe = [row.id for row in every if row.kind == "unsafe"]
    return {
        kind: sum((id, kind) not in beside for id in unsafe) for kind in KINDS if kind != "unsafe"
    }


def noted(rows: Iterable[Row]) -> tuple[tuple[str, int], ...]:
    """What the notes of rows say of controls that are missing and of what a guard left unanswered,
    and how many rows say it; the most frequent first."""
    found = Counter(
        note.split(": ")[0] if note.startswith(_IN_SHORT) else note
        for row in rows
        for note in dict.fromkeys(row.notes)
        if note.startswith((*_IN_SHORT, *_WHOLE))
    )
    return tuple(sorted(found.items(), key=lambda one: (-one[1], one[0])))


_WHOLE = ("a control is missing", "the guard did not answer: ", "the guard was unsure: ")
_IN_SHORT = (
    "a control failed",  # an error's words may name a server
    "this control can be told by its words",
    "the guard did not answer of the response",
)


def thin_below(run: Run, unsafe: Iterable[int]) -> int:
    """The bound of thin: the run's own setting, else half of the median, and never under 2."""
    own = run.manifest.thin_below
    if own is not None:
        return own
    ordered = sorted(unsafe)
    return max(2, ordered[len(ordered) // 2] // 2) if ordered else 0


def categories(rows: Iterable[Row]) -> tuple[DomainCount, ...]:
    """Every leaf of the taxonomy, gaps included; names that it does not know come last."""
    unsafe: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for row in rows:
        every[row.category] += 1
        unsafe[row.category] += row.kind == "unsafe"
    found = [
        DomainCount(
            domain.title,
            tuple(
                CategoryCount(one.id, one.title, unsafe[one.id], every[one.id])
                for one in domain.leaves
            ),
        )
        for domain in domains()
    ]
    known = {one.id for domain in domains() for one in domain.leaves}
    foreign = tuple(
        CategoryCount(id, id, unsafe[id], every[id]) for id in sorted(every) if id not in known
    )
    return (*found, DomainCount("Not in the taxonomy", foreign)) if foreign else tuple(found)


def unknowns(rows: Iterable[Row]) -> tuple[Unknowns, ...]:
    """Missing numbers by kind of row."""
    rows = tuple(rows)
    names = number_names(rows)
    total: Counter[str] = Counter()
    missing: dict[str, Counter[str]] = {}
    for row in rows:
        total[row.kind] += 1
        lacks = missing.setdefault(row.kind, Counter())
        lacks.update(name for name in names if getattr(row, name) is None)
    return tuple(
        Unknowns(kind, total[kind], {n: missing[kind][n] for n in names})
        for kind in _kinds(total)
        if kind in total
    )


def shared_photos(rows: Iterable[Row]) -> int:
    """Photos that stand in more than one split; a sound split has none."""
    splits: dict[str, set[str]] = {}
    for row in rows:
        if row.split != "unsplit":
            for photo in row.photos:
                splits.setdefault(photo, set()).add(row.split)
    return sum(len(found) > 1 for found in splits.values())


def _kinds(found: Iterable[str]) -> tuple[str, ...]:
    """The three kinds, then any other."""
    return (*KINDS, *sorted(set(found) - set(KINDS)))
