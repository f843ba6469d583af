"""A piece of work beside everything else, for as long as a context lasts."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def beside(work: Callable[[threading.Event], object], name: str, *wakes: threading.Event) -> Iterator[None]:
    """`work` in a thread of this name. At the end its event is set, then `wakes` that it waits for; it is joined."""
    stop = threading.Event()
    thread = threading.Thread(target=work, args=(stop,), name=name)
    thread.start()
    try:
        yield
    finally:
        for event in (stop, *wakes):
            event.set()
        thread.join()
