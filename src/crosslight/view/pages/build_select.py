"""Which rows a page shows: families of an unsafe row and its controls, spread over scenarios."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from crosslight.build import Row

CONTROLS_SHOWN = 6
"""Controls of one family that a page shows."""


@dataclass(frozen=True, slots=True)
class Family:
    """An idea: its first wording, the further ones, and the controls made from them. A control
    whose parent is missing stands alone."""

    main: Row
    controls: tuple[Row, ...] = ()
    wordings: tuple[Row, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every row that is shown of this family."""
        return (self.main, *self.wordings, *self.controls)


def families(rows: Iterable[Row]) -> tuple[Family, ...]:
    """Group the wordings of an idea, and the controls under the row they were made from, in the
    order of the dataset."""
    every = tuple(rows)
    ideas: dict[tuple[str, str], list[Row]] = {}
    mains: dict[str, tuple[str, str]] = {}
    for row in every:
        if row.kind == "unsafe":
            mains[row.id] = (row.photo, row.pattern or row.id)
            ideas.setdefault(mains[row.id], []).append(row)
    controls: dict[tuple[str, str], list[Row]] = {}
    for row in every:
        if row.kind != "unsafe" and row.parent in mains:
            controls.setdefault(mains[row.parent], []).append(row)
    found = []
    for row in every:
        if row.id not in mains:
            found += [] if row.parent in mains else [Family(row)]
        elif (wordings := ideas[mains[row.id]])[0] is row:
            shown = tuple(controls.get(mains[row.id], ())[:CONTROLS_SHOWN])
            found.append(Family(row, shown, tuple(wordings[1:])))
    return tuple(found)


def choose(found: Iterable[Family], limit: int) -> tuple[Family, ...]:
    """At most `limit` families: scenarios take turns, and each shows its variety first."""
    queues: dict[str, list[Family]] = {}
    for family in found:
        queues.setdefault(family.main.scenario, []).append(family)
    ordered = {name: _varied(queue) for name, queue in queues.items()}
    chosen: list[Family] = []
    turn = 0
    while len(chosen) < limit and any(turn < len(queue) for queue in ordered.values()):
        chosen.extend(ordered[name][turn] for name in sorted(ordered) if turn < len(ordered[name]))
        turn += 1
    return tuple(chosen[:limit])


def striking(found: Iterable[Family], count: int) -> tuple[Family, ...]:
    """The families to open with: widest gap between the pair and its parts, nothing sensitive.

    No two share a scenario or a photo. Families with an unknown number are not among them.
    """
    ranked = sorted(
        (family for family in found if _fit_to_open(family)),
        key=lambda family: (-(family.main.gap or 0.0), len(family.main.text), family.main.id),
    )
    chosen: list[Family] = []
    for family in ranked:
        taken = {(f.main.scenario) for f in chosen} | {f.main.photo for f in chosen}
        if len(chosen) < count and not {family.main.scenario, family.main.photo} & taken:
            chosen.append(family)
    return tuple(chosen)


def _fit_to_open(family: Family) -> bool:
    row = family.main
    return row.kind == "unsafe" and not row.sensitive and row.gap is not None


def _varied(queue: list[Family]) -> list[Family]:
    """Unsafe rows first; each photo and each pattern once, then each a second time, and so on."""
    ranked = sorted(queue, key=lambda f: (f.main.kind != "unsafe", -(f.main.gap or 0.0), f.main.id))
    photos: Counter[str] = Counter()
    patterns: Counter[str] = Counter()
    keyed = []
    for place, family in enumerate(ranked):
        row = family.main
        keyed.append(
            ((row.kind != "unsafe", photos[row.photo], patterns[row.pattern], place), family)
        )
        photos[row.photo] += 1
        patterns[row.pattern] += 1
    return [family for _, family in sorted(keyed, key=lambda pair: pair[0])]
