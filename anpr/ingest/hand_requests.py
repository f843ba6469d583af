# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hands requests for views on to readers, by a topic or by files, and deletes images that may not be shown any more.

On a topic they are signed with the site's key, so that whoever may write there cannot ask in its name.
"""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from anpr.contract.topics import REQUESTS_TOPIC
from anpr.domain.errors import SettingsError, TransportError
from anpr.runtime.background import every
from anpr.runtime.clock import Clock
from anpr.settings import Settings
from anpr.store.audit_export import site_key
from anpr.store.audit_heads import ensure_key
from anpr.store.camera_views import forget_views, take_requests
from anpr.store.database.connection import Database
from anpr.transport.kafka import KafkaPublisher
from anpr.transport.pump import Publisher
from anpr.transport.records import OutboxRecord
from anpr.transport.signing import SigningPublisher

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0

Asked = Sequence[tuple[str, datetime]]
"""Camera and moment (UTC) of each request."""


@contextmanager
def handing_requests(database: Database, settings: Settings, clock: Clock) -> Iterator[None]:
    """`hand_requests` every second in a thread for as long as the context lasts; any number of processes may."""
    publisher = KafkaPublisher(settings.kafka) if settings.kafka.bootstrap else None
    hand = partial(_write, settings.requests_dir)
    if publisher is not None:
        hand = partial(_publish, _signing(publisher, settings))
    try:
        with every(LOOK_EVERY_S, partial(hand_requests, database, hand, clock), "requests for views", clock):
            yield
    finally:
        if publisher is not None:
            publisher.close()


def _signing(publisher: Publisher, settings: Settings) -> Publisher:
    """Storing transits goes on where the key cannot be read; readers that know the centre's key then answer nothing."""
    try:
        return SigningPublisher(publisher, site_key(ensure_key(settings.audit_key_path)))
    except SettingsError as exc:
        log.error("requests for views go unsigned: %s", exc)
        return publisher


def hand_requests(database: Database, hand: Callable[[Asked], None], clock: Clock) -> None:
    """Hand on what was asked since the last look. What cannot be handed on is tried again for as long as a request
    lives. Raises StoreError, TransportError."""
    with database.transaction() as conn:
        forget_views(conn, clock.now())
        asked = take_requests(conn, clock.now())
        if asked:
            hand(asked)


def _publish(publisher: Publisher, asked: Asked) -> None:
    publisher.publish(
        [
            OutboxRecord(
                seq=place, topic=REQUESTS_TOPIC, key=camera.encode(), headers={}, value=_request(camera, asked_at)
            )
            for place, (camera, asked_at) in enumerate(asked)
        ]
    )


def _write(folder: Path, asked: Asked) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for camera, asked_at in asked:
            part = folder / f"{camera}.part"
            part.write_bytes(_request(camera, asked_at))
            part.replace(folder / f"{camera}.json")  # the reader never sees half of it
    except OSError as exc:
        raise TransportError(f"{folder}: {exc.strerror or exc}") from exc


def _request(camera: str, asked_at: datetime) -> bytes:
    return json.dumps({"camera_id": camera, "asked_at": asked_at.isoformat()}).encode()
