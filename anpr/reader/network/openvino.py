# SPDX-License-Identifier: AGPL-3.0-or-later
"""OpenVINO engine on the CPU. Optional: `anpr[openvino]`."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from anpr.domain.errors import ModelError
from anpr.reader.network.blob import Blob


class OpenVinoNetwork:
    """One input, one output; compiled once for each input shape it is run with."""

    def __init__(self, weights: Path, threads: int) -> None:
        try:
            import openvino  # noqa: PLC0415  optional, and only when this engine is chosen
        except ImportError as exc:
            raise ModelError("the engine openvino needs the package openvino: install anpr[openvino]") from exc
        self._name = weights.name
        self._core = openvino.Core()
        # Full precision: bfloat16, its default on new CPUs, changes what is read.
        self._config = {
            "INFERENCE_NUM_THREADS": threads,
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": 1,
            "INFERENCE_PRECISION_HINT": "f32",
        }
        self._weights = weights
        self._compiled: dict[tuple[int, ...], object] = {}

    def run(self, blob: Blob) -> npt.NDArray[np.float32]:
        """The network's only output. Raises ModelError when it throws."""
        try:
            output = self._for(blob.shape)([blob])[0]  # type: ignore[operator]
        except Exception as exc:
            raise ModelError(f"{self._name}: OpenVINO failed on an input of {blob.shape}: {exc}") from exc
        return np.asarray(output, np.float32)

    def _for(self, shape: tuple[int, ...]) -> object:
        """The network compiled for this shape: fixed shapes are twice as fast, and the reader uses only a few."""
        if shape not in self._compiled:
            model = self._core.read_model(str(self._weights))
            model.reshape(list(shape))
            self._compiled[shape] = self._core.compile_model(model, "CPU", self._config)
        return self._compiled[shape]
