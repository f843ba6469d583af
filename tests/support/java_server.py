# SPDX-License-Identifier: AGPL-3.0-or-later
"""A server of the tests that runs on Java, in a folder of its own for as long as a test wants it."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol, TypeVar

import pytest

from scripts.lab.jars import ServerUnavailableError


class JavaServer(Protocol):
    """What can be started and killed."""

    def start(self) -> None:
        """Return when it answers."""

    def kill(self) -> None:
        """End it with SIGKILL."""


S = TypeVar("S", bound=JavaServer)


@contextlib.contextmanager
def running(make: Callable[[Path], S], ensure_jars: Callable[[], None]) -> Iterator[S]:
    """A started server that keeps its files in a new folder; skips the test where there can be none."""
    try:
        ensure_jars()
    except ServerUnavailableError as exc:
        pytest.skip(str(exc))
    with tempfile.TemporaryDirectory(prefix="anpr-server-") as folder:
        server = make(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.kill()
