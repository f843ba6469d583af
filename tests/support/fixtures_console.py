# SPDX-License-Identifier: AGPL-3.0-or-later
"""A console that serves over a real socket, with a real PostgreSQL behind it, and users of each role."""

import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from anpr.console.app import create_app
from anpr.console.server import address_of, listen, make_server
from anpr.console.state import Console
from anpr.contract.image import image_header
from anpr.contract.parsing import sha256_of
from anpr.domain.access import Role
from anpr.domain.alarm import Alarm
from anpr.domain.gate import Camera, Gate
from anpr.domain.read import Box, Candidate
from anpr.domain.transit import ImageRef, ImageRole, Transit
from anpr.domain.watchlist import Priority, Watchlist
from anpr.runtime.clock import SystemClock, new_id
from anpr.settings import ConsoleSettings, Settings
from anpr.store.alarms.raising import raise_alarms
from anpr.store.alarms.rows import list_alarms, sightings_of_transits, some_alarms
from anpr.store.audit import AuditRow, list_audit
from anpr.store.database.connection import Database
from anpr.store.gates import save_gates
from anpr.store.images.image_store import ImageStore, record_image
from anpr.store.transits.rows import insert_transits
from anpr.store.users.accounts import User, create_user
from anpr.store.watchlists.entries import NewEntry, add_entry, import_entries
from anpr.store.watchlists.lists import save_watchlist
from anpr.store.watchlists.matching import matching_entries
from tests.support.waiting import eventually

PASSWORD = "una parola lunga"
SEARCH_KIND = "Furto o rapina"
"""Of the kinds of reasons that a site has as it is delivered."""
WANTED = "FX427KB"
_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]+)"')
_CONTEXT = (640, 360)
_BOX = Box(x=260.0, y=220.0, w=120.0, h=28.0)


class MovableClock(SystemClock):
    """The machine's clock, which tests can put forward, and stop; waiting is real."""

    def __init__(self) -> None:
        self.ahead = timedelta()
        self._stopped_at: float | None = None
        self._stopped_now: datetime | None = None

    def stop(self) -> None:
        """From now on it moves only when `ahead` does."""
        self._stopped_at, self._stopped_now = super().monotonic(), super().now()

    def now(self) -> datetime:
        return (self._stopped_now or super().now()) + self.ahead

    def monotonic(self) -> float:
        base = super().monotonic() if self._stopped_at is None else self._stopped_at
        return base + self.ahead.total_seconds()


@cache
def _trust() -> ssl.SSLContext:
    """The system's authorities, read once: each client would read them anew, though it speaks plain HTTP."""
    return ssl.create_default_context()


