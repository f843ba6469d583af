# SPDX-License-Identifier: AGPL-3.0-or-later
"""Video decoder: the frames of an opened container (PyAV), and their pixels."""

from collections.abc import Iterator
from typing import NamedTuple, cast

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from anpr.capture.frame import LUMA_STEP
from anpr.capture.image_file import Image
from anpr.capture.video_damage import DamageTracker

_QUARTER = 90
"""Degrees."""

_PLANAR = frozenset(
    f"yuv{'j' if full else ''}{kind}p" for full in (False, True) for kind in ("420", "422", "440", "444")
) | {"nv12", "nv21", "gray"}
"""Formats whose first plane is the brightness, a byte a pixel: what cameras send."""


_STRICT = frozenset({"mjpeg"})
"""Codecs whose decoder gives out a damaged frame without a mark and can be told to refuse it. The one for H.265 would
refuse a whole frame for a maker's own message (SEI) that it cannot parse."""

_SILENT = frozenset({"hevc"})
"""Codecs whose decoder marks no damaged frame, and leaves out a frame, without an error, when the one it was made from
is missing."""

_LEADING_FRAMES = 16
"""A video that begins in the middle may hold frames that refer to what came before; they are left out by the standard
(H.265, RASL) and are not lost. There are fewer than the distance of two reference frames."""


class DecodedFrame(NamedTuple):
    """A frame, and whether it can be trusted: it and the frames it was made from were decoded without damage."""

    frame: VideoFrame
    is_whole: bool


class Decoder:
    """The frames of a container's first video stream, in the order they are shown, damaged ones included.

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
        self._frames = 0
        self._in_flight = 0
        context = self.stream.codec_context
        self._damage = DamageTracker()
        # With more than one thread FFmpeg 8 loses most marks of damaged frames: of 424 pictures with visible damage in
        # H.264 it left 380 unmarked, and none with one thread.
        context.thread_count = 1
        if context.name in _STRICT:
            context.options = {"err_detect": "explode"}

    @property
    def damaged_frames(self) -> int:
        """Frames so far that are not whole."""
        return self._damage.damaged_frames

    def batches(self) -> Iterator[list[DecodedFrame]]:
        """The frames that each packet completes, often none.

        Raises av.FFmpegError when the container cannot be read any further.
        """
        for packet in self.container.demux(self.stream):
            yield self._decode(packet)

    def __iter__(self) -> Iterator[DecodedFrame]:
        for frames in self.batches():
            yield from frames

    def _decode(self, packet: "Packet[VideoStream]") -> list[DecodedFrame]:
        self._damage.packet(packet)
        try:
            frames = packet.decode()
        except av.FFmpegError:
            self._lose(1)
            return []
        decoded = [DecodedFrame(frame, self._damage.is_whole(frame)) for frame in frames]
        if decoded:
            self.bad_run = 0
        self._count_missing(packet, len(decoded))
        return decoded

    def _count_missing(self, packet: "Packet[VideoStream]", frames: int) -> None:
        """Packets that gave neither a frame nor an error, beyond those the decoder holds back to reorder them."""
        self._frames += frames
        if self.stream.codec_context.name not in _SILENT or self._frames < _LEADING_FRAMES or not packet.size:
            return
        self._in_flight = max(0, self._in_flight + 1 - frames)
        missing = self._in_flight - self.stream.codec_context.reorder_depth - 1
        if missing > 0:
            self._in_flight = 0
            self._lose(missing)

    def _lose(self, packets: int) -> None:
        self._damage.lost()
        self.bad_packets += packets
        self.bad_run += packets


def announced_rate(stream: VideoStream) -> float | None:
    """Frames a second that the stream claims, which camera and network may not keep; None where it claims nothing."""
    return float(stream.average_rate) if stream.average_rate else None


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
