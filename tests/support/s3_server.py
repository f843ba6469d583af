# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real S3-compatible server for the tests; they are skipped where there can be none."""

from collections.abc import Iterator

import pytest

from scripts.lab.s3 import S3Server, ensure_jars
from tests.support.java_server import running


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """One for the whole session; make a bucket of your own."""
    with running(S3Server, ensure_jars) as server:
        yield server
