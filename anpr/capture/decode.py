"""From an opened container to pictures."""

from collections.abc import Iterator
from typing import cast

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from anpr.capture.frame import LUMA_STEP
from anpr.capture.image_file import Image

_QUARTER = 90
"""Degrees."""


_PLANAR = frozenset(
    f"yuv{'j' if full else ''}{kind}p" for full in (False, True) for kind in ("420", "422", "440", "444")
) | {"nv12", "nv21", "gray"}
"""Formats whose first plane is the brightness, a byte a pixel: what cameras send."""


class Decoder:
    """The pictures of a container's first video stream, in the order they are shown.

    A packet that cannot be decoded is skipped and counted, since one broken packet says nothing about the next:
    whoever iterates looks at the counts and decides.
    """

    def __init__(self, container: InputContainer) -> None:
        self.container = container
        self.stream: VideoStream = container.streams.video[0]
        self.bad_packets = 0
        """Packets that could not be decoded so far."""
        self.bad_run = 0
        """Those of them that came since the last good picture."""

    def batches(self) -> Iterator[list[VideoFrame]]:
        """The pictures that each packet completes, often none.

        Raises av.FFmpegError when the container cannot be read any further.
        """
        for packet in self.container.demux(self.stream):
            try:
                pictures = packet.decode()
            except av.FFmpegError:
                self.bad_packets += 1
                self.bad_run += 1
                pictures = []
            if pictures:
                self.bad_run = 0
            yield pictures

    def __iter__(self) -> Iterator[VideoFrame]:
        for pictures in self.batches():
            yield from pictures


def to_image(picture: VideoFrame) -> Image:
    """The picture's pixels, upright: phones and some cameras store them turned and say so beside them."""
    image = np.asarray(picture.to_ndarray(format="bgr24"), np.uint8)
    turns = round(picture.rotation / _QUARTER) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image


def to_luma(picture: VideoFrame) -> Image | None:
    """The brightness of every LUMA_STEP-th pixel, straight from the decoder's memory; None where it has none apart.

    Spares a frame in which nothing moved the conversion of its two million pixels to blue, green and red.
    """
    if picture.format.name not in _PLANAR:
        return None
    plane = picture.planes[0]
    # PyAV's stubs do not say that a plane is a buffer.
    rows: Image = np.frombuffer(cast("memoryview", plane), np.uint8).reshape(plane.height, plane.line_size)
    return rows[::LUMA_STEP, : plane.width : LUMA_STEP]
