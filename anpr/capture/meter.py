# SPDX-License-Identifier: AGPL-3.0-or-later
"""Meter of a video source: counts its frames, how soon they come, how often one is a key frame."""

from anpr.capture.source import RawFrame
from anpr.runtime.clock import Clock


class SourceMeter:
    """Takes the frames of one session in their order, in one thread; read it when that has ended."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._opened_at = clock.monotonic()
        self._first: RawFrame | None = None
        self._keys = 0
        self._runs = 0
        self._run_s: tuple[float, float] = (0.0, 0.0)
        """When the first and the last run of key frames began (s)."""
        self.first_after_s = 0.0
        """From the meter's making to the first frame."""
        self.frames = 0
        self.damaged = 0
        self.last: RawFrame | None = None

    def add(self, raw: RawFrame) -> None:
        """Count the next frame."""
        if self._first is None:
            self._first = raw
            self.first_after_s = self._clock.monotonic() - self._opened_at
        if raw.is_key:
            self._count_key(raw.at_s)
        self.frames += 1
        self.damaged += not raw.is_whole
        self.last = raw

    def _count_key(self, at_s: float) -> None:
        """FFmpeg gives a key frame of several slices twice from some cameras: those that follow one another count as
        one."""
        self._keys += 1
        if self.last is None or not self.last.is_key:
            self._runs += 1
            self._run_s = (at_s if self._runs == 1 else self._run_s[0], at_s)

    @property
    def seconds(self) -> float:
        """Between the first frame and the last."""
        return self.last.at_s - self._first.at_s if self.last is not None and self._first is not None else 0.0

    @property
    def key_every_s(self) -> float | None:
        """Mean time between two key frames; None before the second."""
        if self.frames > 1 and self._keys == self.frames:  # Motion JPEG, and other codecs without other frames
            return self.seconds / (self.frames - 1)
        return (self._run_s[1] - self._run_s[0]) / (self._runs - 1) if self._runs > 1 else None
