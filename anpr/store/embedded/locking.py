# SPDX-License-Identifier: AGPL-3.0-or-later
"""File locks between the processes that share an embedded server: one at a time starts or stops it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO


@contextmanager
def locked(file: IO[str]) -> Iterator[None]:
    """Hold an exclusive lock on the open file; waits until nobody else holds one."""
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)
