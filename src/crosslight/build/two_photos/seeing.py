"""What of a two-photo pattern is in a scene."""

from crosslight.build.two_photos.schema import Part, Seen
from crosslight.models import Evidence, Scene, evidence_probability, hazard_probability


def chance_of(thing: Seen, scene: Scene) -> float | None:
    """Calibrated probability that the photo shows it; None where only boxes could tell."""
    return evidence_probability(scene, _evidence(thing))


def hazard_of(part: Part, scene: Scene) -> float | None:
    """The same for anything that shares its hazard, whatever it looks like."""
    return hazard_probability(scene, _evidence(part, part.also_risky))


def name_of(thing: Seen, scene: Scene) -> str:
    """How an answer calls it: by the class or label that is seen best here."""
    seen = [
        *((_known(scene, Evidence((n,))), told) for n, told in thing.classes.items()),
        *((_known(scene, Evidence(labels=(n,))), told) for n, told in thing.labels.items()),
    ]
    return max(seen, key=lambda one: one[0])[1]


def _evidence(thing: Seen, also_risky: tuple[str, ...] = ()) -> Evidence:
    return Evidence(
        classes=tuple(thing.classes),
        labels=tuple(thing.labels),
        lookalikes=thing.lookalikes,
        also_risky=also_risky,
    )


def _known(scene: Scene, what: Evidence) -> float:
    return evidence_probability(scene, what) or 0.0
