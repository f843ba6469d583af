"""A real Apache Kafka for the tests: one KRaft node of its own, or the broker that KAFKA_BOOTSTRAP names."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.jars import ServerUnavailableError
from tests.services.kafka import KafkaBroker, answers, ensure_jars

__all__ = ["KafkaBroker", "answers", "ensure_jars", "kafka_bootstrap", "kafka_broker"]


@pytest.fixture(scope="session")
def kafka_bootstrap() -> Iterator[str]:
    """host:port of a broker for the whole session; give your topics a prefix of your own."""
    outside = os.environ.get("KAFKA_BOOTSTRAP")
    if outside:
        yield outside
        return
    with own_broker() as broker:
        yield broker.bootstrap


@pytest.fixture
def kafka_broker() -> Iterator[KafkaBroker]:
    """A broker of the test's own, to kill and start again."""
    with own_broker() as broker:
        yield broker


@contextlib.contextmanager
def own_broker() -> Iterator[KafkaBroker]:
    """A running broker; skips the test where there can be none."""
    try:
        ensure_jars()
    except ServerUnavailableError as exc:
        pytest.skip(str(exc))
    with tempfile.TemporaryDirectory(prefix="anpr-kafka-") as folder:
        broker = KafkaBroker(Path(folder))
        try:
            broker.start()
            yield broker
        finally:
            broker.kill()
