"""The map of scenarios: places found by meaning, redrawn after each wave."""

from collections.abc import Callable, Collection, Iterable, Sequence

from crosslight.build.bank import Bank
from crosslight.build.waves.kinds import AcceptedPattern, Goal, MapVersion, Novelty
from crosslight.build.wish import Wish
from crosslight.models import Vectors
from crosslight.records import Triplet

Embed = Callable[[Sequence[str]], Vectors]


class ScenarioMap:
    """Holds the map of a build. Its state follows from what was given to it, in wave order."""

    def __init__(self, bank: Bank, embed: Embed, seed: int) -> None:
        self._bank = bank
        self._embed = embed
        self._seed = seed
        self.versions: list[MapVersion] = []

    def name(self, triplets: Sequence[Triplet]) -> list[str]:
        """The scenario of each triplet by the map as it was last drawn: no order matters."""
        raise NotImplementedError

    def current(self, pattern: str, category: str, scenario: str) -> str:
        """Today's name of the scenario of a row that was written as `scenario`."""
        raise NotImplementedError

    def close_wave(
        self, accepted: Iterable[AcceptedPattern], unsteered: Collection[str]
    ) -> MapVersion:
        """Draw the map anew. At a stop too: what is there is then named as well as can be."""
        raise NotImplementedError

    def retitle(self, scenario: str, title: str, about: str = "") -> None:
        """The author's words for a scenario. Its id stays."""
        raise NotImplementedError

    def hints(self, photo: str, already: Sequence[str] = ()) -> Wish:
        """What to ask of a photo's first look in a steered wave."""
        raise NotImplementedError

    def again(self, nothing: Sequence[str], most: int, already: Sequence[str] = ()) -> list[Wish]:
        """Second looks, for thin scenarios, at up to `most` photos that gave nothing."""
        raise NotImplementedError

    def novelty(self) -> Novelty:
        """How complete the map is, by what unsteered looks showed."""
        raise NotImplementedError

    def done(self, goal: Goal, rows: int = 0, calls: int = 0) -> str:
        """Why the build has enough, or nothing."""
        raise NotImplementedError
