"""Waves that adapt: the order of photos, the map of scenarios, what the next wave is asked for."""

from crosslight.build.waves.map import ScenarioMap
from crosslight.build.waves.patterns import Embed
from crosslight.build.waves.plan import PILOT_SHARE, UNSTEERED, Wave, plan_waves
from crosslight.build.waves.record import (
    AcceptedPattern,
    Goal,
    MapVersion,
    Novelty,
    Place,
)
from crosslight.build.waves.titles import title_scenarios

__all__ = [
    "PILOT_SHARE",
    "UNSTEERED",
    "AcceptedPattern",
    "Embed",
    "Goal",
    "MapVersion",
    "Novelty",
    "Place",
    "ScenarioMap",
    "Wave",
    "plan_waves",
    "title_scenarios",
]
