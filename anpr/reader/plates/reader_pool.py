# SPDX-License-Identifier: AGPL-3.0-or-later
"""Object pool of plate readers for many cameras: each holds about 80 MB; more of them than cores gain nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import LifoQueue

from anpr.capture.image_file import Image
from anpr.domain.read import PlateRead
from anpr.reader.detect import Detection
from anpr.reader.plates.plate_finder import PlateFinder
from anpr.reader.plates.plate_reader import Found, Rejected


class ReaderPool:
    """Lends its plate readers to the cameras' threads, each to one at a time; who finds none free waits."""

    def __init__(self, build: Callable[[], PlateFinder], size: int) -> None:
        # Last in, first out: with little to do one reader does it all, and its memory stays warm.
        self._free: LifoQueue[PlateFinder] = LifoQueue()
        self._build = build
        self._size = 0
        self.grow(size)

    def grow(self, size: int) -> None:
        """Hold at least so many; building one takes a second. For one thread at a time. Raises ModelError."""
        while self._size < size:
            self._free.put(self._build())
            self._size += 1

    def find(self, image: Image) -> Found:
        """Where plates are. Raises ModelError."""
        with self._lent() as reader:
            return reader.find(image)

    def read_box(self, image: Image, detection: Detection, turn: int) -> PlateRead | Rejected:
        """What one of them says. Raises ModelError."""
        with self._lent() as reader:
            return reader.read_box(image, detection, turn)

    @contextmanager
    def _lent(self) -> Iterator[PlateFinder]:
        reader = self._free.get()
        try:
            yield reader
        finally:
            self._free.put(reader)
