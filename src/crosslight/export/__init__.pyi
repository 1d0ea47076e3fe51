from .card import render_card, write_card
from .summary import (
    KIND_TITLES,
    KINDS,
    NUMBER_MEANINGS,
    NUMBER_TITLES,
    categories,
    scenario_title,
    scenarios,
    thin_below,
    unknowns,
)

__all__ = [
    "KINDS",
    "KIND_TITLES",
    "NUMBER_MEANINGS",
    "NUMBER_TITLES",
    "categories",
    "render_card",
    "scenario_title",
    "scenarios",
    "thin_below",
    "unknowns",
    "write_card",
]
