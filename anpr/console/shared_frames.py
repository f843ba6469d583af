# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cache of server-sent events that are the same for many streams: fifty boards take the bytes that one has made."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

from anpr.store.alarms.views import AlarmView

_REMEMBERED = 500


class SharedFrames:
    """Bytes by alarm and by what they depend on besides. Safe to share between threads.

    The streams of an organisation are told of an alarm by one and the same object, so its identity is enough, and costs
    nothing to look up; the object is kept as long as its bytes are.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._frames: OrderedDict[Hashable, tuple[AlarmView, bytes]] = OrderedDict()

    def get(self, view: AlarmView, besides: Hashable, make: Callable[[], bytes]) -> bytes:
        """What `make` gives for this view, or gave before."""
        key = (id(view), besides)
        with self._lock:
            known = self._frames.get(key)
        if known is not None and known[0] is view:
            return known[1]
        frame = make()
        with self._lock:
            self._frames[key] = (view, frame)
            while len(self._frames) > _REMEMBERED:
                self._frames.popitem(last=False)
        return frame
