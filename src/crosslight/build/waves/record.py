"""What goes into the map of scenarios, and what comes out of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from crosslight.build.wish import Inspiration, ScenarioHint
from crosslight.stats import MissingMass


@dataclass(frozen=True, slots=True)
class AcceptedPattern:
    """An idea that passed the cross-check: one a photo and pattern, whatever its wordings.

    `drawn` is false for a pattern that was moved here from another photo, and for one of a second
    look: neither tells how frequent it is. `sensitive` ones inspire no author.
    """

    photo: str
    pattern: str
    category: str
    scenario: str
    element: str
    text: str
    risk: str
    sensitive: bool = field(default=False, kw_only=True)
    drawn: bool = field(default=True, kw_only=True)


@dataclass(frozen=True, slots=True)
class Place:
    """A scenario on the map. `fixed` ones are the bank's: they are never merged or renamed."""

    id: str
    title: str
    about: str
    patterns: int
    fixed: bool

    @property
    def hint(self) -> ScenarioHint:
        """As an author is shown it."""
        return ScenarioHint(self.id, self.title, self.about)


@dataclass(frozen=True, slots=True)
class Novelty:
    """The mass of what unsteered looks have not shown yet: the chance that the next accepted
    pattern of such a look is new. `scenarios` is the same of whole scenarios."""

    overall: MissingMass
    by_category: Mapping[str, MissingMass]
    scenarios: MissingMass

    def __str__(self) -> str:
        found = self.overall
        if found.mass is None:
            return f"how much is still unseen cannot be said: {found.note} without hints"
        return (
            f"not seen yet: {found.mass:.0%} ({found.low:.0%} to {found.high:.0%}) of the patterns "
            f"that further looks without hints would show, by {found.draws:,} draws"
        )

    def as_json(self) -> dict[str, Any]:
        """As it stands in `run.json`."""
        return {
            "patterns": asdict(self.overall),
            "scenarios": asdict(self.scenarios),
            "categories": {name: asdict(one) for name, one in self.by_category.items()},
        }


@dataclass(frozen=True, slots=True)
class MapVersion:
    """The map after a wave. `renames` are ids that the versions before this one gave: old to new.

    `thin` is what the next wave is asked for. `unnamed` are scenarios that an author should title
    (`ScenarioMap.retitle`), with some of their patterns: new ones, and those that doubled since.
    """

    wave: int
    places: tuple[Place, ...]
    novelty: Novelty
    thin: tuple[str, ...] = ()
    renames: Mapping[str, str] = field(default_factory=dict)
    unnamed: Mapping[str, tuple[Inspiration, ...]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As it stands in `run.json`, under `coverage`."""
        return {
            "round": self.wave,
            "counts": {place.id: place.patterns for place in self.places if place.patterns},
            "grown": list(self.thin),
            "titles": {place.id: place.title for place in self.places if place.patterns},
            "renames": dict(self.renames),
            "novelty": self.novelty.as_json(),
        }


@dataclass(frozen=True, slots=True)
class Goal:
    """When a build has enough; 0 is no goal. `novelty` bounds the upper end of the interval of
    the mass of patterns not yet seen; `target` counts unsafe rows.

    A budget is no goal of waves: it is heard before each call, so that it holds within a wave too,
    and a wave whose answers are stored costs nothing and is walked.
    """

    target: int = 0
    novelty: float = 0.0
