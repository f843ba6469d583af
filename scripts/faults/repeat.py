"""Doing one thing again and again beside everything else."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def repeating(action: Callable[[], None], every_s: float, name: str) -> Iterator[None]:
    """Do `action` every `every_s` seconds in a thread of this name, while the context lasts."""
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(every_s):
            action()

    thread = threading.Thread(target=run, name=name)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
