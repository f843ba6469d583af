# SPDX-License-Identifier: AGPL-3.0-or-later
"""View quality: reports when a camera's image is blurred or too dark, from one sample every few seconds."""

import logging
from datetime import datetime

from anpr.capture.frame import Frame
from anpr.domain.camera_view import SOFT
from anpr.domain.health import BLURRED, DARK
from anpr.reader.camera.baseline import Baseline
from anpr.reader.camera.debounce import Debounce
from anpr.reader.camera.sharpness import ImageQuality, measure_quality
from anpr.runtime.metrics import CAMERA_BRIGHTNESS, CAMERA_DEGRADED, CAMERA_SHARPNESS, CAMERA_VIEW_OK, preset
from anpr.settings import SightSettings

log = logging.getLogger(__name__)

_WORSE_THAN_READ = 0.75
"""An image counts as worse than the worst in which a plate was read below this share of its value."""
_MAX_GAP_SAMPLES = 4


class ViewQuality:
    """The view quality of one camera. Not thread-safe."""

    def __init__(self, camera_id: str, settings: SightSettings, baseline: Baseline) -> None:
        self._camera_id = camera_id
        self._settings = settings
        self._baseline = baseline
        self._debounce = Debounce(settings.after_s, _MAX_GAP_SAMPLES * settings.every_s)
        self._sampled_at_s = float("-inf")
        self._last: ImageQuality | None = None
        for state in (BLURRED, DARK):
            preset(CAMERA_DEGRADED, camera_id, state)
        CAMERA_VIEW_OK.labels(camera_id).set(1)

    @property
    def state(self) -> str | None:
        """BLURRED, DARK, or None while the view is good."""
        return self._debounce.condition

    @property
    def since(self) -> datetime | None:
        """When the present state began (UTC); None until it first changes."""
        return self._debounce.since

    def add(self, frame: Frame) -> bool:
        """Take the camera's next frame; measure it when a sample is due. Returns whether the state changed."""
        if 0 <= frame.at_s - self._sampled_at_s < self._settings.every_s:
            return False
        self._sampled_at_s = frame.at_s
        quality = self._last = measure_quality(frame.image)
        expected = self._baseline.sharpness(quality)
        condition = self._condition(quality, expected)
        if condition is None:
            self._baseline.learn(quality, frame.at_s)
        CAMERA_BRIGHTNESS.labels(self._camera_id).set(quality.bright)
        if expected is not None and quality.sharpness is not None:
            CAMERA_SHARPNESS.labels(self._camera_id).set(quality.sharpness / expected)
        return self._report(self._debounce.add(condition, frame.at_s, frame.captured_at))

    def plate_read(self, frame: Frame) -> bool:
        """A plate was read in this frame, so this light suffices; returns whether that changed the state."""
        if self._last is None:
            return False
        self._baseline.read(self._last, frame.captured_at)
        return self._report(self._debounce.disprove(DARK, frame.captured_at))

    def close(self) -> None:
        """Save the baseline."""
        self._baseline.close()

    def _condition(self, quality: ImageQuality, expected: float | None) -> str | None:
        if quality.bright < self._settings.dark_below:
            # In the dark there is little to be sharp: whether plates can be read is all that counts.
            return DARK if _is_worse(quality.bright, self._baseline.darkest_read) else None
        if quality.sharpness is None:
            return BLURRED
        if expected is not None and quality.sharpness < self._settings.blurred_below * expected:
            return BLURRED
        is_soft = quality.sharpness < SOFT and _is_worse(quality.sharpness, self._baseline.softest_read)
        return BLURRED if is_soft else None

    def _report(self, changed: bool) -> bool:
        if changed:
            state = self.state
            CAMERA_VIEW_OK.labels(self._camera_id).set(state is None)
            if state is not None:
                CAMERA_DEGRADED.labels(self._camera_id, state).inc()
            log.warning("camera %s: %s since %s", self._camera_id, state or "view is good again", self.since)
        return changed


def _is_worse(value: float, worst_read: float | None) -> bool:
    return worst_read is None or value < _WORSE_THAN_READ * worst_read