@dataclass(kw_only=True)
class Site:
    """A running console and what stands behind it."""

    url: str
    app: FastAPI
    database: Database
    images: ImageStore
    clock: MovableClock
    settings: Settings
    clients: list[httpx.Client] = field(default_factory=list)

    @property
    def console(self) -> Console:
        """The parts of the application."""
        console: Console = self.app.state.console
        return console

    def stranger(self) -> httpx.Client:
        """A browser nobody has logged in with; it does not follow redirects."""
        client = httpx.Client(base_url=self.url, timeout=120, verify=_trust())
        self.clients.append(client)
        return client

    def client(self, role: Role) -> httpx.Client:
        """A browser in which the user named like this role is logged in."""
        client = self.stranger()
        answer = self.log_in(client, role.value, PASSWORD)
        assert answer.status_code == 303, answer.text
        return client

    def log_in(self, client: httpx.Client, user: str, password: str, back: str = "/") -> httpx.Response:
        """Fill in the login form."""
        token = token_in(client.get("/login").text)
        return client.post("/login", data={"form_token": token, "user": user, "password": password, "back": back})

    def post(self, client: httpx.Client, path: str, page: str = "/", **fields: object) -> httpx.Response:
        """Send a form as the page at `page` would."""
        shown = client.get(page, follow_redirects=True)
        usual = {"kind": SEARCH_KIND} if path in {"/search", "/vehicle", "/vehicle/cross"} else {}
        return client.post(path, data={"form_token": token_in(shown.text), **usual, **fields})

    def search(self, client: httpx.Client, **fields: object) -> httpx.Response:
        """Send the search form, and open the results that it leads to."""
        answer = self.post(client, "/search", "/search", **fields)
        return client.get(answer.headers["location"]) if answer.status_code == 303 else answer

    def pass_vehicle(self, plate: str, *, with_pictures: bool = True, **changes: Any) -> Transit:
        """A vehicle passes now: its transit, pictures and alarms are stored as ingest does."""
        transit, pictures = transit_of_track(plate, self.clock.now(), **changes)
        with self.database.transaction() as conn:
            insert_transits(conn, [transit], self.clock.now())
            raise_alarms(conn, matching_entries(conn, [transit]), self.clock.now())
        if with_pictures:
            self.deliver_pictures(transit, pictures)
        return transit

    def pass_another(self, **changes: Any) -> Transit:
        """Another listed vehicle passes, without pictures: the first is WANTED, and each raises an alarm of its own."""
        with self.database.transaction() as conn:
            number = len(list_alarms(conn, limit=10_000))
            plate = f"FX{number:03}KB" if number else WANTED
            if number:
                add_entry(conn, "a1", NewEntry(plate=plate, reason="Rubata a Prato"))
        return self.pass_vehicle(plate, with_pictures=False, **changes)

    def pass_before_it_is_listed(self, plate: str) -> Alarm:
        """A vehicle passed, then its plate is listed: the alarm that retro-match raises."""
        transit, _ = transit_of_track(plate, self.clock.now())
        with self.database.transaction() as conn:
            insert_transits(conn, [transit], self.clock.now())
            add_entry(conn, "a1", NewEntry(plate=plate, reason="dopo"))
            raise_alarms(conn, matching_entries(conn, [transit]), self.clock.now(), retro=True)
        return self.alarm_of(transit)

    def deliver_pictures(self, transit: Transit, pictures: dict[ImageRole, bytes]) -> None:
        """The transit's pictures arrive."""
        with self.database.transaction() as conn:
            for role, data in pictures.items():
                header = image_header(transit=transit, role=role, data=data)
                self.images.put(header, data)
                record_image(conn, header, len(data))

    def alarm_of(self, transit: Transit) -> Alarm:
        """The transit's only alarm."""
        with self.database.transaction() as conn:
            ids = {sighting.alarm_id for sighting in sightings_of_transits(conn, [transit.id])}
            (alarm,) = some_alarms(conn, [number for number in ids if number is not None])
        return alarm

    def alarm_of_id(self, alarm_id: int) -> Alarm:
        """The alarm with this id."""
        with self.database.transaction() as conn:
            return next(alarm for alarm in list_alarms(conn) if alarm.id == alarm_id)

    def advance_days(self, days: int) -> None:
        """The clock goes forward; who is logged in has to do so again."""
        self.clock.ahead += timedelta(days=days)

    def audit(self) -> list[AuditRow]:
        """All rows, newest first."""
        with self.database.transaction() as conn:
            return list_audit(conn)


def token_in(html: str) -> str:
    """The form token of a page."""
    found = _TOKEN.search(html)
    assert found, "the page has no form"
    return found[1]


