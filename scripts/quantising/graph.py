"""A detector's graph made shorter: boxes are worked out only for the cells that may be one."""

from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from anpr.domain.errors import ModelError

KEPT = 300
"""Cells; a picture has a handful of plates, and each of them lights up a few cells."""

_CELLS = ("Sub", "Add", "Mul")
"""Operations of the head that combine a cell's numbers with constants of the cell: its centre, its stride."""


def keep_best(model: onnx.ModelProto, kept: int = KEPT) -> onnx.ModelProto:
    """The same YOLO11 network with an output (1, 4 + classes, kept) in place of (1, 4 + classes, all cells).

    The head turns 64 numbers of each of 5040 cells into a box; 99 % of the cells see nothing. Choosing the cells by
    their score first spares 3 ms of a look (softmax over 322,560 numbers). Nothing else changes: cells that are left
    out score lower than those that stay. Raises ModelError when the graph is not such a head.
    """
    graph = model.graph
    made_by = {name: node for node in graph.node for name in node.output}
    output = made_by[graph.output[0].name]
    shape = graph.output[0].type.tensor_type.shape.dim
    cells = shape[2].dim_value
    if cells <= kept:
        return model
    scores = made_by.get(output.input[1]) if output.op_type == "Concat" and len(output.input) == 2 else None
    softmax = next((node for node in graph.node if node.op_type == "Softmax" and "dfl" in node.name), None)
    if scores is None or scores.op_type != "Sigmoid" or softmax is None:
        raise ModelError("the head is not that of a YOLO11 detector: its boxes cannot be told from its scores")
    logits, distances = scores.input[0], _before_reshape(softmax, made_by)
    chosen = _choose(logits)
    _use(graph, {logits: "best_logits", distances: "best_distances"})
    chosen.append(helper.make_node("Gather", [logits, "best_cells"], ["best_logits"], axis=2))
    chosen.append(helper.make_node("Gather", [distances, "best_cells"], ["best_distances"], axis=2))
    graph.node.extend(chosen)
    graph.initializer.append(numpy_helper.from_array(np.array([kept], np.int64), "best_count"))
    graph.initializer.append(numpy_helper.from_array(np.array([0, 1], np.int64), "best_axes"))
    _gather_constants(graph, cells)
    _shorten_shapes(graph, cells, kept)
    shape[2].dim_value = kept
    del graph.value_info[:]
    _sort(graph)
    onnx.checker.check_model(onnx.shape_inference.infer_shapes(model, strict_mode=True))
    return model


def take_pixels(model: onnx.ModelProto, scale: float) -> onnx.ModelProto:
    """The same 8-bit network with pixels of 8 bits as its input, which then need no float between.

    `scale` is what the float network's pixels were multiplied by. Raises ModelError when something else than one
    rounding to 8 bits takes the input.
    """
    graph = model.graph
    given = graph.input[0]
    users = [node for node in graph.node if given.name in node.input]
    constants = {each.name: each for each in graph.initializer}
    if len(users) != 1 or users[0].op_type != "QuantizeLinear" or numpy_helper.to_array(constants[users[0].input[2]]):
        raise ModelError(f"the input {given.name} is not rounded to 8 bits from zero on: pixels cannot take its place")
    # What was measured on samples lies a little below: their brightest pixels are not quite white.
    constants[users[0].input[1]].CopyFrom(numpy_helper.from_array(np.array(scale, np.float32), users[0].input[1]))
    graph.node.remove(users[0])
    _use(graph, {users[0].output[0]: given.name})
    given.type.tensor_type.elem_type = onnx.TensorProto.UINT8
    onnx.checker.check_model(onnx.shape_inference.infer_shapes(model, strict_mode=True))
    return model


def _before_reshape(softmax: Any, made_by: dict[str, Any]) -> str:
    """The (1, 64, cells) that the softmax's input was reshaped from."""
    node = made_by[softmax.input[0]]
    while node.op_type in {"Transpose", "Reshape"}:
        if node.op_type == "Reshape":
            return str(node.input[0])
        node = made_by[node.input[0]]
    raise ModelError("the head is not that of a YOLO11 detector: no reshape before its softmax")


def _choose(logits: str) -> list[Any]:
    """best_cells: the indices of the cells whose best class scores highest, `best_count` of them."""
    return [
        helper.make_node("ReduceMax", [logits], ["best_of_classes"], axes=[1], keepdims=1),
        helper.make_node("TopK", ["best_of_classes", "best_count"], ["best_values", "best_cells_3d"], axis=2),
        helper.make_node("Squeeze", ["best_cells_3d", "best_axes"], ["best_cells"]),
    ]


def _use(graph: Any, instead: dict[str, str]) -> None:
    for node in graph.node:
        for index, name in enumerate(node.input):
            node.input[index] = instead.get(name, name)


def _gather_constants(graph: Any, cells: int) -> None:
    """Constants of every cell (centre, stride) become those of the chosen cells."""
    constants = {
        each.name: numpy_helper.to_array(each) for each in graph.initializer if each.dims and each.dims[-1] == cells
    }
    for name, values in constants.items():
        users = [node for node in graph.node if name in node.input]
        if any(user.op_type not in _CELLS for user in users):
            raise ModelError(f"the head uses {name} in another way than a YOLO11 detector")
        best = f"{name}_best"
        for user in users:
            for index, given in enumerate(user.input):
                user.input[index] = best if given == name else given
        graph.node.append(helper.make_node("Gather", [name, "best_cells"], [best], axis=values.ndim - 1))


def _shorten_shapes(graph: Any, cells: int, kept: int) -> None:
    """Target shapes of reshapes that count all cells count the kept ones."""
    shapes = {node.input[1] for node in graph.node if node.op_type == "Reshape"}
    for each in graph.initializer:
        if each.name in shapes and cells in (values := numpy_helper.to_array(each)):
            each.CopyFrom(numpy_helper.from_array(np.where(values == cells, kept, values), each.name))


def _sort(graph: Any) -> None:
    """Every node after those that make its inputs, as ONNX wants it."""
    known = {each.name for each in (*graph.initializer, *graph.input)} | {""}
    left, sorted_nodes = list(graph.node), []
    while left:
        ready = [node for node in left if known.issuperset(node.input)]
        if not ready:
            raise ModelError(f"{left[0].name}: nothing makes one of its inputs")
        known.update(name for node in ready for name in node.output)
        sorted_nodes += ready
        left = [node for node in left if not known.issuperset(node.output)]
    del graph.node[:]
    graph.node.extend(sorted_nodes)
