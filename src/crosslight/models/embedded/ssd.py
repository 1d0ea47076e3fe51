"""SSD MobileNet V2 (80 COCO labels) as an ONNX graph, made once from TensorFlow's frozen graph.

The graph takes float pixels of 0..255 (NHWC, 300 x 300, RGB) and gives the logits of the 80 labels
and the box codes (ty, tx, th, tw) of 1,917 anchors; batch norms are folded in, in double precision.
Facts that are easily got wrong: map 0 is the expansion of block 13, block 0 has no number and no
expansion, convolutions have no bias where they have a norm, the box code puts y first.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from crosslight.models.embedded.coco import labels
from crosslight.models.embedded.frozen import read_frozen
from crosslight.models.embedded.graphs import Floats, GraphBuilder, Input, Shape, kept_graph
from crosslight.models.embedded.weights import BadWeights

NAME, GRAPH = "ssd-mobilenet-v2", "1"
SIDE = 300
ANCHORS = 1917
COLUMNS = 91
"""Of the class scores in the file: background, then COCO ids 1 to 90, ten of them unused."""
EPSILON = float(np.float32(0.001))
BODY, HEAD = "FeatureExtractor/MobilenetV2/", "BoxPredictor_"
NORM = ("gamma", "beta", "moving_mean", "moving_variance")
PARTS = ("weights", "depthwise_weights", "biases", *NORM)

# (repeats, first stride, expansion, outputs); the kernels are all 3 x 3.
STAGES = (
    *((1, 1, 1, 16), (2, 2, 6, 24), (3, 2, 6, 32), (4, 2, 6, 64)),
    *((3, 1, 6, 96), (3, 2, 6, 160), (1, 1, 6, 320)),
)
MAP_BLOCK = 13
"""Its expansion is the lowest map."""
EXTRA = ((2, 256, 512), (3, 128, 256), (4, 128, 256), (5, 64, 128))
MAPS = ((576, 3), (1280, 6), (512, 6), (256, 6), (256, 6), (128, 6))
"""Channels, and anchors a cell, of the six maps."""


def wanted(name: str) -> bool:
    """Whether a constant of the file is one of the network's weights."""
    return name.startswith((BODY, HEAD)) and name.rsplit("/", 1)[-1] in PARTS


class _Builder(GraphBuilder):
    def __init__(self, weights: Mapping[str, Floats]) -> None:
        super().__init__()
        self.weights = weights

    def tensor(self, name: str, shape: tuple[int, ...]) -> Floats:
        """A tensor of the file. Raises `BadWeights` if it is not there or not so."""
        array = self.weights.get(name)
        if array is None or array.shape != shape:
            raise BadWeights(f"frozen graph refused: {name} is missing or not of shape {shape}")
        return array

    def folded(
        self,
        source: str,
        at: str,
        shape: tuple[int, int, int],
        *,
        stride: int = 1,
        act: bool = True,
    ) -> str:
        """Convolution `at` of (kernel side, inputs, outputs) with its norm, and ReLU6 after it."""
        side, inputs, outputs = shape
        kernel = self.tensor(f"{BODY}{at}/weights", (side, side, inputs, outputs))
        return self._with_norm(source, at, kernel.transpose(3, 2, 0, 1), stride, 1, act)

    def depthwise(self, source: str, at: str, channels: int, stride: int) -> str:
        """The same, 3 x 3 and each channel by itself."""
        kernel = self.tensor(f"{BODY}{at}/depthwise_weights", (3, 3, channels, 1))
        return self._with_norm(source, at, kernel.transpose(2, 3, 0, 1), stride, channels, True)

    def _with_norm(
        self, source: str, at: str, kernel: Floats, stride: int, groups: int, act: bool
    ) -> str:
        out = (kernel.shape[0],)
        gamma, beta, mean, variance = (
            self.tensor(f"{BODY}{at}/BatchNorm/{part}", out).astype(np.float64) for part in NORM
        )
        scale = gamma / np.sqrt(variance + EPSILON)
        folded = (kernel * scale[:, None, None, None]).astype(np.float32)
        bias = (beta - mean * scale).astype(np.float32)
        x = self.conv(source, at, folded, bias, stride=stride, groups=groups)
        return self.relu6(x) if act else x

    def predictor(self, source: str, at: str, which: tuple[int, int, int], kept: list[int]) -> str:
        """The plain 3 x 3 convolution `at`, laid out as (n, anchors, columns that are kept).

        `which` is inputs, anchors a cell, and columns that the file has an anchor.
        """
        inputs, anchors, columns = which
        kernel = self.tensor(f"{at}/weights", (3, 3, inputs, anchors * columns))
        bias = self.tensor(f"{at}/biases", (anchors * columns,))
        kernel = kernel.reshape(3, 3, inputs, anchors, columns)[..., kept]
        kernel = kernel.reshape(3, 3, inputs, -1).transpose(3, 2, 0, 1)
        x = self.conv(source, at, kernel, bias.reshape(anchors, columns)[:, kept].reshape(-1))
        shape = self.constant(f"{at}.shape", np.array([0, -1, len(kept)], dtype=np.int64))
        return self.node("Reshape", [self.node("Transpose", [x], perm=[0, 2, 3, 1]), shape])


