# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ultralytics engine: runs the detector's weights. Optional: `anpr[train]`, which brings torch.

Its runtime loads weights in any format that it knows (.onnx, .pt, TensorRT …); before and after it everything is the
same as with the other engines.
"""

import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt

from anpr.domain.errors import ModelError
from anpr.reader.network.blob import Blob


class UltralyticsNetwork:
    """Ultralytics' AutoBackend on the CPU."""

    def __init__(self, weights: Path, threads: int) -> None:
        try:
            import torch  # noqa: PLC0415  optional, and only when this engine is chosen
            from ultralytics.nn.autobackend import AutoBackend  # noqa: PLC0415
            from ultralytics.utils import LOGGER, checks  # noqa: PLC0415
        except ImportError as exc:
            raise ModelError(
                f"the engine ultralytics needs the package {exc.name or 'ultralytics'}: install anpr[train]"
            ) from exc
        checks.AUTOINSTALL = False  # a reader never installs packages by itself
        LOGGER.setLevel(logging.WARNING)
        torch.set_num_threads(threads)
        self._name = weights.name
        self._from_numpy = torch.from_numpy
        try:
            self._backend = AutoBackend(str(weights), device=torch.device("cpu"), verbose=False)
        except Exception as exc:
            raise ModelError(f"{weights}: Ultralytics cannot load it: {exc}") from exc

    def run(self, blob: Blob) -> npt.NDArray[np.float32]:
        """(1, 4 + classes, n). Raises ModelError when it throws."""
        try:
            output = self._backend(self._from_numpy(np.ascontiguousarray(blob)))
        except Exception as exc:
            raise ModelError(f"{self._name}: Ultralytics failed on an input of {blob.shape}: {exc}") from exc
        first = output[0] if isinstance(output, list | tuple) else output
        return np.asarray(first.detach().numpy(), np.float32)
