# SPDX-License-Identifier: AGPL-3.0-or-later
"""The scene of a transit, on which the plate's box is drawn: how large it is."""

from anpr.console.state import Console
from anpr.contract.jpeg import jpeg_size
from anpr.domain.errors import ImageAlteredError
from anpr.domain.transit import ImageRole, Transit


def scene_size(console: Console, transit: Transit) -> tuple[int, int] | None:
    """Width and height in px; None while the image has not arrived, or when there is none that the transit names."""
    try:
        data = console.images.find(transit, ImageRole.CONTEXT)
    except ImageAlteredError:  # whoever asks for the image is told
        return None
    return jpeg_size(data) if data else None
