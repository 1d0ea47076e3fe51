"""What of a pattern is in a scene: its element, the name for it, the place for a sentence."""

from crosslight.build.bank import Beside, Case, Pattern, Place
from crosslight.models import Evidence, Scene, evidence_probability, hazard_probability


def element_in(pattern: Pattern, scene: Scene) -> float | None:
    """Calibrated probability that the element, and what must be beside it, is in the scene.

    None is unknown: only boxes could tell, and no detector looked.
    """
    element = pattern.element
    seen = evidence_probability(scene, _evidence(pattern))
    if seen is None or element.beside is None:
        return seen
    beside = _beside(element.beside, scene)
    return None if beside is None else seen * beside


def hazard_in(pattern: Pattern, scene: Scene) -> float | None:
    """The same for anything that shares the hazard, whatever it looks like and stands beside."""
    return hazard_probability(scene, _evidence(pattern))


def name_in(pattern: Pattern, scene: Scene) -> str:
    """How an answer calls the element: by the class, label or print that is seen best here."""
    element = pattern.element
    seen = [
        *((_known(scene, Evidence((n,))), told) for n, told in element.classes.items()),
        *((_known(scene, Evidence(labels=(n,))), told) for n, told in element.labels.items()),
    ]
    if element.print:
        seen.append((_known(scene, _printed(pattern)), element.print.name))
    return max(seen, key=lambda one: one[0])[1]  # the first in the file where several are alike


def best_place(case: Case, scene: Scene) -> tuple[float, Place | None]:
    """Which of the case's places the scene is, and how sure that is; none where it has none."""
    found = [(_place(place, scene), place) for place in case.photo]
    return max(found, key=lambda one: one[0], default=(0.0, None))


def _evidence(pattern: Pattern) -> Evidence:
    element = pattern.element
    return Evidence(
        classes=tuple(element.classes),
        labels=tuple(element.labels),
        lookalikes=pattern.lookalikes,
        also_risky=pattern.also_risky,
        print_words=element.print.words if element.print else (),
        print_patterns=element.print.patterns if element.print else (),
        persons_at_least=element.persons,
    )


def _printed(pattern: Pattern) -> Evidence:
    every = _evidence(pattern)
    return Evidence(print_words=every.print_words, print_patterns=every.print_patterns)


def _beside(beside: Beside, scene: Scene) -> float | None:
    """The surer of its labels and its classes; None where neither can be told."""
    seen = [
        evidence_probability(scene, Evidence(beside=beside.labels)) if beside.labels else None,
        evidence_probability(scene, Evidence(classes=beside.classes)) if beside.classes else None,
    ]
    return max((chance for chance in seen if chance is not None), default=None)


def _place(place: Place, scene: Scene) -> float:
    return _known(scene, Evidence(classes=place.classes, labels=place.labels))


def _known(scene: Scene, what: Evidence) -> float:
    """Nothing is built on what is unknown: here it is as good as not seen."""
    return evidence_probability(scene, what) or 0.0
