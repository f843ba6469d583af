"""Runs a function periodically in a background thread."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

from anpr.runtime.background import beside


def every(action: Callable[[], None], every_s: float, name: str) -> AbstractContextManager[None]:
    """Call `action` every `every_s` seconds in a thread of this name for the duration of the context."""

    def run(stop: threading.Event) -> None:
        while not stop.wait(every_s):
            action()

    return beside(run, name)
