"""One picture of one camera at one moment."""

from dataclasses import dataclass, field
from datetime import datetime

from anpr.reader.image_file import Image


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Frame:
    """What a camera saw. `image` belongs to the frame: whoever draws on it takes a copy."""

    camera_id: str
    image: Image = field(repr=False)
    captured_at: datetime
    """UTC. Live: when the frame arrived. File: the start given to it plus `at_s`."""
    index: int
    """0 for the first frame since the source was opened first; counts on over reconnections and dropped frames."""
    at_s: float
    """Seconds since the first frame of the source; never goes backwards."""

    def __post_init__(self) -> None:
        if self.captured_at.tzinfo is None:
            raise ValueError("captured_at needs a time zone")
        if self.image.ndim != 3 or self.image.shape[2] != 3:
            raise ValueError(f"a frame's image is height x width x 3, not {self.image.shape}")
