"""EfficientNet-lite0 (1,000 ImageNet classes) as an ONNX graph, made once from the weights.

The graph takes pixels as they are (uint8, NHWC, 224 x 224, RGB) and gives logits; normalisation
and batch norms are folded in. It is kept in the cache under a name that carries the weights' hash
and `GRAPH`, so that a change of either makes a new file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crosslight.models.embedded.weights import Array, BadWeights, read_weights
from crosslight.store import replacing

GRAPH = "1"
SIDE = 224
"""Pixels of the square input."""
CLASSES = 1000
MEAN, STD = 127.0, 128.0
"""Of the TensorFlow original that the weights come from; measured in docs/embedded.md."""
EPSILON = 1e-3

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Stage:
    repeats: int
    kernel: int
    stride: int
    expand: int
    inputs: int
    outputs: int


STAGES = (
    _Stage(1, 3, 1, 1, 32, 16),
    _Stage(2, 3, 2, 6, 16, 24),
    _Stage(2, 5, 2, 6, 24, 40),
    _Stage(3, 3, 2, 6, 40, 80),
    _Stage(3, 5, 1, 6, 80, 112),
    _Stage(4, 5, 2, 6, 112, 192),
    _Stage(1, 3, 1, 6, 192, 320),
)


class _Builder:
    """Collects nodes and initialisers; every method returns the name of its output."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self.weights = weights
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def tensor(self, name: str, shape: tuple[int, ...]) -> Floats:
        """A float tensor of the checkpoint. Raises `BadWeights` if it is not there or not so."""
        array = self.weights.get(name)
        if array is None or array.shape != shape or array.dtype != np.float32:
            raise BadWeights(f"weight file refused: {name} is missing or not of shape {shape}")
        return array.astype(np.float32)

    def constant(self, name: str, value: NDArray[Any]) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, op: str, inputs: list[str], **attributes: Any) -> str:
        from onnx import helper

        output = f"{op.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def conv(
        self,
        source: str,
        at: tuple[str, str],
        shape: tuple[int, ...],
        *,
        stride: int = 1,
        groups: int = 1,
    ) -> str:
        """Convolution with its batch norm folded in and TensorFlow's SAME padding.

        `at` names the two layers in the checkpoint.
        """
        name, norm = at
        out = shape[0]
        gamma, beta, mean, var = (
            self.tensor(f"{norm}.{part}", (out,))
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = gamma / np.sqrt(var + np.float32(EPSILON))
        kernel = self.tensor(f"{name}.weight", shape) * scale[:, None, None, None]
        return self.node(
            "Conv",
            [
                source,
                self.constant(f"{name}.w", kernel),
                self.constant(f"{name}.b", beta - mean * scale),
            ],
            kernel_shape=list(shape[2:]),
            strides=[stride, stride],
            group=groups,
            auto_pad="SAME_UPPER",
        )

    def relu6(self, source: str) -> str:
        return self.node("Clip", [source, "zero", "six"])


def _block(b: _Builder, source: str, index: int, stage: _Stage, first: bool) -> str:
    """One inverted residual; the first of a stage changes size and channels."""
    inputs = stage.inputs if first else stage.outputs
    stride = stage.stride if first else 1
    wide = inputs * stage.expand
    at = f"_blocks.{index}"
    x = source
    if stage.expand > 1:
        layers = f"{at}._expand_conv", f"{at}._bn0"
        x = b.relu6(b.conv(x, layers, (wide, inputs, 1, 1)))
    layers = f"{at}._depthwise_conv", f"{at}._bn1"
    kernel = (wide, 1, stage.kernel, stage.kernel)
    x = b.relu6(b.conv(x, layers, kernel, stride=stride, groups=wide))
    x = b.conv(x, (f"{at}._project_conv", f"{at}._bn2"), (stage.outputs, wide, 1, 1))
    return b.node("Add", [x, source]) if stride == 1 and inputs == stage.outputs else x


def build_graph(weights: Mapping[str, Array]) -> bytes:
    """The serialised ONNX model. Raises `BadWeights` if a tensor is missing or misshapen."""
    from onnx import TensorProto, checker, helper

    b = _Builder(weights)
    for name, value in (("mean", MEAN), ("scale", 1 / STD), ("zero", 0.0), ("six", 6.0)):
        b.constant(name, np.array(value, dtype=np.float32))
    x = b.node("Cast", ["pixels"], to=TensorProto.FLOAT)
    x = b.node("Mul", [b.node("Sub", [x, "mean"]), "scale"])
    x = b.node("Transpose", [x], perm=[0, 3, 1, 2])
    x = b.relu6(b.conv(x, ("_conv_stem", "_bn0"), (32, 3, 3, 3), stride=2))
    index = 0
    for stage in STAGES:
        for repeat in range(stage.repeats):
            x = _block(b, x, index, stage, first=repeat == 0)
            index += 1
    x = b.relu6(b.conv(x, ("_conv_head", "_bn1"), (1280, STAGES[-1].outputs, 1, 1)))
    x = b.node("Flatten", [b.node("GlobalAveragePool", [x])])
    matrix = b.constant("fc.w", b.tensor("_fc.weight", (CLASSES, 1280)))
    bias = b.constant("fc.b", b.tensor("_fc.bias", (CLASSES,)))
    b.nodes.append(helper.make_node("Gemm", [x, matrix, bias], ["logits"], transB=1))
    graph = helper.make_graph(
        b.nodes,
        "efficientnet_lite0",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", SIDE, SIDE, 3])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", CLASSES])],
        b.constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(model)
    return bytes(model.SerializeToString())


def graph_path(weights: Path, sha256: str) -> Path:
    """The graph of this weight file, made beside it the first time. Raises `BadWeights`."""
    path = weights.with_name(f"efficientnet-lite0.{sha256[:12]}.graph{GRAPH}.onnx")
    if not path.exists():
        with replacing(path) as file:  # two processes may both build it: the bytes are the same
            file.write(build_graph(read_weights(weights)))
    return path
