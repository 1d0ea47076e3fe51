"""What the card and the page say of all rows, counted in one pass without holding them.

A photo and an unsafe row cost a number each (some 0.1 KB), whatever stands in them.
"""

from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b
from heapq import nsmallest
from typing import Self

from crosslight.build import NUMBERS, NUMBERS_OF_TWO, Row, StoredRun
from crosslight.export.summary import (
    KINDS,
    CategoryCount,
    DomainCount,
    ScenarioCount,
    Unknowns,
    scenario_title,
    without_folders,
)
from crosslight.policy import domains
from crosslight.runs import SPLITS

CREDITS_SHOWN = 200
"""Photos credited by name in the card; the columns `source`, `licence` and `origin` hold all."""
_PLACE = {split: 1 << at for at, split in enumerate(SPLITS)}
_ELSEWHERE = 1 << len(SPLITS)
"""A split that is none of ours."""
_UNSPLIT = _PLACE["unsplit"]
_WHOLE = ("a control is missing", "the guard did not answer: ", "the guard was unsure: ")
_IN_SHORT = (
    "a control failed",  # an error's words may name a server
    "this control can be told by its words",
    "the guard did not answer of the response",
)
Credit = tuple[str, str, str, str]
"""Source, licence, origin and hash of a photo."""


def number_of(text: str) -> int:
    """Stands for a text in 8 bytes: no two alike are to be expected below 10**9 of them."""
    data = text.encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big", signed=True)


