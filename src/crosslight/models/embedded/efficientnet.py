"""EfficientNet-lite (1,000 ImageNet classes) as an ONNX graph, made once from the weights.

The graph takes pixels as they are (uint8, NHWC, square, RGB) and gives logits; normalisation
and batch norms are folded in. It is kept in the cache under a name that carries the weights' hash
and `GRAPH`, so that a change of either makes a new file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from crosslight.models.embedded.graphs import Floats, GraphBuilder, Input, kept_graph
from crosslight.models.embedded.weights import Array, BadWeights, read_weights

GRAPH = "1"
CLASSES = 1000
MEAN, STD = 127.0, 128.0
"""Of the TensorFlow original that the weights come from; measured in docs/embedded.md."""
EPSILON = 1e-3


@dataclass(frozen=True, slots=True)
class _Stage:
    repeats: int
    kernel: int
    stride: int
    expand: int
    inputs: int
    outputs: int


@dataclass(frozen=True, slots=True)
class Net:
    """One size of the family; `name` is the manifest's, `side` the pixels of the square input."""

    name: str
    side: int
    stages: tuple[_Stage, ...]


LITE0 = Net(
    "efficientnet-lite0",
    224,
    (
        _Stage(1, 3, 1, 1, 32, 16),
        _Stage(2, 3, 2, 6, 16, 24),
        _Stage(2, 5, 2, 6, 24, 40),
        _Stage(3, 3, 2, 6, 40, 80),
        _Stage(3, 5, 1, 6, 80, 112),
        _Stage(4, 5, 2, 6, 112, 192),
        _Stage(1, 3, 1, 6, 192, 320),
    ),
)
LITE2 = Net(
    "efficientnet-lite2",
    260,
    (
        _Stage(1, 3, 1, 1, 32, 16),
        _Stage(3, 3, 2, 6, 16, 24),
        _Stage(3, 5, 2, 6, 24, 48),
        _Stage(4, 3, 2, 6, 48, 88),
        _Stage(4, 5, 1, 6, 88, 120),
        _Stage(5, 5, 2, 6, 120, 208),
        _Stage(1, 3, 1, 6, 208, 352),
    ),
)


class _Builder(GraphBuilder):
    """Takes its kernels out of the checkpoint, with their batch norms folded in."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        super().__init__()
        self.weights = weights

    def tensor(self, name: str, shape: tuple[int, ...]) -> Floats:
        """A float tensor of the checkpoint. Raises `BadWeights` if it is not there or not so."""
        array = self.weights.get(name)
        if array is None or array.shape != shape or array.dtype != np.float32:
            raise BadWeights(f"weight file refused: {name} is missing or not of shape {shape}")
        return array.astype(np.float32)

    def folded(
        self,
        source: str,
        at: tuple[str, str],
        shape: tuple[int, ...],
        *,
        stride: int = 1,
        groups: int = 1,
    ) -> str:
        """The convolution and the norm whose names in the checkpoint are `at`."""
        name, norm = at
        out = shape[0]
        gamma, beta, mean, var = (
            self.tensor(f"{norm}.{part}", (out,))
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = gamma / np.sqrt(var + np.float32(EPSILON))
        kernel = self.tensor(f"{name}.weight", shape) * scale[:, None, None, None]
        return self.conv(source, name, kernel, beta - mean * scale, stride=stride, groups=groups)


def _block(b: _Builder, source: str, index: int, stage: _Stage, first: bool) -> str:
    """One inverted residual; the first of a stage changes size and channels."""
    inputs = stage.inputs if first else stage.outputs
    stride = stage.stride if first else 1
    wide = inputs * stage.expand
    at = f"_blocks.{index}"
    x = source
    if stage.expand > 1:
        layers = f"{at}._expand_conv", f"{at}._bn0"
        x = b.relu6(b.folded(x, layers, (wide, inputs, 1, 1)))
    layers = f"{at}._depthwise_conv", f"{at}._bn1"
    kernel = (wide, 1, stage.kernel, stage.kernel)
    x = b.relu6(b.folded(x, layers, kernel, stride=stride, groups=wide))
    x = b.folded(x, (f"{at}._project_conv", f"{at}._bn2"), (stage.outputs, wide, 1, 1))
    return b.node("Add", [x, source]) if stride == 1 and inputs == stage.outputs else x


def build_graph(weights: Mapping[str, Array], net: Net) -> bytes:
    """The serialised ONNX model. Raises `BadWeights` if a tensor is missing or misshapen."""
    from onnx import TensorProto

    b = _Builder(weights)
    for name, value in (("mean", MEAN), ("scale", 1 / STD), ("zero", 0.0), ("six", 6.0)):
        b.constant(name, np.array(value, dtype=np.float32))
    x = b.node("Cast", ["pixels"], to=TensorProto.FLOAT)
    x = b.node("Mul", [b.node("Sub", [x, "mean"]), "scale"])
    x = b.node("Transpose", [x], perm=[0, 3, 1, 2])
    x = b.relu6(b.folded(x, ("_conv_stem", "_bn0"), (32, 3, 3, 3), stride=2))
    index = 0
    for stage in net.stages:
        for repeat in range(stage.repeats):
            x = _block(b, x, index, stage, first=repeat == 0)
            index += 1
    x = b.relu6(b.folded(x, ("_conv_head", "_bn1"), (1280, net.stages[-1].outputs, 1, 1)))
    x = b.node("Flatten", [b.node("GlobalAveragePool", [x])])
    matrix = b.constant("fc.w", b.tensor("_fc.weight", (CLASSES, 1280)))
    bias = b.constant("fc.b", b.tensor("_fc.bias", (CLASSES,)))
    b.node("Gemm", [x, matrix, bias], output="logits", transB=1)
    pixels: Input = ("pixels", int(TensorProto.UINT8), ("n", net.side, net.side, 3))
    return b.serialised(net.name.replace("-", "_"), pixels, {"logits": ["n", CLASSES]})


def graph_path(weights: Path, sha256: str, net: Net) -> Path:
    """The graph of this weight file, made beside it the first time. Raises `BadWeights`."""
    stem = f"{net.name}.{sha256[:12]}.graph{GRAPH}"
    return kept_graph(weights, stem, lambda: build_graph(read_weights(weights), net))
