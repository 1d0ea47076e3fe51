"""Images and texts in one space (ConSE): class probabilities x embeddings of class labels.

An image is the mean of the word vectors of its likely classes, weighted by their probabilities.
All vectors are taken relative to the mean label, since label vectors share one direction.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crosslight.models.embedded.imagenet import classes, index_of
from crosslight.models.embedded.memory import give_back
from crosslight.models.errors import Missing

Vectors = NDArray[np.float32]
DIM = 256


class LabelSpace:
    """wordllama's vectors of the 1,000 classes, of scenes and of any text."""

    def __init__(self) -> None:
        self._words = _load()
        lemmas = [lemma for c in classes() for lemma in c.lemmas]
        raw = _unit(self._raw(lemmas))
        ends = np.cumsum([len(c.lemmas) for c in classes()])[:-1]
        labels = np.stack([part.mean(axis=0) for part in np.split(raw, ends)])
        self._centre = labels.mean(axis=0)
        self.labels: Vectors = _unit(labels - self._centre)

    def texts(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of texts, shape (n, DIM). Empty texts give the zero vector."""
        if not texts:
            return np.zeros((0, DIM), dtype=np.float32)
        known = np.array([bool(t.strip()) for t in texts])
        vectors = _unit(_unit(self._raw([t.strip() or "thing" for t in texts])) - self._centre)
        return np.where(known[:, None], vectors, np.float32(0))

    def tags(self, tags: Sequence[tuple[str, float]]) -> Vectors:
        """The unit vector of an image from its tags, shape (DIM,)."""
        if not tags:
            return np.zeros(DIM, dtype=np.float32)
        indices = [index_of(name) for name, _ in tags]
        weights = np.array([p for _, p in tags], dtype=np.float32)
        return _unit((weights[:, None] * self.labels[indices]).sum(axis=0))

    def _raw(self, texts: Sequence[str]) -> Vectors:
        return np.asarray(self._words.embed(list(texts)), dtype=np.float32)


def _unit(x: Vectors) -> Vectors:
    length = np.linalg.norm(x, axis=-1, keepdims=True)
    return np.asarray(x / np.maximum(length, 1e-12), dtype=np.float32)


def _load() -> Any:
    import wordllama

    # Its own folder: it looks for the tokenizer that it ships in a wrong one, and then at a hub.
    folder = Path(wordllama.__file__).parent
    try:
        words = wordllama.WordLlama.load(dim=DIM, cache_dir=folder, disable_download=True)
    except FileNotFoundError as error:
        raise Missing(f"wordllama: {error}", hint="reinstall wordllama 0.4") from error
    give_back()
    return words
