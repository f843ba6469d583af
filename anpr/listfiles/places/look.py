# SPDX-License-Identifier: AGPL-3.0-or-later
"""A look at the place of a list when it is its time, or when somebody asks: what is new lands in the watched folder."""

from anpr.domain.errors import ForwardError, InputError
from anpr.domain.list_delivery import next_look
from anpr.listfiles.places.ftps_place import open_ftps_folder
from anpr.listfiles.places.server_folder import FolderFetch
from anpr.listfiles.places.sftp_place import open_sftp_folder
from anpr.listfiles.places.web_place import WebFetch
from anpr.runtime.clock import Clock
from anpr.settings.watchlists import PickupSettings, WatchlistSettings
from anpr.store.database.connection import Connection, Database
from anpr.store.watchlists.places import get_place, note_look
from anpr.store.watchlists.received import find_received


def look_at_place(
    database: Database, pickup: PickupSettings, settings: WatchlistSettings, clock: Clock, *, now: bool = False
) -> int:
    """Take what is new there if it is time, or `now`; how many files. How it went is noted, for the status page.

    A watched folder alone is no place, but of a list that a centre hands out it is noted that somebody looks there.
    Raises InputError when the place cannot be reached or read, and StoreError.
    """
    if pickup.place.startswith("directory:") and pickup.received is None:
        return 0
    every_s = settings.interval_of(pickup)
    with database.transaction() as conn:
        is_asked, is_due = _is_asked(conn, pickup), _is_due(conn, pickup, clock, every_s)
    if not (now or is_asked or is_due):
        return 0
    try:
        taken = _take(database, pickup, settings, clock, is_asked=now or is_asked)
    except (ForwardError, OSError) as exc:
        _note(database, pickup, clock, every_s, str(exc))
        raise InputError(f"watchlist {pickup.watchlist}: {exc}") from exc
    _note(database, pickup, clock, every_s, "")
    return taken


def _take(
    database: Database, pickup: PickupSettings, settings: WatchlistSettings, clock: Clock, *, is_asked: bool
) -> int:
    fetch = FolderFetch(database=database, pickup=pickup, clock=clock, settle_s=settings.pickup_settle_s)
    if pickup.sftp is not None:
        with open_sftp_folder(pickup.sftp) as on_ssh:
            return fetch.look(on_ssh)
    if pickup.ftps is not None:
        with open_ftps_folder(pickup.ftps) as within_tls:
            return fetch.look(within_tls)
    service = pickup.https or pickup.soap
    if service is None:
        return 0
    return WebFetch(database=database, pickup=pickup, clock=clock, settle_s=settings.pickup_settle_s).look(
        service, is_asked=is_asked
    )


def _is_asked(conn: Connection, pickup: PickupSettings) -> bool:
    """Whether somebody has pressed the button since the last look."""
    received = find_received(conn, pickup.watchlist)
    if received is None or received.asked_at is None:
        return False
    place = get_place(conn, pickup.watchlist, pickup.place)
    return place is None or place.looked_at < received.asked_at


def _is_due(conn: Connection, pickup: PickupSettings, clock: Clock, every_s: float) -> bool:
    if not pickup.has_own_pace:
        return True
    place = get_place(conn, pickup.watchlist, pickup.place)
    return place is None or next_look(place.looked_at, every_s, is_failing=place.is_failing) <= clock.now()


def _note(database: Database, pickup: PickupSettings, clock: Clock, every_s: float, failure: str) -> None:
    own = every_s if pickup.has_own_pace else None
    with database.transaction() as conn:
        note_look(conn, pickup.watchlist, pickup.place, clock.now(), failure, own)
