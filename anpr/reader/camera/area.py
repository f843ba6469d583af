"""Which plates of a camera's picture are read: those in its regions, and not under its masks.

Only the part of the picture around the regions is looked at: what a detector is shown is shrunk to its input, so the
narrower they are, the smaller a plate may be in the camera's picture.
"""

from dataclasses import dataclass, replace

from anpr.capture.image_file import Image
from anpr.domain.area import Polygon
from anpr.domain.gate import Camera
from anpr.domain.read import Box
from anpr.domain.reasons import Drop
from anpr.reader.plates.plate_reader import Find, Found, Rejected

_AROUND = 0.08
"""Of the picture's width and height, seen around the regions: a plate on their border is seen whole, on its vehicle."""
_LEAST_PX = 640
"""Wide. Smaller parts would have to be enlarged, which shows nothing more."""
_ALL = 0.85
"""Of the picture's width: a part that is larger is not worth leaving the rest out."""


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

    def look(self, find: Find, image: Image) -> Found:
        """What `find` finds where plates count, in px of the whole picture; those left out among the rejected."""
        height, width = image.shape[:2]
        view = self.view(width, height)
        left, top = int(view.x), int(view.y)
        found = find(image[top : top + int(view.h), left : left + int(view.w)])
        return self.within(_moved(found, left, top), image)

    def view(self, width: int, height: int) -> Box:
        """The part that is looked at of a picture of this size: whole px, and as high for its width as the picture."""
        whole = Box(x=0, y=0, w=width, h=height)
        corners = [corner for region in self.regions for corner in region.points]
        if not corners:
            return whole
        (left, right), (top, bottom) = (
            (max(0.0, min(side) - _AROUND), min(1.0, max(side) + _AROUND)) for side in zip(*corners, strict=True)
        )
        share = max(right - left, bottom - top, _LEAST_PX / width)
        if share > _ALL:
            return whole
        x, y = (min(max((low + high - share) / 2, 0.0), 1 - share) for low, high in ((left, right), (top, bottom)))
        return Box(x=round(x * width), y=round(y * height), w=int(share * width), h=int(share * height))

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


def _moved(found: Found, right: int, down: int) -> Found:
    """What was found in a part of a picture, in px of the whole."""
    if not right and not down:
        return found
    return Found(
        detections=tuple(replace(one, box=_shifted(one.box, right, down)) for one in found.detections),
        rejected=tuple(replace(one, box=_shifted(one.box, right, down)) for one in found.rejected),
    )


def _shifted(box: Box, right: int, down: int) -> Box:
    return replace(box, x=box.x + right, y=box.y + down)
