"""Image tags: the mean of two sizes of EfficientNet-lite over a few views of the photo."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from crosslight.models.embedded.graphs import Floats
from crosslight.models.embedded.imagenet import names
from crosslight.models.embedded.pixels import VIEWS, Views, tag_views
from crosslight.models.embedded.scene import DIGITS, TAGS
from crosslight.models.embedded.sessions import open_session


class Tagger:
    """Class probabilities. May be called from several threads."""

    def __init__(self, nets: Sequence[tuple[Path, int]], temperature: float) -> None:
        """`nets` are the graphs to be averaged, each with the side of its square input."""
        self._nets = [(open_session(graph), side) for graph, side in nets]
        self._temperature = temperature
        weights = np.array([weight for weight, *_ in VIEWS], dtype=np.float32)
        count = len(self._nets)
        self._weights: Floats = np.tile(weights / count, count).astype(np.float32)

    def logits(self, image: Image.Image, views: Views = VIEWS) -> Floats:
        """Raw outputs, shape (nets x views, 1000): all views of the first net come first."""
        outputs = [
            session.run(None, {"pixels": tag_views(image, side, views)})[0]
            for session, side in self._nets
        ]
        return np.concatenate(outputs, dtype=np.float32)

    def probabilities(self, image: Image.Image) -> Floats:
        """Shape (1000,), summing to 1: the weighted mean of views and nets."""
        return mix(self.logits(image), self._weights, self._temperature)

    def tags(self, image: Image.Image) -> tuple[tuple[str, float], ...]:
        """The `TAGS` most likely classes; equal ones in the order of the classes."""
        p = self.probabilities(image)
        order = np.argsort(-p, kind="stable")[:TAGS]
        return tuple((names()[i], round(float(p[i]), DIGITS)) for i in order)


def mix(logits: Floats, weights: Floats, temperature: float) -> Floats:
    """Softmax of each view at a temperature, then the weighted mean."""
    z = logits / np.float32(temperature)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p: Floats = (weights[:, None] * (e / e.sum(axis=1, keepdims=True))).sum(axis=0)
    return np.asarray(p / p.sum(), dtype=np.float32)
