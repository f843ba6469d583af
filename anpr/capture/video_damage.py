# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reference-frame damage: which decoded frames of a video can be trusted, and whether a camera's often cannot.

A decoder conceals what it cannot decode and marks that frame at most. The frames behind it are made from it, so that
they are as bad until the next key frame.
"""

from collections import deque

from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from anpr.domain.camera_view import HIGH_SHARE

WINDOW_S = 60.0
"""Time over which damaged frames are counted."""
_ON_NEIGHBOUR = 1
"""Packets. A parser that cuts packets anew may leave the container's mark on the packet before the damaged one."""
_AT_JOINT = 2
"""Packets. Where recordings were joined the count of packets in a transport stream jumps, and the end of the first one
is marked. Were it damaged indeed, nothing would be made from it: a key frame follows."""
_MOST_REORDERED = 32
"""Packets; H.264 and H.265 hold back 16 frames at most."""
_WINDOWS = 2
"""In a row that must agree: one disturbance, and what follows it up to the next key frame, is no state."""


class DamageTracker:
    """Follows the packets and frames of one decoder, in the order in which they come."""

    def __init__(self) -> None:
        self.damaged_frames = 0
        self._in_doubt = False
        self._only_marked = False
        """Whether all that is known against the frames is a mark of the container."""
        self._marked_frames = 0
        self._since_mark = _AT_JOINT + 1
        self._since_doubt: deque[int | None] = deque(maxlen=_MOST_REORDERED)
        """Time stamps of the packets behind the damage: a decoder that reorders may give a key frame after it took the
        damaged packet that follows it."""

    def packet(self, packet: "Packet[VideoStream]") -> None:
        """This packet is decoded next."""
        self._since_mark += 1
        if packet.is_corrupt:
            self._mark()
        elif packet.is_keyframe and self._only_marked and _ON_NEIGHBOUR < self._since_mark <= _AT_JOINT:
            self._forgive()
        if self._since_mark > _ON_NEIGHBOUR:
            self._since_doubt.append(packet.pts)

    def lost(self) -> None:
        """The packet, or one before it, gave no frame."""
        self._in_doubt, self._only_marked = True, False
        self._since_doubt.clear()

    def is_whole(self, frame: VideoFrame) -> bool:
        """Whether the next frame was decoded without damage, from frames without damage."""
        if frame.key_frame and not {frame.pts, None}.isdisjoint(self._since_doubt):  # some containers give no stamps
            self._in_doubt = False
        if frame.is_corrupt:
            self._in_doubt, self._only_marked = True, False
        self.damaged_frames += self._in_doubt
        self._marked_frames += self._in_doubt
        return not self._in_doubt

    def _mark(self) -> None:
        self._since_mark = 0
        if not self._in_doubt:
            self._in_doubt, self._only_marked, self._marked_frames = True, True, 0
        self._since_doubt.clear()

    def _forgive(self) -> None:
        """The mark says that two recordings were joined here, each of them whole."""
        self.damaged_frames -= self._marked_frames
        self._in_doubt = self._only_marked = False


class DamageShare:
    """Whether a camera's frames are often damaged: at least HIGH_SHARE of them in two windows in a row."""

    def __init__(self) -> None:
        self.is_high = False
        self.share = 0.0
        """Of the frames in the last full window, 0 to 1."""
        self._began_s: float | None = None
        self._frames = 0
        self._damaged = 0
        self._disagreeing = 0

    def add(self, is_whole: bool, at_s: float) -> None:
        """Count a frame that came at `at_s` (s, never backwards)."""
        if self._began_s is None:
            self._began_s = at_s
        if at_s - self._began_s >= WINDOW_S:
            self._close_window(at_s)
        self._frames += 1
        self._damaged += not is_whole

    def _close_window(self, at_s: float) -> None:
        self.share = self._damaged / self._frames
        disagrees = (self.share >= HIGH_SHARE) is not self.is_high
        self._disagreeing = self._disagreeing + 1 if disagrees else 0
        if self._disagreeing >= _WINDOWS:
            self.is_high, self._disagreeing = not self.is_high, 0
        self._began_s, self._frames, self._damaged = at_s, 0, 0
