"""A probe: numbers only, so that it is kept without pickle and asked without scikit-learn."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crosslight.records import BadSetting
from crosslight.store import UnreadableFile, read_named, replacing

Floats = NDArray[np.float64]
PROBES = "probes.npz"
HIDDEN = 64
"""Units of SafeSwitch's probe."""
MOST_BYTES = 64 << 20
MOST_LAYERS = 4
BROKEN = (ValueError, KeyError, TypeError, OSError, EOFError, MemoryError, zipfile.BadZipFile)
"""What reading a file raises that is no file of ours."""


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """`layers` are weights and biases, with ReLU between; one layer is logistic regression. At
    `threshold` and above the answer is yes."""

    mean: Floats
    scale: Floats
    layers: tuple[tuple[Floats, Floats], ...]
    threshold: float = 0.5

    def __post_init__(self) -> None:
        width = len(self.mean)
        if self.scale.shape != (width,) or not 1 <= len(self.layers) <= MOST_LAYERS:
            raise ValueError("a probe's arrays do not fit together")
        for weights, bias in self.layers:
            if weights.ndim != 2 or weights.shape[0] != width or bias.shape != weights.shape[1:]:
                raise ValueError("a probe's arrays do not fit together")
            width = weights.shape[1]
        arrays = [self.mean, self.scale, *(a for layer in self.layers for a in layer)]
        finite = all(np.isfinite(array).all() for array in arrays)
        if width != 1 or not finite or not (self.scale > 0).all() or not 0 <= self.threshold <= 1:
            raise ValueError("a probe's numbers are out of range")

    def probability(self, states: NDArray[np.floating]) -> Floats:
        """Of yes, a row each. A state that is not finite gives NaN, which is no answer."""
        at = (np.asarray(states, dtype=np.float64) - self.mean) / self.scale
        for number, (weights, bias) in enumerate(self.layers):
            at = (np.maximum(at, 0) if number else at) @ weights + bias
        return np.asarray(0.5 * (1 + np.tanh(at[:, 0] / 2)))

    @property
    def width(self) -> int:
        """Numbers of a state."""
        return len(self.mean)


def fit_probe(
    states: NDArray[np.floating], labels: Sequence[int], *, hidden: int, seed: int
) -> Probe:
    """Logistic regression, or with `hidden` units between. Both classes weigh alike."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    x, y = np.asarray(states, dtype=np.float64), np.asarray(labels)
    mean, spread = x.mean(axis=0), x.std(axis=0)
    scale = np.where(spread > 1e-6, spread, 1.0)
    shaped = (x - mean) / scale
    if not hidden:
        model: Any = LogisticRegression(C=0.1, class_weight="balanced", max_iter=1_000)
        model.fit(shaped, y)
        return Probe(mean, scale, ((model.coef_.T.copy(), model.intercept_.copy()),))
    model = MLPClassifier((hidden,), alpha=0.1, max_iter=1_000, random_state=seed)
    at = _balanced(y, seed)
    model.fit(shaped[at], y[at])
    layers = zip(model.coefs_, model.intercepts_, strict=True)
    return Probe(mean, scale, tuple((w.copy(), b.copy()) for w, b in layers))


def _balanced(labels: NDArray[Any], seed: int) -> NDArray[np.int64]:
    """Rows in which the rarer class comes again until both are as frequent."""
    draw = np.random.default_rng(seed)
    of = [np.flatnonzero(labels == label) for label in (0, 1)]
    most = max(map(len, of))
    again = [draw.choice(rows, most - len(rows)) for rows in of if len(rows) < most]
    return np.concatenate([*of, *again])


def arrays_of(data: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of an `.npz` file as we write it: without pickle, and not packed, for a small
    packed file can stand for gigabytes. Raises one of `BROKEN`."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        entries = file.infolist()
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
            raise ValueError("its arrays are packed")
        if sum(entry.file_size for entry in entries) > len(data):
            raise ValueError("its arrays lie over each other")
    with np.load(io.BytesIO(data), allow_pickle=False) as read:
        return {name: read[name] for name in read.files}


def save_probes(path: Path, probes: dict[str, Probe]) -> None:
    """As arrays of numpy, in one step."""
    arrays: dict[str, Any] = {}
    for name, probe in probes.items():
        arrays |= {f"{name}.mean": probe.mean, f"{name}.scale": probe.scale}
        arrays[f"{name}.threshold"] = np.array(probe.threshold)
        for at, (weights, bias) in enumerate(probe.layers):
            arrays |= {f"{name}.{at}.weights": weights, f"{name}.{at}.bias": bias}
    with replacing(path) as file:
        np.savez(file, allow_pickle=False, **arrays)


def load_probes(path: Path) -> dict[str, Probe]:
    """What `save_probes` wrote; somebody may have sent it. Raises `BadSetting`."""
    try:
        read = arrays_of(read_named(path, MOST_BYTES))
        arrays = {name: np.asarray(array, dtype=np.float64) for name, array in read.items()}
        return {name: _probe(arrays, name) for name in sorted({n.split(".")[0] for n in arrays})}
    except (UnreadableFile, *BROKEN) as error:
        told = " ".join(str(error).split())[:200]
        raise BadSetting(
            f"{path} holds no probes: {told}", "give a whole folder of `crosslight tune probe`"
        ) from error


def _probe(arrays: dict[str, Floats], name: str) -> Probe:
    layers: list[tuple[Floats, Floats]] = []
    while f"{name}.{len(layers)}.weights" in arrays and len(layers) <= MOST_LAYERS:
        at = f"{name}.{len(layers)}"
        layers.append((arrays[f"{at}.weights"], arrays[f"{at}.bias"]))
    threshold = float(arrays[f"{name}.threshold"])
    return Probe(arrays[f"{name}.mean"], arrays[f"{name}.scale"], tuple(layers), threshold)
