# SPDX-License-Identifier: AGPL-3.0-or-later
"""Warm start from PP-OCRv6 small: its weights, read from the ONNX file in rapidocr, in our network."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from anpr.domain.errors import ModelError
from scripts.training.recogniser.shape import CHARACTERS
from scripts.training.recogniser.weights.network import FULL, PlateNetwork

Array = npt.NDArray[np.float32]
_EPSILON = 1e-5
"""Of the batch normalisations that the file has not folded."""


def warm_network(weights: Path, characters: tuple[str, ...]) -> PlateNetwork:
    """The full network with PP-OCRv6's weights; of its head only the rows of our characters.

    `characters` are those of its output after the blank. Raises ModelError where the file is laid out otherwise.
    """
    graph = onnx.load(weights).graph
    network = PlateNetwork(FULL)
    with torch.no_grad():
        try:
            _copy(graph, network, characters)
        except (StopIteration, RuntimeError, KeyError) as exc:
            raise ModelError(f"{weights}: not the layout of PP-OCRv6 small: {exc}") from exc
    return network


def _copy(graph: onnx.GraphProto, network: PlateNetwork, characters: tuple[str, ...]) -> None:
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    users = {name: node for node in graph.node for name in node.input}
    convolutions = iter(_folded_convolutions(graph, values, users))
    for module in _in_order(network):
        kernel, bias = next(convolutions)
        module.weight.copy_(torch.from_numpy(kernel.reshape(module.weight.shape).copy()))
        module.bias.copy_(torch.from_numpy(bias.reshape(-1).copy()))
    _copy_attention(values, network)
    _copy_head(values, network, characters)


def _in_order(network: PlateNetwork) -> Iterator[nn.Module]:
    """The convolutions in the order of the file."""
    yield from network.stem.convolutions
    for block in network.blocks:
        yield block.spread
        if block.squeeze is not None:
            yield from (block.squeeze.down, block.squeeze.up)
        yield from (block.expand, block.project)
    yield from (network.neck.around, network.neck.into, network.neck.near)


def _folded_convolutions(
    graph: onnx.GraphProto, values: dict[str, Array], users: dict[str, onnx.NodeProto]
) -> Iterator[tuple[Array, Array]]:
    """Kernel and bias of each convolution, a batch normalisation behind it folded in."""
    names = {node.output[0]: node.input[0] for node in graph.node if node.op_type == "Identity"}

    def value(name: str) -> Array:
        while name in names:
            name = names[name]
        return values[name]

    for node in graph.node:
        if node.op_type != "Conv":
            continue
        kernel, after = value(node.input[1]), users[node.output[0]]
        if after.op_type == "BatchNormalization":
            gain, shift, mean, variance = (value(name) for name in after.input[1:5])
            scale = gain / np.sqrt(variance + _EPSILON)
            yield np.asarray(kernel * scale.reshape(-1, 1, 1, 1), np.float32), shift - mean * scale
        else:
            yield kernel, value(next(name for name in after.input if name != node.output[0]))


def _copy_attention(values: dict[str, Array], network: PlateNetwork) -> None:
    linears = [part for layer in network.neck.layers
               for part in (layer.query_key_value, layer.out, layer.expand, layer.project)]  # fmt: skip
    for number, linear in enumerate(linears):
        linear.weight.copy_(torch.from_numpy(values[f"linear_{number}.w_0"].T.copy()))
        linear.bias.copy_(torch.from_numpy(values[f"linear_{number}.b_0"].copy()))
    norms = [norm for layer in network.neck.layers for norm in (layer.first_norm, layer.second_norm)]
    for number, norm in enumerate([*norms, network.neck.norm]):
        norm.weight.copy_(torch.from_numpy(values[f"helper.reshape.{2 * number}"].reshape(-1).copy()))
        norm.bias.copy_(torch.from_numpy(values[f"helper.reshape.{2 * number + 1}"].reshape(-1).copy()))


def _copy_head(values: dict[str, Array], network: PlateNetwork, characters: tuple[str, ...]) -> None:
    rows = [0, *(1 + characters.index(sign) for sign in CHARACTERS)]
    network.head.weight.copy_(torch.from_numpy(values["linear_8.w_0"].T[rows].copy()))
    network.head.bias.copy_(torch.from_numpy(values["linear_8.b_0"][rows].copy()))
