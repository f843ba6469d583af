"""Which plates of a camera's picture are read: those in its regions, and not under its masks."""

from dataclasses import dataclass

from anpr.domain.area import Polygon
from anpr.domain.gate import Camera
from anpr.domain.read import Box
from anpr.metrics import Drop
from anpr.reader.image_file import Image
from anpr.reader.plates import Found, Rejected


@dataclass(frozen=True, slots=True)
class Area:
    """Of one camera. A plate lies where its centre is."""

    regions: tuple[Polygon, ...] = ()
    """Without any: the whole picture."""
    masks: tuple[Polygon, ...] = ()

    @staticmethod
    def of(camera: Camera) -> "Area":
        """As the camera's settings say."""
        return Area(camera.regions, camera.masks)

    def fault(self, box: Box, width: int, height: int) -> Drop | None:
        """Why a plate at `box` in a picture of this size (px) is not read."""
        x, y = box.centre
        # A box may reach beyond the picture; its centre then counts as on the border.
        x, y = min(max(x / width, 0.0), 1.0), min(max(y / height, 0.0), 1.0)
        if any(mask.contains(x, y) for mask in self.masks):
            return Drop.PLATE_MASKED
        if self.regions and not any(region.contains(x, y) for region in self.regions):
            return Drop.PLATE_OUTSIDE_REGION
        return None

    def within(self, found: Found, image: Image) -> Found:
        """What was found, those left out among the rejected."""
        if not self.regions and not self.masks:
            return found
        height, width = image.shape[:2]
        kept, rejected = [], list(found.rejected)
        for detection in found.detections:
            reason = self.fault(detection.box, width, height)
            if reason is None:
                kept.append(detection)
            else:
                rejected.append(Rejected(box=detection.box, score=detection.score, reason=reason))
        return Found(detections=tuple(kept), rejected=tuple(rejected))
