# SPDX-License-Identifier: AGPL-3.0-or-later
"""Requests for views over a real Kafka: the reader gets those that come while it runs, and an old one not at all."""

from datetime import timedelta
from functools import partial

import pytest

from anpr.contract.signature import SigningKey
from anpr.contract.view import encode_view
from anpr.domain.camera_view import CameraView
from anpr.edge.view_requests import TopicRequests
from anpr.ingest.hand_requests import _publish
from anpr.runtime.background import running
from anpr.runtime.clock import SystemClock
from anpr.settings import KafkaSettings
from anpr.transport.kafka import KafkaPublisher, KafkaSource, create_topics
from anpr.transport.kafka.requests import RequestTail
from anpr.transport.records import OutboxRecord
from anpr.transport.signing import SigningPublisher
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(300)


def test_a_reader_takes_each_request_once_and_its_view_arrives(kafka_bootstrap: str) -> None:
    clock = SystemClock()
    settings = KafkaSettings(bootstrap=kafka_bootstrap, topic_prefix="view-requests.", partitions=1)
    requests, publisher = TopicRequests(RequestTail(settings), clock), KafkaPublisher(settings)
    seen: list[str] = []

    def has_taken(camera: str) -> bool:
        _publish(publisher, [(camera, clock.now()), ("old", clock.now() - timedelta(minutes=2))])
        seen.extend(requests.take())
        return camera in seen

    with running(requests.run, "view-requests"):
        eventually(partial(has_taken, "cam-1"))
        eventually(partial(has_taken, "cam-2"))
    assert "old" not in seen
    view = CameraView(camera_id="cam-1", gate_id="g", reader_id="r", at=clock.now(), state="up", figures=None)
    record = OutboxRecord(seq=1, topic="anpr.views", key=b"cam-1", headers={}, value=encode_view(view))
    assert publisher.publish([record]) == [1]
    publisher.close()
    source = KafkaSource(settings, ["anpr.images", "anpr.views"], clock)
    found: list[bytes] = []

    def has_come() -> bool:
        found.extend(one.value for one in source.poll(10, 1.0))
        return bool(found)

    eventually(has_come)
    source.close()
    assert found == [record.value]


def test_a_reader_with_the_centres_key_answers_what_the_centre_has_signed(kafka_bootstrap: str) -> None:
    clock, key = SystemClock(), SigningKey.generate()
    settings = KafkaSettings(bootstrap=kafka_bootstrap, topic_prefix="signed-requests.", partitions=1)
    create_topics(settings)
    requests, publisher = TopicRequests(RequestTail(settings, key.public), clock), KafkaPublisher(settings)
    seen: list[str] = []

    def has_taken() -> bool:
        _publish(publisher, [("unsigned", clock.now())])
        _publish(SigningPublisher(publisher, SigningKey.generate()), [("stranger", clock.now())])
        _publish(SigningPublisher(publisher, key), [("cam-1", clock.now())])
        seen.extend(requests.take())
        return bool(seen)

    with running(requests.run, "view-requests"):
        eventually(has_taken)
        eventually(has_taken)
    publisher.close()
    assert set(seen) == {"cam-1"}
