# SPDX-License-Identifier: AGPL-3.0-or-later
"""ONNX export of a PyTorch module with a fixed input shape."""

import warnings
from pathlib import Path

import torch
from torch import nn

OPSET = 17


def export_module(module: nn.Module, shape: tuple[int, ...], out: Path, names: tuple[str, str]) -> Path:
    """Write `out`: one input of `shape`, one output, by `names`; returns its path."""
    out.parent.mkdir(parents=True, exist_ok=True)
    made = module.eval().to(memory_format=torch.contiguous_format)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer warns of its own coming end, and of shapes that are fixed here
        torch.onnx.export(
            made, (torch.zeros(*shape),), str(out), input_names=[names[0]], output_names=[names[1]],
            opset_version=OPSET, dynamo=False,
        )  # fmt: skip
    return out
