# SPDX-License-Identifier: AGPL-3.0-or-later
"""Made transit: a transit with its images and the frames it was seen in, ready for delivery."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from anpr.domain.reasons import Cause
from anpr.domain.transit import ImageRole, Transit


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """When and why a transit was made, in the time of the camera's frames (UTC)."""

    cause: Cause
    at: datetime
    """When the frame was taken with which it was decided."""
    settled_at: datetime | None
    """When the frame was taken with which its vote settled; None where it never did."""


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
    decision: Decision | None = None
    """None where it was not made of frames."""
