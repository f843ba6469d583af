# SPDX-License-Identifier: AGPL-3.0-or-later
"""Inference with the network in training, as the reader would run it."""

import numpy as np
import numpy.typing as npt
import torch

from anpr.reader.network.blob import Blob
from anpr.reader.network.model_card import NetworkInput
from anpr.reader.rectify.corners import NetworkCornerFinder
from scripts.training.rectifier.network import CornerNetwork, Exported
from scripts.training.rectifier.shape import HEIGHT, PAD_VALUE, WIDTH


class _Torch:
    def __init__(self, network: CornerNetwork) -> None:
        self._network = Exported(network).eval()

    def run(self, blob: Blob) -> npt.NDArray[np.float32]:
        """(1, OUTPUTS)."""
        with torch.no_grad():
            return np.asarray(self._network(torch.from_numpy(np.asarray(blob, np.float32))).numpy(), np.float32)


def finder_of(network: CornerNetwork) -> NetworkCornerFinder:
    """A corner finder with these weights."""
    wanted = NetworkInput(width=WIDTH, height=HEIGHT, colour="RGB", scale=1 / 255, pad_value=PAD_VALUE)
    return NetworkCornerFinder(_Torch(network), wanted)
