# SPDX-License-Identifier: AGPL-3.0-or-later
"""Devices that people have asked to be pushed to: each bound to its user, and to their session where they say so.

A device ends with its user's account, role or last day, and with its session. Endpoints and keys are handed to the
notifier only; pages are told the name and the push service's host.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from anpr.domain.errors import InputError
from anpr.runtime.clock import Clock
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author
from anpr.store.database.connection import Connection, Database
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries

MOST = 5
"""Devices of one user; with one more the oldest goes."""
MOST_AT_ONCE = 100
"""Devices that one message is sent to."""
_SQL = load_queries("push")


@dataclass(frozen=True, kw_only=True, slots=True)
class NewDevice:
    """What a browser says of itself when it subscribes. `session`: the key of the session with which it ends."""

    user: str
    name: str
    endpoint: str = field(repr=False)
    device_key: bytes = field(repr=False)
    auth: bytes = field(repr=False)
    site_key: str
    session: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class PushDevice:
    """A device as pages show it; `service`: the host of its push service. Times are UTC."""

    id: int
    user_name: str
    name: str
    service: str
    ends_with_session: bool
    is_stale: bool
    """It subscribed under another key than the site's present one, and must do so again."""
    made_at: datetime
    reached_at: datetime | None
    failing_since: datetime | None
    failure: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reachable:
    """A device as the notifier needs it."""

    id: int
    user_name: str
    endpoint: str = field(repr=False)
    device_key: bytes = field(repr=False)
    auth: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Whose devices: those of `user`, or of all patrols of the organisation (None), whose area has one of `gates`
    (None: whatever their area is)."""

    organisation: str
    user: str | None
    gates: Collection[str] | None
    site_key: str


def tell_key(conn: Connection, public_key: str, at: datetime) -> None:
    """The notifier says under which key devices subscribe from now on."""
    conn.execute(_SQL["tell_key"], {"key": public_key, "at": at})


def site_key(conn: Connection) -> str | None:
    """The key under which devices subscribe; None while no notifier that pushes has ever run."""
    row = conn.execute(_SQL["key"]).fetchone()
    return row["public_key"] if row else None


def add_device(conn: Connection, device: NewDevice, at: datetime) -> int:
    """The device in place of what it was before; its id. The audit names its service and never its address."""
    forget_endpoint(conn, device.endpoint)
    values = {
        "user": device.user,
        "name": device.name,
        "endpoint": device.endpoint,
        "device_key": device.device_key,
        "auth": device.auth,
        "site_key": device.site_key,
        "session": _hash(device.session) if device.session else None,
        "at": at,
    }
    number = int(one_row(conn, _SQL["add"], values)["id"])
    conn.execute(_SQL["end_oldest"], {"user": device.user, "most": MOST})
    detail = {"device": number, "name": device.name, "service": _service(device.endpoint)}
    _note(conn, AuditAction.PUSH_DEVICE_ADDED, Author(name=device.user, at=at), detail)
    return number


def forget_endpoint(conn: Connection, endpoint: str) -> None:
    """Whoever had registered the device: it is in somebody's hands who registers it now."""
    conn.execute(_SQL["remove_endpoint"], {"endpoint": endpoint})


def devices_of(conn: Connection, user: str) -> list[PushDevice]:
    """The user's devices, the oldest first."""
    rows = conn.execute(_SQL["of_user"], {"user": user}).fetchall()
    return [PushDevice(service=_service(row.pop("endpoint")), **row) for row in rows]


def remove_device(conn: Connection, user: str, number: int, by: Author) -> None:
    """It is told nothing any more. Raises InputError when the user has no such device."""
    row = conn.execute(_SQL["remove"], {"id": number, "user": user}).fetchone()
    if row is None:
        raise InputError(f"device {number}: {user} has none of this number")
    detail = {"user": user, "device": number, "name": row["name"]}
    _note(conn, AuditAction.PUSH_DEVICE_REMOVED, by, detail)


def remove_of_session(conn: Connection, key: str) -> int:
    """Those that end with this session; returns how many there were."""
    return conn.execute(_SQL["remove_of_session"], {"session": _hash(key)}).rowcount


class StoredDevices:
    """Devices as the notifier finds and keeps them, each time in a transaction of its own. Every method raises
    StoreError."""

    def __init__(self, database: Database, session: timedelta, clock: Clock) -> None:
        """`session`: how long one lasts."""
        self._database = database
        self._session = session
        self._clock = clock

    def begin(self, site_key: str) -> int:
        """Say under which key devices subscribe, and remove those whose user, role, session or key is over; returns
        how many."""
        now = self._clock.now()
        values = {"day": now.date(), "key": site_key, "started_after": now - self._session}
        with self._database.transaction() as conn:
            tell_key(conn, site_key, now)
            return conn.execute(_SQL["remove_over"], values).rowcount

    def reachable(self, wanted: Wanted) -> list[Reachable]:
        """The devices to send to, MOST_AT_ONCE at most."""
        now = self._clock.now()
        values = {
            "organisation": wanted.organisation,
            "user": wanted.user,
            "gates": None if wanted.gates is None else sorted(wanted.gates),
            "key": wanted.site_key,
            "day": now.date(),
            "started_after": now - self._session,
            "limit": MOST_AT_ONCE,
        }
        with self._database.transaction() as conn:
            return [Reachable(**row) for row in conn.execute(_SQL["reachable"], values)]

    def reached(self, number: int) -> None:
        """The device's service has taken a message."""
        self._do("reached", id=number, at=self._clock.now())

    def failed(self, number: int, reason: str) -> None:
        """It has not, and why (without secrets)."""
        self._do("failed", id=number, at=self._clock.now(), reason=reason)

    def gone(self, number: int) -> None:
        """Its service does not know it any more: it is removed."""
        self._do("gone", id=number)

    def _do(self, query: str, **values: object) -> None:
        with self._database.transaction() as conn:
            conn.execute(_SQL[query], values)


def _service(endpoint: str) -> str:
    return urlsplit(endpoint).hostname or ""


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _note(conn: Connection, action: AuditAction, by: Author, detail: dict[str, object]) -> None:
    append(conn, AuditEvent(actor=by.name, action=action, at=by.at, detail=detail))
