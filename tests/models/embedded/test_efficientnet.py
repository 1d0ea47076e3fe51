"""The graph: built once from the weights, refused when a tensor is missing."""

from pathlib import Path

import numpy as np
import pytest

from crosslight.models.embedded.efficientnet import LITE0, LITE2, Net, build_graph, graph_path
from crosslight.models.embedded.sessions import open_session
from crosslight.models.embedded.weights import BadWeights, read_weights
from crosslight.models.errors import Missing


def test_built_once_and_named_for_its_weights(
    small_models: dict[str, Path], tmp_path: Path
) -> None:
    weights = tmp_path / "w.pth"
    weights.symlink_to(small_models["efficientnet-lite0"])
    first = graph_path(weights, "a" * 64, LITE0)
    stamp = first.stat().st_mtime_ns
    assert graph_path(weights, "a" * 64, LITE0) == first
    assert first.stat().st_mtime_ns == stamp
    assert graph_path(weights, "b" * 64, LITE0) != first
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("net", [LITE0, LITE2])
def test_takes_bytes_of_pixels_and_gives_logits(small_models: dict[str, Path], net: Net) -> None:
    session = open_session(graph_path(small_models[net.name], "0" * 12, net))
    grey = np.full((2, net.side, net.side, 3), 127, dtype=np.uint8)
    (logits,) = session.run(None, {"pixels": grey})
    assert logits.shape == (2, 1000)
    assert np.isfinite(logits).all()
    assert np.allclose(logits[0], logits[1], atol=1e-4)


def test_a_missing_or_misshapen_tensor(small_models: dict[str, Path]) -> None:
    weights = read_weights(small_models["efficientnet-lite0"])
    with pytest.raises(BadWeights, match=r"_fc\.weight"):
        build_graph({k: v for k, v in weights.items() if k != "_fc.weight"}, LITE0)
    with pytest.raises(BadWeights, match=r"_blocks\.3\._bn1\.bias"):
        build_graph({**weights, "_blocks.3._bn1.bias": weights["_fc.bias"]}, LITE0)


def test_a_file_that_is_no_graph(tmp_path: Path) -> None:
    path = tmp_path / "x.onnx"
    path.write_bytes(b"not onnx")
    with pytest.raises(Missing, match=r"x\.onnx"):
        open_session(path)
