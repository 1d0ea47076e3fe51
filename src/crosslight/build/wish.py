"""What an author is asked of one photo: what is thin, what is over-full, what is there already."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScenarioHint:
    """A place on the map of scenarios, in words that a model can be shown."""

    id: str
    title: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Inspiration:
    """An accepted pattern of this run, shown as an example of the method."""

    pattern: str
    element: str
    text: str
    risk: str
    scenario: str


@dataclass(frozen=True, slots=True)
class Wish:
    """One look of an author at one photo.

    `thin` and `full` are empty for an unsteered look. `thin` says what to try first, never what
    alone to try. `already` are the sentences written for this photo so far; `turn` counts the
    looks at it: 0 the first, 1 and more when it is looked at again.
    """

    photo: str
    thin: tuple[ScenarioHint, ...] = ()
    full: tuple[ScenarioHint, ...] = ()
    inspiration: tuple[Inspiration, ...] = ()
    already: tuple[str, ...] = ()
    turn: int = 0

    @property
    def steered(self) -> bool:
        """Whether it says what is missing: such a look tells nothing of natural frequency."""
        return bool(self.thin or self.full)
