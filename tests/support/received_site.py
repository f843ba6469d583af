# SPDX-License-Identifier: AGPL-3.0-or-later
"""A list that a centre hands out on the console's site: taken, held, refused and failing, with long words if wanted."""

from datetime import timedelta

from anpr.domain.list_delivery import Delivery, DeliveryKind, DeliveryOutcome, ListVersion, Plausible
from anpr.domain.watchlist import ListKind, Priority, Watchlist
from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.watchlists.entries import ImportMode, NewEntry
from anpr.store.watchlists.imports import Batch, Origin, record_import
from anpr.store.watchlists.lists import save_watchlist
from anpr.store.watchlists.places import note_look
from anpr.store.watchlists.proposals import Proposal, ProposalKind, add_proposal
from anpr.store.watchlists.received import (
    Arrival,
    begin_delivery,
    find_received,
    note_effect,
    note_received,
    note_version,
    want_full,
)
from tests.support.fixtures_console import Site

PLACE = "https://liste.centro-nazionale.example/servizi/consegna/elenchi/a1"
CENTRE_LIST = "centro"


def receive_list(
    site: Site, name: str = "Veicoli rubati (A1)", sender: str = "Centro nazionale", number: int = 3
) -> int:
    """Some deliveries, the newest of which waits for a person; the number of its proposal."""
    now = site.clock.now()
    by = Author(name="watchlist pickup", at=now)
    listed = Watchlist(
        id=CENTRE_LIST, name=name, priority=Priority.HIGH, kind=ListKind.STOLEN, purpose="ricerca di veicoli rubati",
        legal_basis="protocollo con il centro", stale_after_hours=24,
    )  # fmt: skip
    with site.database.transaction() as conn:
        save_watchlist(conn, listed)
        note_received(conn, CENTRE_LIST, sender, PLACE, 3600, Plausible())
    for version in range(1, number + 1):
        _take(site, version, by)
    with site.database.transaction() as conn:
        begin_delivery(conn, _arrival(number + 2, DeliveryKind.DELTA, by), by, DeliveryOutcome.GAP)
        want_full(conn, CENTRE_LIST)
        note_look(conn, CENTRE_LIST, PLACE, now, f"{PLACE}: its certificate is refused: certificate has expired")
        return _hold(conn, number + 3, by)


def _take(site: Site, version: int, by: Author) -> None:
    entries = [NewEntry(plate=f"CC{each:03d}CC", reason="rubata") for each in range(10 + version)]
    with site.database.transaction() as conn:
        received = find_received(conn, CENTRE_LIST)
        assert received is not None
        arrived = _arrival(version, DeliveryKind.FULL, by)
        row = begin_delivery(conn, arrived, by, DeliveryOutcome.TAKEN)
        batch = Batch(watchlist_id=CENTRE_LIST, entries=entries, mode=ImportMode.REPLACE)
        done = record_import(conn, batch, Origin(file_name=arrived.file_name, sha256="ab", format="xml"), by)
        note_effect(
            conn, row, {"size": 10, "added": done.result.added, "changed": 0, "removed": 0, "import_id": done.id}
        )
        note_version(conn, received, arrived, by.at)


def _hold(conn: Connection, version: int, by: Author) -> int:
    arrived = _arrival(version, DeliveryKind.FULL, by)
    row = begin_delivery(conn, arrived, by, DeliveryOutcome.HELD)
    counts = {"added": 0, "changed": 0, "unchanged": 1, "removed": 12}
    content = {"file_name": arrived.file_name, "mode": "replace", "source": "", "how": {}, "counts": counts,
               "rejected": 0, "delivery": {}, "packed": True}  # fmt: skip
    wanted = Proposal(watchlist_id=CENTRE_LIST, kind=ProposalKind.IMPORT, content=content, file=b"x", reason="poche")
    proposal = add_proposal(conn, wanted, by, {})
    note_effect(conn, row, {"size": 13, **counts, "proposal_id": proposal})
    return proposal


def _arrival(version: int, kind: DeliveryKind, by: Author) -> Arrival:
    told = ListVersion(text=str(20261100 + version), rank=version)
    base = ListVersion(text=str(20261100 + version - 1), rank=version - 1) if kind is DeliveryKind.DELTA else None
    came = Delivery(kind=kind, version=told, base=base, as_of=by.at - timedelta(days=2))
    name = f"elenco_veicoli_rubati_consegna_giornaliera_{told.text}.xml"
    return Arrival(watchlist_id=CENTRE_LIST, file_name=name, sha256=str(version), came=came)
