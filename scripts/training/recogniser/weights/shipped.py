# SPDX-License-Identifier: AGPL-3.0-or-later
"""Warm start from shipped weights: the float ONNX file back in the training network (inverse of `export`)."""

from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from anpr.domain.errors import InputError
from scripts.training.recogniser.weights.network import PlateNetwork

_PREFIX = "network."
_TRANSPOSED = "onnx::MatMul_"
"""The exporter stores the weights of linear layers transposed, numbered in the order of the graph."""


def load_shipped(weights: Path, network: PlateNetwork) -> PlateNetwork:
    """Fill `network` with the parameters of an exported ONNX file and return it.

    The network is convolutional with attention without positions, so the file's input size does not matter.
    Raises InputError where the file holds other parameters than the network.
    """
    values = {
        tensor.name: torch.from_numpy(numpy_helper.to_array(tensor).copy())
        for tensor in onnx.load(str(weights)).graph.initializer
    }
    state = {name.removeprefix(_PREFIX): value for name, value in values.items() if name.startswith(_PREFIX)}
    try:
        network.load_state_dict(state | _linear_weights(network, values))
    except RuntimeError as exc:
        raise InputError(f"{weights}: not the parameters of this network: {exc}") from exc
    return network


def _linear_weights(network: PlateNetwork, values: dict[str, Tensor]) -> dict[str, Tensor]:
    numbered = sorted((int(name.removeprefix(_TRANSPOSED)), name) for name in values if name.startswith(_TRANSPOSED))
    linears = [name for name, module in network.named_modules() if isinstance(module, nn.Linear)]
    return {
        f"{linear}.weight": values[name].T.contiguous() for linear, (_, name) in zip(linears, numbered, strict=False)
    }
