"""Does the model under test see? Asked before the first item of a suite with pictures: the scores
of one that does not are about the text alone."""

from collections.abc import Sequence

from crosslight.bench.item import Item
from crosslight.bench.job import BenchJob
from crosslight.flow import RunFailed
from crosslight.models import Model, NotSupported, Sight, sight_of

CALLS = 4
SHOWN = ("as is", "blank", "shuffled")
"""Ablations under which the model itself is shown pictures."""


def is_asked(job: BenchJob, items: Sequence[Item], model: Model) -> bool:
    """Whether it is found out: where any item shows the model a picture. The embedded perception
    is in this process, and tested with it."""
    shown = job.config.picture in SHOWN and any(item.images and item.askable for item in items)
    return job.canary and shown and not model.capabilities.scene


async def look(model: Model, *, required: bool) -> list[str]:
    """What the notes of the run say of it; nothing of a model that sees.

    `required`: a model that does not see raises `NotSupported`, which is for a person to
    mend, and one of which it cannot be found out ends the run as failed.
    """
    found = await sight_of(model)
    if required:
        _require(model.card.spec, found)
    if found.eyes == "blind":
        return [
            f"{model.card.spec} does not see ({found.why}): the scores of items with pictures "
            "measure the text alone (--require-sight stops such a run before its first item)"
        ]
    if found.eyes == "unknown":
        return [
            f"whether {model.card.spec} sees is unknown ({found.why}): the scores of items with "
            "pictures may measure the text alone"
        ]
    return []


def _require(spec: str, found: Sight) -> None:
    if found.eyes == "blind":
        raise NotSupported(
            f"{spec} does not see: {found.why}",
            hint="`crosslight doctor SPEC` shows more; name a model that sees, or leave "
            "--require-sight out",
        )
    if found.eyes == "unknown":
        raise RunFailed(
            f"whether {spec} sees could not be found out: {found.why}",
            hint=found.hint or "`crosslight doctor SPEC` shows more",
        )
