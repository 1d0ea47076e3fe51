"""ONNX graphs made from weights: a builder, and where the made graph is kept."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crosslight.store import replacing

Floats = NDArray[np.float32]
OPSET, IR = 17, 8
Shape = Sequence[int | str]
Input = tuple[str, int, Shape]
"""Name, element type and shape."""


class GraphBuilder:
    """Collects nodes and initialisers; every method returns the name of its output."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """An initialiser."""
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, op: str, inputs: list[str], *, output: str = "", **attributes: Any) -> str:
        """A node with one output, named for the op unless `output` says otherwise."""
        from onnx import helper

        output = output or f"{op.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def conv(
        self,
        source: str,
        name: str,
        kernel: Floats,
        bias: Floats,
        *,
        stride: int = 1,
        groups: int = 1,
    ) -> str:
        """Convolution with TensorFlow's SAME padding; the kernel is out, in, height, width."""
        return self.node(
            "Conv",
            [source, self.constant(f"{name}.w", kernel), self.constant(f"{name}.b", bias)],
            kernel_shape=list(kernel.shape[2:]),
            strides=[stride, stride],
            group=groups,
            auto_pad="SAME_UPPER",
        )

    def relu6(self, source: str) -> str:
        """Clipped to 0..6, which must be constants `zero` and `six`."""
        return self.node("Clip", [source, "zero", "six"])

    def serialised(self, name: str, given: Input, outputs: dict[str, Shape]) -> bytes:
        """The checked model. Outputs are floats."""
        from onnx import TensorProto, checker, helper

        graph = helper.make_graph(
            self.nodes,
            name,
            [helper.make_tensor_value_info(*given)],
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in outputs.items()],
            self.constants,
        )
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=IR)
        checker.check_model(model)
        return bytes(model.SerializeToString())


def kept_graph(weights: Path, stem: str, build: Callable[[], bytes]) -> Path:
    """The graph `stem`, made beside its weights the first time. Raises what `build` raises."""
    path = weights.with_name(f"{stem}.onnx")
    if not path.exists():
        made = build()
        with replacing(path) as file:  # two processes may both build it: the bytes are the same
            file.write(made)
    return path
