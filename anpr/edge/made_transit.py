# SPDX-License-Identifier: AGPL-3.0-or-later
"""Made transit: a transit with its images and the frames it was seen in, ready for delivery."""

from collections.abc import Mapping
from dataclasses import dataclass

from anpr.domain.transit import ImageRole, Transit


@dataclass(frozen=True, kw_only=True, slots=True)
class MadeTransit:
    """One vehicle past one camera. `images` are JPEG bytes by role; `transit.images` names them."""

    transit: Transit
    images: Mapping[ImageRole, bytes]
    first_frame: int
    """Index of the first frame it was seen in."""
    last_frame: int
    """Index of the last frame it was seen in before the transit was made."""
    second_raw: str | None = None
    """What the second recogniser saw in the best image, where one was asked."""
