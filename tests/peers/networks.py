"""Small networks in ONNX files, built here, whose answers can be computed by hand."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from printd.core.files import sha256_of

Sides = Sequence[int | str]
SHARES = (1.0, 2.0, 4.0)  # of red, green and blue in an answer, so that each can be told apart
MOST = 1.0  # what a channel may say, so that its scale can be told
IR_VERSION, OPSET = 8, 17  # what runtimes of some years ago understand too


def network(
    path: Path,
    *,
    shape: Sides = (1, 3, "height", "width"),
    output: str = "predicted_depth",
    others: Mapping[str, Sides] | None = None,
    pooled: int = 1,
    kind: int = TensorProto.FLOAT,
    external: str | None = None,
) -> str:
    """Write a network that answers ``sum(SHARES * min(|channel|, MOST))``; return its SHA-256.

    What it is shown is normalised: a channel says nothing where it equals its mean, and most from
    one deviation away on.

    Args:
        path: the file.
        shape: of the input, 4 or 5 long; names are open sides.
        output: name of the answer, (1, rows, cols), or (1, 1, rows, cols) for a shape of 5.
        others: further outputs with their shapes, all ones.
        pooled: the answer is the mean over squares of so many pixels.
        kind: of the numbers.
        external: name of a file beside it that holds the weights; None: they are inside.
    """
    lead = len(shape) - 3
    dtype = np.float16 if kind == TensorProto.FLOAT16 else np.float32
    square: Any = {"kernel_shape": [pooled] * 2, "strides": [pooled] * 2}
    # Four axes inside, whatever the input has; the answer has one less than the input.
    first = ("Squeeze", ["pixel_values", "first"]) if lead == 2 else ("Identity", ["pixel_values"])
    last = ("Identity", ["mean"]) if lead == 2 else ("Squeeze", ["mean", "second"])
    nodes = [
        helper.make_node(*first, ["four"]),
        helper.make_node("Abs", ["four"], ["size"]),
        helper.make_node("Clip", ["size", "", "most"], ["bent"]),
        helper.make_node("Conv", ["bent", "shares"], ["sum"]),
        helper.make_node("AveragePool", ["sum"], ["mean"], **square),
        helper.make_node(*last, [output]),
    ]
    constants = {"first": np.array([0]), "second": np.array([1]), "most": np.array(MOST, dtype)}
    nodes[:0] = [_constant(name, value) for name, value in constants.items()]
    shares = numpy_helper.from_array(np.array(SHARES, dtype).reshape(1, 3, 1, 1), "shares")
    outputs = [helper.make_tensor_value_info(output, kind, [*[1] * lead, "rows", "cols"])]
    for name, sides in (others or {}).items():
        ones = np.ones([side if isinstance(side, int) else 4 for side in sides], dtype)
        nodes.append(_constant(name, ones))
        outputs.insert(0, helper.make_tensor_value_info(name, kind, list(sides)))
    picture = helper.make_tensor_value_info("pixel_values", kind, list(shape))
    graph = helper.make_graph(nodes, "depth", [picture], outputs, [shares])
    opset = helper.make_opsetid("", OPSET)
    model = helper.make_model(graph, ir_version=IR_VERSION, opset_imports=[opset])
    if external is not None:
        path.with_name(external).unlink(missing_ok=True)  # it would be added to
    onnx.save(
        model,
        path,
        save_as_external_data=external is not None,
        location=external,
        size_threshold=0,
    )
    return sha256_of(path)


def _constant(name: str, value: Any) -> onnx.NodeProto:
    node: onnx.NodeProto = helper.make_node(
        "Constant", [], [name], value=numpy_helper.from_array(value)
    )
    return node
