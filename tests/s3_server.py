"""A real S3-compatible server for the tests; they are skipped where there can be none."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.jars import ServerUnavailableError
from tests.services.s3 import S3Server, ensure_jars


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """One for the whole session; make a bucket of your own."""
    try:
        ensure_jars()
    except ServerUnavailableError as exc:
        pytest.skip(str(exc))
    with tempfile.TemporaryDirectory(prefix="anpr-s3-") as folder:
        server = S3Server(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.kill()
