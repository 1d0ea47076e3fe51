"""Titles of scenarios by the author, where one is a model that can be asked."""

from crosslight.build.roles import Author
from crosslight.build.waves.map import ScenarioMap
from crosslight.build.waves.record import MapVersion
from crosslight.models import ModelError

TAKEN_SHOWN = 40
"""Titles of other scenarios that an author is shown: the largest."""


async def title_scenarios(author: Author, drawn: ScenarioMap, version: MapVersion) -> list[str]:
    """Ask for a title of each scenario that is worth one; returns what could not be titled, with
    why. A failed title costs itself: the scenario stays called after its central pattern."""
    failed = []
    for scenario, cases in version.unnamed.items():
        others = [title for name, title in drawn.titles.items() if name != scenario]
        try:
            found = await author.title(cases, others[:TAKEN_SHOWN])
        except ModelError as error:
            failed.append(f"{scenario}: {error.message}")
            continue
        if found is None:
            continue
        title, about = found
        if title.casefold() in {other.casefold() for other in others}:
            failed.append(f"{scenario}: '{title}' is the title of another scenario")
        else:
            drawn.retitle(scenario, title, about)
    return failed
