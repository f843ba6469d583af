# SPDX-License-Identifier: AGPL-3.0-or-later
"""Static quantisation: 32-bit floats to 8-bit weights and activations."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from anpr.reader.network.blob import Blob
from anpr.reader.network.model_card import ModelCard
from scripts.training.quantising.graph import take_pixels

OPERATIONS = {
    "detect": ("Conv", "Mul", "Sigmoid", "Add", "Concat", "MaxPool", "Resize", "Split"),
    "recognise": ("Conv",),
}
"""A detector's activations stay 8 bits wide from layer to layer; the recogniser's other layers cost little."""


class _Blobs(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, name: str, blobs: Iterator[Blob]) -> None:
        self._name = name
        self._blobs = blobs

    def get_next(self) -> dict[str, Blob] | None:
        blob = next(self._blobs, None)
        return None if blob is None else {self._name: blob}


def quantise(card: ModelCard, blobs: Iterator[Blob], out: Path) -> Path:
    """Write `out`: the card's weights with 8-bit layers, their ranges measured on `blobs`; a detector takes pixels.

    Weights get a scale for each channel and 7 bits: with 8 the sums of processors without VNNI instructions run over.
    A detector's ranges hold all that was seen: their mean over images, few of which hold a large plate, cut what such
    plates light up, so that one in ten of those wider than 160 px was lost.
    Raises ModelError when a detector's graph is not what it should be.
    """
    name = onnx.load(card.weights()).graph.input[0].name
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        with _without_advice():
            quant_pre_process(str(card.weights()), str(prepared), skip_symbolic_shape=True)
            quantize_static(
                str(prepared), str(out), _Blobs(name, blobs), quant_format=QuantFormat.QDQ,
                op_types_to_quantize=list(OPERATIONS[card.task]),
                nodes_to_exclude=exact(onnx.load(prepared), card.task),
                per_channel=True, reduce_range=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
                extra_options={"CalibMovingAverage": card.task == "recognise"},
            )  # fmt: skip
    if card.task == "detect":
        onnx.save(take_pixels(onnx.load(out), card.input.scale), out)
    return out


@contextmanager
def _without_advice() -> Iterator[None]:
    """ONNX Runtime recommends, on the root logger, the pre-processing that was done."""
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(before)


def exact(model: onnx.ModelProto, task: str) -> list[str]:
    """Layers that stay as they are, because rounding them costs plates."""
    return _last_layers(model) if task == "detect" else _first_and_squeezing_layers(model)


def _first_and_squeezing_layers(model: onnx.ModelProto) -> list[str]:
    """A recogniser's first convolutions, where a character is a few grey values, and those that weigh whole channels.

    With them rounded 2 of the 273 crops of `rec` val and 3 of 500 drawn plates were lost; kept as they are, none and 1.
    """
    parts = ("/stem/", "/squeeze/")
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    return sorted(node.name for node in convolutions if any(part in node.output[0] for part in parts))


def _last_layers(model: onnx.ModelProto) -> list[str]:
    """Of a detector the last of each branch of the head, and the arithmetic after them.

    Scores rounded to 256 levels put boxes into another order: mAP50 fell by .05 (recall did not).
    """
    made_by = {name: node for node in model.graph.node for name in node.output}
    left, names = [model.graph.output[0].name], set[str]()
    while left:
        node = made_by.get(left.pop())
        if node is None or node.name in names:
            continue
        names.add(node.name)
        if node.op_type != "Conv":
            left += list(node.input)
    return sorted(names)
