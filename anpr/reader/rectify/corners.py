# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keypoint regression: a plate's four corners, whether it is a plate, and whether it has two lines."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from anpr.capture.image_file import Image
from anpr.domain.errors import ModelError
from anpr.domain.read import Box
from anpr.reader.network.blob import Blob, to_blob
from anpr.reader.network.model_card import NetworkInput
from anpr.reader.rectify.quad import Quad, is_convex
from anpr.reader.rectify.view import shown, view_of

_OUTPUTS = 14


@dataclass(frozen=True, kw_only=True, slots=True)
class Corners:
    """What the corner network says of one detection."""

    quad: Quad
    """px of the image."""
    spread: float
    """How widely the map of the least sure corner is spread: standard deviation, px of the network's input.

    It was taught to spread by `4 × √2`, so that is sure; more is a corner in two places, or anywhere."""
    plate: float
    """Probability that it is a number plate."""
    two_lines: float
    """Probability that it has two lines of text."""


class RowNetwork(Protocol):
    """A runtime with the weights loaded."""

    def run(self, blob: Blob) -> npt.NDArray[np.float32]:
        """(1, 14): corners, spreads, plate, two lines. Raises ModelError."""


class CornerFinder(Protocol):
    """Finds a plate's corners; one per thread."""

    def find(self, image: Image, box: Box) -> Corners | None:
        """The corners of the plate in a detector's box; None where they go round no quadrilateral.

        Raises ModelError when the network throws.
        """


class NetworkCornerFinder:
    """The box with a wide margin, the network, and its corners back in px of the image."""

    def __init__(self, network: RowNetwork, wanted: NetworkInput) -> None:
        self._network = network
        self._input = wanted

    def find(self, image: Image, box: Box) -> Corners | None:
        view = view_of(box, self._input.width, self._input.height)
        output = self._network.run(to_blob(shown(image, view, self._input.pad_value), self._input))
        if output.shape != (1, _OUTPUTS):
            raise ModelError(f"a corner network gives (1, {_OUTPUTS}), this one gave {output.shape}")
        row = output[0]
        inner = np.asarray(row[:8].reshape(4, 2), np.float32)
        if not is_convex(inner):
            return None
        return Corners(
            quad=view.to_picture(inner),
            spread=float(row[8:12].max()),
            plate=float(row[12]),
            two_lines=float(row[13]),
        )
