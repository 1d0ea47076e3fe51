"""The map of scenarios: places found by meaning, redrawn after each wave.

Categories are not preset. Patterns of the bank carry their scenario, and the bank's scenarios are
fixed points; ideas of a model are gathered into kinds of pattern, and kinds into scenarios, which
join a fixed point or are called after their central pattern. Within a wave the map stays as it
was, so that no name depends on the order in which rows come. The paper does not say how its list
came about; all of this is our choice.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from crosslight.build.bank import Bank
from crosslight.build.waves.cluster import cluster
from crosslight.build.waves.fixed import FixedPoints
from crosslight.build.waves.groups import keep_ids, renamed
from crosslight.build.waves.patterns import SAME, Embed, PatternKinds, slug, told, unit
from crosslight.build.waves.record import AcceptedPattern, Goal, MapVersion, Novelty, Place
from crosslight.build.waves.shares import SHOWN, Balance, balance, drawn, hints_of, inspiring
from crosslight.build.wish import Inspiration, Wish
from crosslight.models import Vectors
from crosslight.records import Triplet
from crosslight.stats import missing_mass

WORTH_A_TITLE = 3
"""A scenario of fewer patterns is called as they are: no model is asked for a title."""
EXAMPLES = 6
"""Accepted patterns kept of a scenario: for a title, and as inspiration."""


class ScenarioMap:
    """Holds the map of a build. Its state follows from what was given to it, in wave order."""

    def __init__(self, bank: Bank, embed: Embed, seed: int) -> None:
        self._bank = bank
        self._embed = embed
        self._seed = seed
        self._fixed = FixedPoints(bank, embed)
        self._kinds = PatternKinds(embed)
        self._bank_scenarios = {p.id: p.scenario for p in bank}
        self._units: dict[str, int] = {}
        self._draws = array("i")
        """Pairs of unit (an unsteered photo) and kind."""
        self._titles: dict[str, tuple[str, str]] = {
            s.scenario: (s.title, s.about) for s in bank.scenarios
        }
        self._titled: dict[str, int] = {}
        self._places: dict[str, Place] = {}
        self._balance = Balance(0.0, {}, ())
        self._examples: dict[str, list[Inspiration]] = {}
        self.versions: list[MapVersion] = []

    def name(self, triplets: Sequence[Triplet]) -> list[str]:
        """The scenario of each triplet by the map as it was last drawn: no order matters."""
        names = [self._known(t.pattern, t.category) for t in triplets]
        new = [t for t, name in zip(triplets, names, strict=True) if not name]
        if new:
            vectors = self._embed([told(t.pattern, t.risk) for t in new])
            places, centres = self._kinds.free()
            found = (
                self._nearest(v, places, centres)
                or self._fixed.near(v, [t.category])
                or slug(t.pattern)
                for t, v in zip(new, vectors, strict=True)
            )
            names = [name or next(found) for name in names]
        return names

    def current(self, pattern: str, category: str, scenario: str) -> str:
        """Today's name of the scenario of a row that was written as `scenario`."""
        return self._known(pattern, category) or scenario

    def close_wave(
        self, accepted: Iterable[AcceptedPattern], unsteered: Collection[str]
    ) -> MapVersion:
        """Draw the map anew. At a stop too: what is there is then named as well as can be.

        `unsteered`: photos whose looks in this wave had no hints. The order of `accepted` does not
        matter.
        """
        rows = sorted(accepted, key=lambda a: (a.photo, a.pattern, a.category, a.text))
        held = len(self._kinds)
        kinds = self._kinds.add(rows, self._bank_scenarios)
        for row, kind in zip(rows, kinds, strict=True):
            if row.drawn and row.photo in unsteered:
                unit_of = self._units.setdefault(row.photo, len(self._units))
                self._draws.extend((unit_of, kind))
        # What only the bank's patterns and counts changed is not drawn anew.
        free = any(not self._kinds[kind].fixed for kind in kinds)
        renames = self._redraw(held) if free else {}
        self._count()
        version = MapVersion(
            wave=len(self.versions),
            places=tuple(self._places.values()),
            novelty=self.novelty(),
            thin=tuple(self._balance.thin),
            renames=renames,
            unnamed=self._unnamed(),
        )
        self.versions.append(version)
        return version

    def retitle(self, scenario: str, title: str, about: str = "") -> None:
        """The author's words for a scenario. Its id stays; the bank's titles stay too."""
        if scenario not in self._fixed.ids:
            self._titles[scenario] = (title, about)
            self._titled[scenario] = self._places[scenario].patterns
            self._count()

    @property
    def titles(self) -> dict[str, str]:
        """Of every scenario on the map that holds something, its name for people."""
        return {name: place.title for name, place in self._places.items() if place.patterns}

    def hints(self, photo: str, already: Sequence[str] = (), turn: int = 0) -> Wish:
        """What to ask of a photo in a steered wave; of other photos other thin scenarios."""
        asked = (self._seed, photo, len(self.versions), turn)
        thin = drawn(self._balance.thin, SHOWN, *asked)
        return Wish(
            photo,
            thin=hints_of(thin, self._places),
            full=hints_of(self._balance.full[:SHOWN], self._places),
            inspiration=inspiring(thin, self._examples, *asked),
            already=tuple(already),
            turn=turn,
        )

    def again(self, nothing: Sequence[str], most: int, turn: int = 1) -> list[Wish]:
        """Second looks, for thin scenarios, at up to `most` photos that gave nothing; in the order
        of `nothing`. None where nothing is thin."""
        if not self._balance.thin:
            return []
        chosen = set(drawn(dict.fromkeys(nothing, 1.0), most, self._seed, "again", turn))
        return [self.hints(photo, turn=turn) for photo in nothing if photo in chosen]

    def novelty(self) -> Novelty:
        """How complete the map is, by what unsteered looks showed."""
        units, kinds = np.array(self._draws, dtype=np.int64).reshape(-1, 2).T
        of_kind = [kind.category for kind in self._kinds]
        categories = np.array(of_kind, dtype=object)[kinds]
        scenario = _numbered([kind.scenario for kind in self._kinds])
        return Novelty(
            overall=missing_mass(units, kinds),
            by_category={
                name: missing_mass(units[categories == name], kinds[categories == name])
                for name in sorted(set(of_kind))
            },
            scenarios=missing_mass(units, scenario[kinds]),
        )

    def done(self, goal: Goal, rows: int = 0) -> str:
        """Why the build has enough, or nothing. `rows`: unsafe rows so far."""
        if goal.target and rows >= goal.target:
            return f"target reached: {rows} of {goal.target} unsafe rows"
        seen = self.versions[-1].novelty.overall if self.versions else None
        if goal.novelty and seen and seen.mass is not None and seen.high <= goal.novelty:
            return (
                f"novelty reached: patterns not yet seen are at most {seen.high:.1%} of what "
                f"further photos would show, goal {goal.novelty:.1%}"
            )
        return ""

    def _known(self, pattern: str, category: str) -> str:
        if pattern in self._bank_scenarios:
            return self._bank_scenarios[pattern]
        kind = self._kinds.find(pattern, category)
        return kind.scenario if kind else ""

    def _nearest(self, vector: Vectors, places: Sequence[int], centres: Vectors) -> str:
        """The scenario of the nearest kind, where it is near enough to be of one pattern."""
        if not places:
            return ""
        likeness = centres @ vector
        best = int(likeness.argmax())
        return self._kinds[places[best]].scenario if likeness[best] >= SAME else ""

    def _redraw(self, held: int) -> dict[str, str]:
        """Group the free kinds and name the groups; returns the renames."""
        places, vectors = self._kinds.free()
        categories = [self._kinds[at].category for at in places]
        members: dict[int, list[int]] = defaultdict(list)
        for row, group in enumerate(cluster(vectors, categories)):
            members[int(group)].append(row)
        before = {at: self._kinds[at].scenario if at < held else "" for at in places}
        after: dict[int, str] = {}
        free: dict[int, list[tuple[str, int]]] = {}
        titles: dict[int, str] = {}
        for group, rows in members.items():
            mean, order = self._centre(places, rows, vectors)
            joined = self._fixed.near(mean, [categories[row] for row in rows])
            if joined:
                after.update((places[row], joined) for row in rows)
                continue
            titles[group] = self._kinds[places[order[0]]].pattern
            free[group] = [(before[places[r]], self._kinds[places[r]].count) for r in rows]
        ids = keep_ids(free, titles, self._fixed.ids)
        for group, name in ids.items():
            after.update((places[row], name) for row in members[group])
            self._titles.setdefault(name, (titles[group], ""))
        for at in places:
            self._kinds[at].scenario = after[at]
        return renamed(before, after, {at: self._kinds[at].count for at in places})

    def _centre(
        self, places: Sequence[int], rows: Sequence[int], vectors: Vectors
    ) -> tuple[Vectors, list[int]]:
        """The mean meaning of a group, weighted by how often each kind came; its rows, most central
        first."""
        weights = np.array([self._kinds[places[row]].count for row in rows], dtype=np.float32)
        mean = unit((weights[:, None] * vectors[rows]).sum(axis=0))
        likeness = vectors[rows] @ mean
        order = sorted(range(len(rows)), key=lambda i: (-round(float(likeness[i]), 5), rows[i]))
        return mean, [rows[i] for i in order]

    def _count(self) -> None:
        """The places of the map: the bank's in its order, then those of this run, largest first."""
        counts = Counter[str]()
        examples: dict[str, list[Inspiration]] = defaultdict(list)
        for kind in self._kinds:
            counts[kind.scenario] += kind.count
            if kind.example and len(examples[kind.scenario]) < EXAMPLES:
                examples[kind.scenario].append(replace(kind.example, scenario=kind.scenario))
        self._examples = {name: shown for name, shown in examples.items() if shown}
        own = sorted(counts.keys() - self._fixed.ids, key=lambda name: (-counts[name], name))
        fixed = [s.scenario for s in self._bank.scenarios]
        self._places = {
            name: Place(name, *self._titles[name], counts[name], name in self._fixed.ids)
            for name in (*fixed, *own)
        }
        self._balance = balance(list(self._places.values()))

    def _unnamed(self) -> dict[str, tuple[Inspiration, ...]]:
        """Scenarios worth a title of an author: new ones, and those that doubled since theirs."""
        return {
            name: tuple(self._examples[name])
            for name, place in sorted(self._places.items())
            if not place.fixed
            and name in self._examples
            and place.patterns >= max(WORTH_A_TITLE, 2 * self._titled.get(name, 0))
        }


def _numbered(names: Sequence[str]) -> NDArray[np.int64]:
    """Equal names get equal numbers."""
    numbers = {name: at for at, name in enumerate(dict.fromkeys(names))}
    return np.array([numbers[name] for name in names], dtype=np.int64)
