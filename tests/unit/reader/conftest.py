# SPDX-License-Identifier: AGPL-3.0-or-later
"""A plate to look at."""

import numpy as np
import pytest

from anpr.capture.image_file import Image
from anpr.drawing import draw_plate


@pytest.fixture(scope="session")
def drawn_plate() -> Image:
    """A clean drawn Italian plate, AB123CD."""
    return draw_plate("it_car", text="AB123CD", rng=np.random.default_rng(1)).image
