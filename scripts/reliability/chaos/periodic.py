"""Doing one thing again and again beside everything else."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

from anpr.runtime.background import beside


def repeating(action: Callable[[], None], every_s: float, name: str) -> AbstractContextManager[None]:
    """Do `action` every `every_s` seconds in a thread of this name, while the context lasts."""

    def run(stop: threading.Event) -> None:
        while not stop.wait(every_s):
            action()

    return beside(run, name)
