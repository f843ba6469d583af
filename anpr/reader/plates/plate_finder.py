# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plate finder: the interface between a camera's watch and whatever detects and reads plates."""

from typing import Protocol

from anpr.capture.image_file import Image
from anpr.domain.read import PlateRead
from anpr.reader.detect import Detection
from anpr.reader.plates.plate_reader import Found, Rejected


class PlateFinder(Protocol):
    """Finds plates and reads them: a PlateReader, or a pool of them."""

    def find(self, image: Image) -> Found:
        """Where plates are. Raises ModelError."""

    def read_box(self, image: Image, detection: Detection, turn: int) -> PlateRead | Rejected:
        """What one of them says, cropped in the way of this turn. Raises ModelError."""
