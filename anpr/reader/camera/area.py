# SPDX-License-Identifier: AGPL-3.0-or-later
"""Region of interest: plates are read in a camera's regions and not under its masks.

Only the part of the image around the regions is given to the detector. The detector shrinks what it is given to its
input, so the narrower the regions are, the smaller a plate may be in the camera's image.
"""

from dataclasses import dataclass, replace

from anpr.capture.image_file import Image
from anpr.domain.area import Polygon
from anpr.domain.gate import Camera
from anpr.domain.read import Box
from anpr.domain.reasons import Drop
from anpr.reader.plates.plate_reader import Found, Rejected

_AROUND = 0.08
"""Share of the image's width and height added around the regions: a plate on their border is seen whole, on its
vehicle."""
_LEAST_PX = 640
"""Least width of the part. A smaller one would have to be enlarged, which shows nothing more."""
_ALL = 0.85
"""Share of the image's width from which the whole image is used: leaving out less gains nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class ImagePart:
    """The part of an image in which plates are searched."""

    image: Image
    """The part's pixels (height × width × 3), not copied."""
    left: int
    """Where the part begins in the whole image, px."""
    top: int
    width: int
    """Of the whole image, px."""
    height: int


@dataclass(frozen=True, slots=True)
class Area:
    """The regions and masks of one camera. A plate counts as lying where its centre is."""

    regions: tuple[Polygon, ...] = ()
    """Without regions the whole image counts."""
    masks: tuple[Polygon, ...] = ()

    @staticmethod
    def of(camera: Camera) -> "Area":
        """The area that the camera's settings describe."""
        return Area(camera.regions, camera.masks)

    def crop(self, image: Image) -> ImagePart:
        """The part of `image` (height × width × 3) around the regions."""
        height, width = image.shape[:2]
        box = self.bounds(width, height)
        left, top = int(box.x), int(box.y)
        part = image[top : top + int(box.h), left : left + int(box.w)]
        return ImagePart(image=part, left=left, top=top, width=width, height=height)

    def keep(self, found: Found, view: ImagePart) -> Found:
        """What was found in `view.image`, in px of the whole image; plates outside the area become rejected ones."""
        found = _moved(found, view.left, view.top)
        if not self.regions and not self.masks:
            return found
        kept, rejected = [], list(found.rejected)
        for detection in found.detections:
            reason = self.fault(detection.box, view.width, view.height)
            if reason is None:
                kept.append(detection)
            else:
                rejected.append(Rejected(box=detection.box, score=detection.score, reason=reason))
        return Found(detections=tuple(kept), rejected=tuple(rejected))

    def bounds(self, width: int, height: int) -> Box:
        """The part of an image of this size (px) that `crop` takes: whole px, with the aspect ratio of the image."""
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
        """Why a plate at `box` in an image of this size (px) is not read; None when it is."""
        x, y = box.centre
        # A box may reach beyond the image; its centre then counts as on the border.
        x, y = min(max(x / width, 0.0), 1.0), min(max(y / height, 0.0), 1.0)
        if any(mask.contains(x, y) for mask in self.masks):
            return Drop.PLATE_MASKED
        if self.regions and not any(region.contains(x, y) for region in self.regions):
            return Drop.PLATE_OUTSIDE_REGION
        return None


def _moved(found: Found, right: int, down: int) -> Found:
    """What was found in a part of an image, in px of the whole image."""
    if not right and not down:
        return found
    return Found(
        detections=tuple(replace(one, box=_shifted(one.box, right, down)) for one in found.detections),
        rejected=tuple(replace(one, box=_shifted(one.box, right, down)) for one in found.rejected),
    )


def _shifted(box: Box, right: int, down: int) -> Box:
    return replace(box, x=box.x + right, y=box.y + down)
