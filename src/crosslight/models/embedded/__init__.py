"""The embedded default: perception out of small open parts, offline. See docs/embedded.md."""

from crosslight.models.embedded.coco import usable_labels
from crosslight.models.embedded.evidence import (
    Evidence,
    element_probability,
    evidence,
    evidence_probability,
    hazard_probability,
    person_probability,
)
from crosslight.models.embedded.imagenet import ImageClass, classes, index_of, names
from crosslight.models.embedded.model import EmbeddedBackend, EmbeddedModel
from crosslight.models.embedded.printed import print_probability
from crosslight.models.embedded.scene import Scene, Thing
from crosslight.models.embedded.thresholds import Thresholds, read_thresholds
from crosslight.models.embedded.visible import Sight, count_of, look_for

__all__ = [
    "EmbeddedBackend",
    "EmbeddedModel",
    "Evidence",
    "ImageClass",
    "Scene",
    "Sight",
    "Thing",
    "Thresholds",
    "classes",
    "count_of",
    "element_probability",
    "evidence",
    "evidence_probability",
    "hazard_probability",
    "index_of",
    "look_for",
    "names",
    "person_probability",
    "print_probability",
    "read_thresholds",
    "usable_labels",
]
