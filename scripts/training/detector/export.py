# SPDX-License-Identifier: AGPL-3.0-or-later
"""Export of a checkpoint to ONNX: fixed shape, one image, raw output."""

import shutil
from pathlib import Path

from anpr.domain.errors import ModelError

OPSET = 17
STRIDES = (8, 16, 32)
DESCRIPTION = "Plate detector of anpr: YOLO11n trained with Ultralytics"


def cells(width: int, height: int) -> int:
    """N of the raw output (1, 5, N): one cell at each stride."""
    return sum((width // s) * (height // s) for s in STRIDES)


def export_onnx(checkpoint: Path, out: Path, width: int, height: int) -> Path:
    """Write `out` from `checkpoint` for images of width × height px (multiples of 32)."""
    if width % STRIDES[-1] or height % STRIDES[-1]:
        raise ModelError(f"the network takes sides that are multiples of {STRIDES[-1]} px, not {width}×{height}")
    from ultralytics import YOLO  # noqa: PLC0415

    made = YOLO(str(checkpoint)).export(
        format="onnx", imgsz=(height, width), opset=OPSET, simplify=True, dynamic=False, batch=1, device="cpu"
    )
    _check(Path(made), width, height)
    _describe(Path(made))
    out.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(made, out)
    return out


def _check(made: Path, width: int, height: int) -> None:
    import onnx  # noqa: PLC0415

    graph = onnx.load(made).graph
    shape = [side.dim_value for side in graph.output[0].type.tensor_type.shape.dim]
    if shape != [1, 5, cells(width, height)]:
        raise ModelError(f"{made.name}: the exported network gives {shape}, not (1, 5, {cells(width, height)})")


def _describe(made: Path) -> None:
    """Ultralytics writes the path of the training's data into the file: what it is stands there instead."""
    import onnx  # noqa: PLC0415

    model = onnx.load(made)
    for entry in model.metadata_props:
        if entry.key == "description":
            entry.value = DESCRIPTION
    onnx.save(model, made)
