# SPDX-License-Identifier: AGPL-3.0-or-later
"""Requests for views, as a reader gets them: a file for each camera in the direct form, else a topic.

A request names a camera and when it was asked; one that is older than a minute is not answered any more. It asks for an
image in which plates are unreadable and for figures, and nothing else: whoever can write one learns nothing more. A
reader that has the centre's public key answers only what the centre has signed.
"""

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from anpr.contract.signature import PublicKey
from anpr.domain.camera_view import REQUEST_LIFE, CameraView
from anpr.domain.errors import TransportError
from anpr.runtime.background import running
from anpr.runtime.clock import Clock
from anpr.settings import Settings
from anpr.transport.kafka.requests import RequestTail

log = logging.getLogger(__name__)

_LOOK_AGAIN_S = 60.0
"""As long as a request lives: one that was missed meanwhile would be too old."""


class ViewSink(Protocol):
    """Where views go: the outbox."""

    def put_view(self, view: CameraView) -> None:
        """Keep it in place of its camera's last one. Raises OutboxFullError, TransportError, MessageError."""


class Requests(Protocol):
    """What was asked for since the last look."""

    def take(self) -> frozenset[str]:
        """Ids of the cameras of which a view is wanted now; each request is given once. Raises nothing."""


@dataclass(frozen=True, kw_only=True)
class ViewPost:
    """Where requests come from, and where views go."""

    requests: Requests
    sink: ViewSink


def is_due(asked_at: str, now: datetime) -> bool:
    """Whether a request of this moment (ISO 8601) is answered now (UTC)."""
    try:
        moment = datetime.fromisoformat(asked_at)
    except ValueError:
        return False
    return moment.tzinfo is not None and abs(now - moment) <= REQUEST_LIFE


class FileRequests:
    """Files CAMERA.json in a folder that ingest on this machine writes; taking one removes it. For one thread."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def take(self) -> frozenset[str]:
        taken = set()
        for path in sorted(self._folder.glob("*.json")):
            try:
                fields = json.loads(path.read_bytes())
                path.unlink()
            except (OSError, ValueError) as exc:
                log.warning("request %s: %s", path.name, exc)
                path.unlink(missing_ok=True)
                continue
            if isinstance(fields, dict) and is_due(str(fields.get("asked_at")), self._clock.now()):
                taken.add(path.stem)
        return frozenset(taken)


class TopicRequests:
    """What comes on the topic while `run` runs, from when it began. `take` is for another thread."""

    def __init__(self, tail: RequestTail, clock: Clock) -> None:
        self._tail = tail
        self._clock = clock
        self._lock = threading.Lock()
        self._asked: set[str] = set()

    def run(self, stop: threading.Event) -> None:
        """Read until `stop` is set; a broker that is away is tried again."""
        while not stop.is_set():
            try:
                found = self._tail.poll()
            except TransportError as exc:
                log.warning("%s; requests for views are read again in %.0f s", exc, _LOOK_AGAIN_S)
                self._clock.wait(stop, _LOOK_AGAIN_S)
                continue
            with self._lock:
                self._asked |= {camera for camera, asked_at in found if is_due(asked_at, self._clock.now())}
        self._tail.close()

    def take(self) -> frozenset[str]:
        with self._lock:
            taken, self._asked = frozenset(self._asked), set()
        return taken


@contextmanager
def view_requests(settings: Settings, clock: Clock) -> Iterator[Requests]:
    """The requests to this machine's reader, for as long as the context lasts."""
    if settings.kafka.bootstrap is None:
        yield FileRequests(settings.requests_dir, clock)
        return
    text = settings.gate_plan.public_key
    requests = TopicRequests(RequestTail(settings.kafka, PublicKey(text) if text else None), clock)
    with running(requests.run, "view-requests"):
        yield requests
