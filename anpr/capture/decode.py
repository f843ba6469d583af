# SPDX-License-Identifier: AGPL-3.0-or-later
"""Video decoder: the frames of an opened container (PyAV), and their pixels."""

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
    """The frames of a container's first video stream, in the order they are shown.

    A packet that cannot be decoded is skipped and counted, since one broken packet says nothing about the next:
    the caller decides by the counts.
    """

    def __init__(self, container: InputContainer) -> None:
        self.container = container
        self.stream: VideoStream = container.streams.video[0]
        self.bad_packets = 0
        """Packets that could not be decoded so far."""
        self.bad_run = 0
        """Those of them that came since the last good frame."""

    def batches(self) -> Iterator[list[VideoFrame]]:
        """The frames that each packet completes, often none.

        Raises av.FFmpegError when the container cannot be read any further.
        """
        for packet in self.container.demux(self.stream):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                self.bad_packets += 1
                self.bad_run += 1
                frames = []
            if frames:
                self.bad_run = 0
            yield frames

    def __iter__(self) -> Iterator[VideoFrame]:
        for frames in self.batches():
            yield from frames


def to_image(frame: VideoFrame) -> Image:
    """The frame's pixels (height × width × 3, BGR), upright: phones and some cameras store them turned and say so
    beside them.
    """
    image = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
    turns = round(frame.rotation / _QUARTER) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image


def to_luma(frame: VideoFrame) -> Image | None:
    """The luma of every LUMA_STEP-th pixel (height × width), a view of the decoder's memory; None for other formats.

    Spares a frame in which nothing moved the conversion of its two million pixels to blue, green and red.
    """
    if frame.format.name not in _PLANAR:
        return None
    plane = frame.planes[0]
    # PyAV's stubs do not say that a plane is a buffer.
    rows: Image = np.frombuffer(cast("memoryview", plane), np.uint8).reshape(plane.height, plane.line_size)
    return rows[::LUMA_STEP, : plane.width : LUMA_STEP]
