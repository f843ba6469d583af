# SPDX-License-Identifier: AGPL-3.0-or-later
"""Graph surgery: adapts an 8-bit network's input to the camera's pixels."""

import numpy as np
import onnx
from onnx import numpy_helper

from anpr.domain.errors import ModelError


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
    rounded = users[0].output[0]
    graph.node.remove(users[0])
    for node in graph.node:
        for index, name in enumerate(node.input):
            node.input[index] = given.name if name == rounded else name
    given.type.tensor_type.elem_type = onnx.TensorProto.UINT8
    onnx.checker.check_model(onnx.shape_inference.infer_shapes(model, strict_mode=True))
    return model
