"""Says when a camera cannot see well, from a look every few seconds."""

import logging
from datetime import datetime

from anpr.capture.frame import Frame
from anpr.domain.health import BLURRED, DARK
from anpr.reader.camera.baseline import Usual
from anpr.reader.camera.debounce import Steady
from anpr.reader.camera.sharpness import Look, look_at
from anpr.runtime.metrics import CAMERA_BRIGHTNESS, CAMERA_DEGRADED, CAMERA_SHARPNESS, CAMERA_VIEW_OK, preset
from anpr.settings import SightSettings

log = logging.getLogger(__name__)

SOFT = 0.008
"""Sharpness below which a picture is blurred by any standard (sigma of 2 to 4 px in real clips): for a camera that is
too new to have a usual one, and for one whose lens got dirty so slowly that we got used to it."""
_WORSE_THAN_READ = 0.75
"""A picture this much worse than the worst in which a plate was read is worse."""
_MAX_GAP_LOOKS = 4


class Sight:
    """Of one camera. Not thread-safe."""

    def __init__(self, camera_id: str, settings: SightSettings, usual: Usual) -> None:
        self._camera_id = camera_id
        self._settings = settings
        self._usual = usual
        self._steady = Steady(settings.after_s, _MAX_GAP_LOOKS * settings.every_s)
        self._look_at_s = float("-inf")
        self._last: Look | None = None
        for state in (BLURRED, DARK):
            preset(CAMERA_DEGRADED, camera_id, state)
        CAMERA_VIEW_OK.labels(camera_id).set(1)

    @property
    def state(self) -> str | None:
        """BLURRED, DARK, or None while it sees."""
        return self._steady.condition

    @property
    def since(self) -> datetime | None:
        """Of the present state; None until it first changes."""
        return self._steady.since

    def look(self, frame: Frame) -> bool:
        """Look when it is time to; whether the state changed."""
        if 0 <= frame.at_s - self._look_at_s < self._settings.every_s:
            return False
        self._look_at_s = frame.at_s
        look = self._last = look_at(frame.image)
        usual = self._usual.sharpness(look)
        condition = self._condition(look, usual)
        if condition is None:
            self._usual.learn(look, frame.at_s)
        CAMERA_BRIGHTNESS.labels(self._camera_id).set(look.bright)
        if usual is not None and look.sharpness is not None:
            CAMERA_SHARPNESS.labels(self._camera_id).set(look.sharpness / usual)
        return self._tell(self._steady.add(condition, frame.at_s, frame.captured_at))

    def read_plate(self, frame: Frame) -> bool:
        """A plate was read in this frame: at this light plates can be read; whether that changed the state."""
        if self._last is None:
            return False
        self._usual.read(self._last, frame.captured_at)
        return self._tell(self._steady.disprove(DARK, frame.captured_at))

    def close(self) -> None:
        """Keep what was learned."""
        self._usual.close()

    def _condition(self, look: Look, usual: float | None) -> str | None:
        if look.bright < self._settings.dark_below:
            # In the dark there is little to be sharp: whether plates can be read is all that counts.
            return DARK if _is_worse(look.bright, self._usual.darkest_read) else None
        if look.sharpness is None:
            return BLURRED
        if usual is not None and look.sharpness < self._settings.blurred_below * usual:
            return BLURRED
        return BLURRED if look.sharpness < SOFT and _is_worse(look.sharpness, self._usual.softest_read) else None

    def _tell(self, changed: bool) -> bool:
        if changed:
            state = self.state
            CAMERA_VIEW_OK.labels(self._camera_id).set(state is None)
            if state is not None:
                CAMERA_DEGRADED.labels(self._camera_id, state).inc()
            log.warning("camera %s: %s since %s", self._camera_id, state or "sees again", self.since)
        return changed


def _is_worse(value: float, worst_read: float | None) -> bool:
    return worst_read is None or value < _WORSE_THAN_READ * worst_read