class Counted:
    """Counts over the rows of a dataset."""

    def __init__(self) -> None:
        self.rows = self.sensitive = self.leaks = self.stated = 0
        self.two = False
        self.placed = Counter[tuple[str, str]]()
        """Rows by kind and split."""
        self.labels = Counter[str]()
        self.decided = Counter[str]()
        self.licences = Counter[str]()
        """Photos by licence, as the input stated it."""
        self.scenario_kinds: dict[str, Counter[str]] = {}
        self._categories = Counter[str]()
        self._unsafe_categories = Counter[str]()
        self._missing: dict[str, Counter[str]] = {}
        self._noted = Counter[str]()
        self._splits_of: dict[int, int] = {}
        self._beside: dict[int, int] = {}
        self._kind_places = {kind: 1 << at for at, kind in enumerate(KINDS)}
        self._credits: list[Credit] = []

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Self:
        """Of these rows, which are gone through once."""
        counted = cls()
        for row in rows:
            counted.add(row)
        return counted

    def add(self, row: Row) -> None:
        """One row."""
        unsafe = row.kind == "unsafe"
        self.rows += 1
        self.sensitive += row.sensitive
        self.leaks += row.leak
        self.stated += unsafe and row.text_alone is None
        self.two = self.two or bool(row.photo_2)
        self.placed[row.kind, row.split] += 1
        self.labels[row.label] += 1
        self.decided[row.decided_by or "not stated"] += 1
        self.scenario_kinds.setdefault(row.scenario, Counter())[row.kind] += 1
        self._categories[row.category] += 1
        self._unsafe_categories[row.category] += unsafe
        lacks = self._missing.setdefault(row.kind, Counter())
        lacks.update(name for name in _EVERY_NUMBER if getattr(row, name) is None)
        self._noted.update(
            note.split(": ")[0] if note.startswith(_IN_SHORT) else note
            for note in dict.fromkeys(row.notes)
            if note.startswith((*_IN_SHORT, *_WHOLE))
        )
        if (place := self._kind_places.get(row.kind)) is not None:
            of = number_of(row.id if unsafe else row.parent)
            self._beside[of] = self._beside.get(of, 0) | place
        self._photo(row.photo, row.split, row.source, row.licence, row.origin)
        if row.photo_2:
            self._photo(row.photo_2, row.split, row.source_2, row.licence_2, row.origin_2)

    def _photo(self, photo: str, split: str, source: str, licence: str, origin: str) -> None:
        key, place = number_of(photo), _PLACE.get(split, _ELSEWHERE)
        if (known := self._splits_of.get(key)) is not None:
            self._splits_of[key] = known | place
            return
        self._splits_of[key] = place
        self.licences[licence or "not stated"] += 1
        self._credits.append((without_folders(source), licence, origin, photo))
        if len(self._credits) > 4 * CREDITS_SHOWN:
            self._credits = nsmallest(CREDITS_SHOWN, self._credits)

    def __contains__(self, photo: object) -> bool:
        """Whether a row shows this photo."""
        return isinstance(photo, str) and number_of(photo) in self._splits_of

    @property
    def photos(self) -> int:
        """How many photos are shown."""
        return len(self._splits_of)

    @property
    def kinds(self) -> Counter[str]:
        """Rows by kind."""
        found = Counter[str]()
        for (kind, _), n in self.placed.items():
            found[kind] += n
        return found

    @property
    def numbers(self) -> tuple[str, ...]:
        """The columns that hold the numbers of these rows."""
        return NUMBERS_OF_TWO if self.two else NUMBERS

    @property
    def credits(self) -> list[Credit]:
        """The first photos by the names of their sources, `CREDITS_SHOWN` at most."""
        return nsmallest(CREDITS_SHOWN, self._credits)

    @property
    def shared_photos(self) -> int:
        """Photos that stand in more than one split; a sound split has none."""
        return sum((seen & ~_UNSPLIT).bit_count() > 1 for seen in self._splits_of.values())

    def photos_in(self, split: str) -> int:
        """Photos of the rows of a split."""
        place = _PLACE.get(split, _ELSEWHERE)
        return sum(bool(seen & place) for seen in self._splits_of.values())

    @property
    def without_controls(self) -> dict[str, int]:
        """Unsafe rows beside which no control of a kind stands, by the kind."""
        unsafe = self._kind_places["unsafe"]
        stand = Counter(seen for seen in self._beside.values() if seen & unsafe)
        return {
            kind: sum(n for seen, n in stand.items() if not seen & place)
            for kind, place in self._kind_places.items()
            if kind != "unsafe"
        }

    @property
    def noted(self) -> tuple[tuple[str, int], ...]:
        """What the notes of rows say of controls that are missing and of what a guard left
        unanswered, and how many rows say it; the most frequent first."""
        return tuple(sorted(self._noted.items(), key=lambda one: (-one[1], one[0])))

    @property
    def domains(self) -> tuple[DomainCount, ...]:
        """Every leaf of the taxonomy, gaps included; names that it does not know come last."""
        unsafe, every = self._unsafe_categories, self._categories
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

    @property
    def unknowns(self) -> tuple[Unknowns, ...]:
        """Missing numbers by kind of row."""
        kinds, missing = self.kinds, self._missing
        return tuple(
            Unknowns(kind, kinds[kind], {name: missing[kind][name] for name in self.numbers})
            for kind in all_kinds(kinds)
            if kind in kinds
        )


_EVERY_NUMBER = tuple(dict.fromkeys((*NUMBERS, *NUMBERS_OF_TWO)))


def all_kinds(found: Iterable[str]) -> tuple[str, ...]:
    """The three kinds, then any other."""
    return (*KINDS, *sorted(set(found) - set(KINDS)))


def scenarios(run: StoredRun, counted: Counted) -> tuple[ScenarioCount, ...]:
    """Every scenario with its rows by kind, the largest first."""
    counts = counted.scenario_kinds
    bound = thin_below(run, [c["unsafe"] for c in counts.values()])
    found = [
        ScenarioCount(
            id=id,
            title=scenario_title(id, run.manifest.titles),
            kinds={kind: kinds.get(kind, 0) for kind in all_kinds(kinds)},
            thin=kinds.get("unsafe", 0) < bound,
        )
        for id, kinds in counts.items()
    ]
    return tuple(sorted(found, key=lambda s: (-s.kinds["unsafe"], -s.total, s.id)))


def thin_below(run: StoredRun, unsafe: Iterable[int]) -> int:
    """The bound of thin: the run's own setting, else half of the median, and never under 2."""
    own: int | None = run.manifest.thin_below
    if own is not None:
        return own
    ordered = sorted(unsafe)
    return max(2, ordered[len(ordered) // 2] // 2) if ordered else 0