def transit_of_track(plate: str, at: datetime, **changes: Any) -> tuple[Transit, dict[ImageRole, bytes]]:
    """A transit with two drawn pictures."""
    scene = np.full((_CONTEXT[1], _CONTEXT[0], 3), 70, np.uint8)
    corner = (int(_BOX.x), int(_BOX.y))
    opposite = (int(_BOX.x + _BOX.w), int(_BOX.y + _BOX.h))
    cv2.rectangle(scene, (200, 90), (440, 280), (120, 60, 20), -1)
    cv2.rectangle(scene, corner, opposite, (240, 240, 240), -1)
    cv2.putText(scene, plate, (corner[0] + 6, opposite[1] - 7), cv2.FONT_HERSHEY_SIMPLEX, 0.65, (10, 10, 10), 2)
    crop = scene[corner[1] - 8 : opposite[1] + 8, corner[0] - 8 : opposite[0] + 8]
    pictures = {ImageRole.CONTEXT: _jpeg(scene), ImageRole.PLATE: _jpeg(crop)}
    transit = Transit(
        id=new_id(at),
        gate_id="porta-nord",
        camera_id="nord-1",
        reader_id="reader-1",
        captured_at=at,
        first_seen=at - timedelta(seconds=1),
        last_seen=at + timedelta(seconds=0.5),
        plate=plate,
        raw=plate,
        confidence=0.97,
        candidates=(Candidate(text=plate, probability=0.97), Candidate(text=f"{plate[:-1]}X", probability=0.02)),
        reads=9,
        box=_BOX,
        country="I",
        images=tuple(ImageRef(role=r, sha256=sha256_of(data), size=len(data)) for r, data in pictures.items()),
    )
    return replace(transit, **changes), pictures


def _jpeg(image: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    return cv2.imencode(".jpg", image)[1].tobytes()


@pytest.fixture(scope="session")
def password_hash() -> str:
    """Everybody's, of the cheapest kind: hashes say how they were made, and thousands of logins need not be slow."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@pytest.fixture
def site(
    database: Database,
    console_database: Database,
    tmp_path: Path,
    password_hash: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Site]:
    """A console with two gates, a watchlist that wants WANTED, and a user for each role, named like it."""
    # For speed only: four connections would search 12 times each before anybody does, and that in each test.
    monkeypatch.setattr("anpr.console.app.keep_plans", None)
    _fill(database, password_hash)
    settings = Settings(
        municipality="Comune di Prova",
        data_dir=tmp_path,
        console=ConsoleSettings(idle_minutes=1440),  # tests put the clock forward by hours
        forwarding=(  # type: ignore[arg-type]  # pydantic makes it one
            {
                "id": "questura",
                "profile": "scntt-example",
                "target": "directory:out",
                "protocol": "7/2025",
                "protocol_until": "2030-01-01",
            },
        ),
    )
    images, clock = ImageStore(tmp_path / "images"), MovableClock()
    app = create_app(settings, console_database, images, clock)  # with the rights of the console only
    with serving(app) as url:
        site = Site(url=url, app=app, database=database, images=images, clock=clock, settings=settings)
        eventually(lambda: site.console.live.is_up)
        yield site
        for client in site.clients:
            client.close()


class serving:  # noqa: N801  reads as a word
    """The application on a free port while the block lasts."""

    def __init__(self, app: FastAPI, settings: ConsoleSettings | None = None) -> None:
        self._server = make_server(app, settings)
        self._socket = listen("127.0.0.1", 0, settings)
        self._is_https = bool(settings and settings.certificate_file)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        return address_of(self._socket, is_https=self._is_https).rstrip("/")

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=120)
        self._socket.close()
        assert not self._thread.is_alive(), "the console did not stop"


@contextmanager
def another_console(site: Site) -> Iterator[Site]:
    """A second one with the same database and folder, as after a restart."""
    app = create_app(site.settings, site.console.database, site.images, site.clock)
    with serving(app) as url:
        yield replace(site, url=url, app=app)


def _fill(database: Database, password_hash: str) -> None:
    basis: dict[str, Any] = {"purpose": "sicurezza urbana", "legal_basis": "patto 2025"}
    gates = [
        Gate(id="porta-nord", name="Porta Nord", cameras=(Camera(id="nord-1", url="file:x"),), **basis),
        Gate(id="ponte", name="Ponte vecchio", legal_basis_until=date(2026, 1, 1), **basis),
    ]
    wanted = Watchlist(id="a1", name="A1 Veicoli rubati", priority=Priority.HIGH, **basis)
    with database.transaction() as conn:
        save_gates(conn, gates)
        save_watchlist(conn, wanted)
        import_entries(conn, "a1", [NewEntry(plate=WANTED, reason="Rubata a Prato")])
        for role in Role:
            create_user(conn, User(name=role.value, role=role, password_hash=password_hash))
