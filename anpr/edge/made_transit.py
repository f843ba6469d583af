"""What the assembler hands on: a transit, its pictures, and the frames it was seen in."""

from collections.abc import Mapping
from dataclasses import dataclass

from anpr.domain.transit import ImageRole, Transit


@dataclass(frozen=True, kw_only=True, slots=True)
class MadeTransit:
    """One vehicle past one camera. `images` are JPEG bytes; `transit.images` names them."""

    transit: Transit
    images: Mapping[ImageRole, bytes]
    first_frame: int
    """Index of the first frame it was seen in."""
    last_frame: int
    """Index of the last frame it was seen in before the transit was made."""
    second_raw: str | None = None
    """What a second reader saw in its best picture, where one was asked."""