def _blocks() -> Iterator[tuple[str, int, int, int, int]]:
    """(name, inputs, expanded channels, stride, outputs) of every inverted residual."""
    inputs, index = 32, 0
    for repeats, first, expansion, outputs in STAGES:
        for repeat in range(repeats):
            name = f"expanded_conv_{index}" if index else "expanded_conv"
            yield name, inputs, inputs * expansion, first if repeat == 0 else 1, outputs
            inputs, index = outputs, index + 1


def _maps(b: _Builder, x: str) -> Iterator[str]:
    """The six feature maps, from the finest to the one that sees the whole picture."""
    x = b.folded(x, "Conv", (3, 3, 32), stride=2)
    for index, (at, inputs, wide, stride, outputs) in enumerate(_blocks()):
        source = x
        if wide > inputs:
            x = b.folded(x, f"{at}/expand", (1, inputs, wide))
        if index == MAP_BLOCK:
            yield x
        x = b.depthwise(x, f"{at}/depthwise", wide, stride)
        x = b.folded(x, f"{at}/project", (1, wide, outputs), act=False)
        if stride == 1 and inputs == outputs:
            x = b.node("Add", [x, source])
    x = b.folded(x, "Conv_1", (1, outputs, MAPS[1][0]))
    yield x
    inputs = MAPS[1][0]
    for j, narrow, outputs in EXTRA:
        x = b.folded(x, f"layer_19_1_Conv2d_{j}_1x1_{narrow}", (1, inputs, narrow))
        at = f"layer_19_2_Conv2d_{j}_3x3_s2_{outputs}"
        x = b.depthwise(x, f"{at}_depthwise", narrow, 2)
        x = b.folded(x, at, (1, narrow, outputs))  # 1 x 1, whatever its name says
        yield x
        inputs = outputs


def build_graph(weights: Mapping[str, Floats]) -> bytes:
    """The serialised ONNX model. Raises `BadWeights` if a tensor is missing or misshapen."""
    from onnx import TensorProto

    b = _Builder(weights)
    for name, value in (("scale", 2 / 255), ("one", 1.0), ("zero", 0.0), ("six", 6.0)):
        b.constant(name, np.array(value, dtype=np.float32))
    x = b.node("Sub", [b.node("Mul", ["pixels", "scale"]), "one"])
    x = b.node("Transpose", [x], perm=[0, 3, 1, 2])
    scored = [label.column + 1 for label in labels().values()]  # column 0 is the background
    logits, boxes = [], []
    for index, (at_map, (channels, anchors)) in enumerate(zip(_maps(b, x), MAPS, strict=True)):
        at = f"{HEAD}{index}"
        scores = (channels, anchors, COLUMNS)
        logits.append(b.predictor(at_map, f"{at}/ClassPredictor", scores, scored))
        codes = (channels, anchors, 4)
        boxes.append(b.predictor(at_map, f"{at}/BoxEncodingPredictor", codes, [0, 1, 2, 3]))
    b.node("Concat", logits, output="logits", axis=1)
    b.node("Concat", boxes, output="boxes", axis=1)
    pixels: Input = ("pixels", int(TensorProto.FLOAT), ("n", SIDE, SIDE, 3))
    outputs: dict[str, Shape] = {"logits": ["n", ANCHORS, len(scored)], "boxes": ["n", ANCHORS, 4]}
    return b.serialised(NAME.replace("-", "_"), pixels, outputs)


def graph_path(weights: Path, sha256: str) -> Path:
    """The graph of this weight file, made beside it the first time. Raises `BadWeights`."""
    stem = f"{NAME}.{sha256[:12]}.graph{GRAPH}"
    return kept_graph(weights, stem, lambda: build_graph(read_frozen(weights, sha256, wanted)))
