# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real Apache Kafka for the tests: one KRaft node of its own, or the broker that KAFKA_BOOTSTRAP names."""

import os
from collections.abc import Iterator

import pytest

from scripts.lab.kafka import KafkaBroker, ensure_jars
from tests.support.java_server import running


@pytest.fixture(scope="session")
def kafka_bootstrap() -> Iterator[str]:
    """host:port of a broker for the whole session; give your topics a prefix of your own."""
    outside = os.environ.get("KAFKA_BOOTSTRAP")
    if outside:
        yield outside
        return
    with running(KafkaBroker, ensure_jars) as broker:
        yield broker.bootstrap


@pytest.fixture
def kafka_broker() -> Iterator[KafkaBroker]:
    """A broker of the test's own, to kill and start again."""
    with running(KafkaBroker, ensure_jars) as broker:
        yield broker
