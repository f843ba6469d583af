# SPDX-License-Identifier: AGPL-3.0-or-later
"""Organisations on one site: the database shows each its own, and of others what an agreement opens."""

import threading
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from anpr.domain.errors import InputError
from anpr.domain.hold import Hold
from anpr.domain.organisation import MANAGER, Action, AgreementState
from anpr.ingest.agreement_ends import note_ends
from anpr.ingest.consume import Consumer
from anpr.ingest.retro import RetroMatch
from anpr.ingest.store_batch import Centre
from anpr.ingest.watched import only_watched
from anpr.runtime.clock import ManualClock
from anpr.runtime.metrics import REGISTRY
from anpr.settings import IngestSettings, Settings
from anpr.store.alarms.handling import reopen
from anpr.store.alarms.past import reopen_past
from anpr.store.alarms.rows import get_alarm, list_sightings
from anpr.store.audit import AuditAction, AuditEvent, append, list_audit
from anpr.store.audit_chain.verification import verify
from anpr.store.database.connection import Connection, Database
from anpr.store.database.fetch import one_row
from anpr.store.database.scope import ITSELF, Scope
from anpr.store.embedded.roles import CentreRole, role_url
from anpr.store.gates import save_gates
from anpr.store.holds import add_hold, count_held
from anpr.store.images.image_store import ImageStore
from anpr.store.organisations.agreements import end_agreement, list_agreements
from anpr.store.organisations.protection import PROTECTED, unprotected_tables
from anpr.store.organisations.registry import own
from anpr.store.organisations.rights import may_at_gate
from anpr.store.transits.rows import TransitQuery, insert_transits, latest_transits, search_transits
from anpr.store.watchlists.entries import NewEntry, add_entry
from anpr.store.watchlists.matching import matching_entries
from anpr.store.watchlists.received import stop_receiving
from scripts.lab.transits import START, make_transit
from tests.integration.old_schemas import fill
from tests.support.organisations import EMPOLI, GATE, LIST, THEIR_PLATE, agree, rows_of, share
from tests.support.sources import ListSource, transit_message

TODAY = START.date()
OURS = make_transit(1)
THEIRS = replace(make_transit(2, captured_at=START + timedelta(minutes=1)), gate_id=GATE.id, plate=THEIR_PLATE)


@pytest.fixture
def shared(database: Database) -> Database:
    """The owner's. Something in every table, most of it the manager's, and Empoli's own transit."""
    with database.transaction() as conn:
        fill(conn)
        conn.execute("DELETE FROM agreements")
        conn.execute("DELETE FROM organisations WHERE id = 'empoli'")
    share(database, "no hash")
    with database.transaction() as conn:
        insert_transits(conn, [THEIRS], START)
    return database


@pytest.fixture
def console(shared: Database, console_database: Database) -> Database:
    """The console's, acting for nobody."""
    assert shared is not None
    return console_database


def of(console: Database, organisation: str, day: date = TODAY) -> Database:
    return console.limited_to(Scope(organisation_id=organisation, day=day))


def test_the_protected_tables_are_those_that_have_policies(database: Database) -> None:
    with database.transaction() as conn:
        rows = conn.execute("SELECT DISTINCT tablename::text AS name FROM pg_policies ORDER BY 1").fetchall()
        on = conn.execute("SELECT relname::text AS name FROM pg_class WHERE relrowsecurity ORDER BY 1").fetchall()
    assert [row["name"] for row in rows] == [row["name"] for row in on] == list(PROTECTED)


def test_the_console_is_limited_and_the_owner_is_not(console: Database, shared: Database) -> None:
    with console.transaction() as conn:
        assert unprotected_tables(conn) == []
    with shared.transaction() as conn:
        assert unprotected_tables(conn) == list(PROTECTED)


@pytest.mark.parametrize("table", PROTECTED)
def test_acting_for_nobody_the_console_sees_no_row(console: Database, shared: Database, table: str) -> None:
    with shared.transaction() as conn:
        assert rows_of(conn, table) or table == "agreements", "the owner does"
    with console.transaction() as conn:
        assert rows_of(conn, table) == []


@pytest.mark.parametrize("table", PROTECTED)
def test_another_organisation_sees_nothing_of_the_managers(console: Database, table: str) -> None:
    theirs = {
        "transits": [THEIRS.id], "gates": [GATE.id], "watchlists": [LIST.id], "watchlist_owners": [LIST.id],
        "entries": [THEIR_PLATE],
        "organisations": ["empoli", MANAGER], "users": [f"{role}@empoli" for role in
            ("administrator", "auditor", "dpo", "investigator", "list-manager", "operator", "patrol")],
    }  # fmt: skip
    key = {"entries": "plate", "users": "name", "watchlist_owners": "watchlist_id"}.get(table, "id")
    with of(console, "empoli").transaction() as conn:
        rows = rows_of(conn, table)
    assert sorted(row[key] for row in rows) == theirs[table] if table in theirs else rows == []


@pytest.mark.parametrize(
    "table", ["transits", "images", "alarms", "entries", "watchlists", "holds", "discarded_counts"]
)
def test_the_manager_sees_nothing_of_another_organisation_but_what_it_runs(console: Database, table: str) -> None:
    """Gates, health and people it has to see to run the system; what passes and who is looked for it has not."""
    with of(console, MANAGER).transaction() as conn:
        rows = rows_of(conn, table)
    assert rows
    assert not [row for row in rows if THEIRS.id in row.values() or GATE.id in row.values() or LIST.id in row.values()]


def test_the_dictionary_of_plates_is_not_the_consoles_to_read(console: Database) -> None:
    with pytest.raises(Exception, match="permission denied"), of(console, MANAGER).transaction() as conn:
        conn.execute(b"SELECT FROM plates")


def test_a_wildcard_finds_what_passed_ones_own_gates_only(console: Database) -> None:
    pattern = f"{THEIR_PLATE[:3]}*"
    found = {}
    for organisation in ("empoli", MANAGER):
        with of(console, organisation).transaction() as conn:
            found[organisation] = [
                each.transit.id
                for look_alike in (False, True)
                for each in search_transits(conn, TransitQuery(pattern=pattern, look_alike=look_alike))
            ]
    assert found == {"empoli": [THEIRS.id] * 2, MANAGER: []}


@pytest.fixture
def alarmed(shared: Database) -> Database:
    """An alarm of the manager's list at the manager's gate."""
    with shared.transaction() as conn:
        conn.execute("UPDATE alarms SET state = 'raised', acknowledged_by = NULL, acknowledged_at = NULL,"
                     " closed_by = NULL, closed_at = NULL, outcome = NULL, note = NULL,"
                     " vehicle = vehicle || id")  # fmt: skip
    return shared


@pytest.mark.parametrize(
    ("action", "opened"),
    [
        (Action.SEARCH, {"transits", "gates"}),
        (Action.ALARMS, {"transits", "gates", "alarms", "sightings", "alarm_events", "watchlists"}),
        (Action.FORWARD, set()),
    ],
)
def test_an_agreement_opens_what_it_says_and_no_more(
    console: Database, alarmed: Database, action: Action, opened: set[str]
) -> None:
    tables = ("transits", "images", "gates", "alarms", "sightings", "alarm_events", "watchlists", "entries")
    with of(console, "empoli").transaction() as conn:
        before = {table: len(rows_of(conn, table)) for table in tables}
    with alarmed.transaction() as conn:
        agree(conn, TODAY, action, gates={"gate-1"})
        agree(conn, TODAY, Action.ALARMS, watchlists={"stolen"}) if action is Action.ALARMS else None
    with of(console, "empoli").transaction() as conn:
        after = {table: len(rows_of(conn, table)) for table in tables}
    assert {table for table in tables if after[table] > before[table]} == opened


def test_alarms_alone_open_the_transits_that_raised_one(console: Database, alarmed: Database) -> None:
    with alarmed.transaction() as conn:
        insert_transits(conn, [make_transit(77, gate_id="gate-1")], START)
        agree(conn, TODAY, Action.ALARMS, gates={"gate-1"})
        agree(conn, TODAY, Action.ALARMS, watchlists={"stolen"})
        expected = {row["transit_id"] for row in conn.execute("SELECT transit_id FROM sightings")}
    with of(console, "empoli").transaction() as conn:
        assert {row["id"] for row in rows_of(conn, "transits")} == expected | {THEIRS.id}


def test_who_sees_alarms_handles_none_before_an_agreement_says_so(console: Database, alarmed: Database) -> None:
    take = "UPDATE alarms SET state = 'acknowledged', acknowledged_by = 'x', acknowledged_at = now()"
    with alarmed.transaction() as conn:
        agree(conn, TODAY, Action.ALARMS, gates={"gate-1"}, watchlists={"stolen"})
    with of(console, "empoli").transaction() as conn:
        assert conn.execute(take.encode()).rowcount == 0
        assert not may_at_gate(conn, Action.HANDLE, "gate-1")
    with alarmed.transaction() as conn:
        agree(conn, TODAY, Action.ALARMS, Action.HANDLE, gates={"gate-1"}, watchlists={"stolen"})
    with of(console, "empoli").transaction() as conn:
        assert conn.execute(take.encode()).rowcount > 0


def test_what_to_do_is_told_to_who_sees_the_alarm_and_to_nobody_else(console: Database, alarmed: Database) -> None:
    with alarmed.transaction() as conn:
        conn.execute("UPDATE watchlists SET instructions = 'chiamare il 112'")
        named = one_row(conn, b"SELECT array_agg(entry_id) AS entries, array_agg(watchlist_id) AS lists FROM sightings")

    def told() -> object:
        with of(console, "empoli").transaction() as conn:
            asked = b"SELECT acting_instructions(%(entries)s, %(lists)s) AS told"
            return one_row(conn, asked, named)["told"]

    assert not told()
    with alarmed.transaction() as conn:
        agree(conn, TODAY, Action.SEARCH, watchlists={"stolen"})
    assert not told(), "who may search its entries sees no alarm"
    with alarmed.transaction() as conn:
        agree(conn, TODAY, Action.ALARMS, gates={"gate-1"}, watchlists={"stolen"})
    assert told() == ["chiamare il 112"]


@pytest.mark.parametrize("is_past", [False, True])
def test_who_opens_an_alarm_again_is_told_of_another_that_they_may_not_see(
    console: Database, alarmed: Database, is_past: bool
) -> None:
    at = START + timedelta(hours=1)
    with alarmed.transaction() as conn:
        agree(conn, TODAY, Action.ALARMS, Action.HANDLE, gates={"gate-1"})
        agree(conn, TODAY, Action.ALARMS, Action.HANDLE, watchlists={"stolen"})
        number, unseen = _one_alarm(conn, "gate-1", is_past, at), _one_alarm(conn, "gate-9", is_past, None)
    with of(console, "empoli").transaction() as conn:
        assert get_alarm(conn, number)
        assert get_alarm(conn, unseen) is None
        if is_past:
            assert reopen_past(conn, at, "anna", at) == []
        else:
            with pytest.raises(InputError, match="another alarm meanwhile"):
                reopen(conn, number, "anna", at)


def _one_alarm(conn: Connection, gate: str, is_past: bool, closed_at: datetime | None) -> int:
    by = "anna" if closed_at else None
    values = {
        "gate": gate, "past": is_past, "state": "closed" if closed_at else "raised", "by": by, "at": closed_at,
        "outcome": "other" if closed_at else None, "seen": START,
    }  # fmt: skip
    query = b"""
        WITH made AS (
            INSERT INTO alarms (vehicle, organisation_id, kind, priority, retro, raised_at, first_seen_at, last_seen_at,
                state, closed_by, closed_at, outcome, acknowledged_by, acknowledged_at)
            VALUES ('ZZ111ZZ', 'manager', 'stolen', 'high', %(past)s, %(seen)s, %(seen)s, %(seen)s,
                %(state)s, %(by)s, %(at)s, %(outcome)s, %(by)s, %(at)s) RETURNING id)
        INSERT INTO sightings (alarm_id, transit_id, captured_at, raised_at, gate_id, camera_id, plate, entry_id,
            entry_plate, watchlist_id, reason, priority, probability, retro)
        SELECT id, gen_random_uuid(), %(seen)s, %(seen)s, %(gate)s, 'c', 'ZZ111ZZ', 1, 'ZZ111ZZ', 'stolen', 'r', 'high',
            1, %(past)s FROM made RETURNING alarm_id AS id"""
    return int(one_row(conn, query, values)["id"])


def test_an_agreement_holds_on_its_days_and_until_it_is_ended(console: Database, shared: Database) -> None:
    with shared.transaction() as conn:
        made = agree(conn, TODAY, Action.SEARCH, gates={"gate-1"}, days=2)

    def sees(day: date) -> bool:
        with of(console, "empoli", day).transaction() as conn:
            return any(row["gate_id"] == "gate-1" for row in rows_of(conn, "transits"))

    assert [sees(TODAY + timedelta(days=days)) for days in (-1, 0, 2, 3)] == [False, True, True, False]
    with shared.transaction() as conn:
        end_agreement(conn, made.id, "carla", START, TODAY)
    assert not sees(TODAY)


def test_a_gate_that_is_given_away_takes_its_transits_and_agreements_with_it(
    console: Database, shared: Database
) -> None:
    with shared.transaction() as conn:
        agree(conn, TODAY, Action.SEARCH, gates={"gate-1"})
        own(conn, EMPOLI.id, ["gate-1"], [])
    with of(console, MANAGER).transaction() as conn:
        assert not [row for row in rows_of(conn, "transits") if row["gate_id"] == "gate-1"]
    with of(console, "empoli").transaction() as conn:
        assert [row for row in rows_of(conn, "transits") if row["gate_id"] == "gate-1"]


def test_the_latest_of_an_organisation_are_found_behind_those_of_others(console: Database, shared: Database) -> None:
    with shared.transaction() as conn:
        insert_transits(
            conn, [make_transit(n, captured_at=START + timedelta(minutes=5)) for n in range(100, 150)], START
        )
    with of(console, "empoli").transaction() as conn:
        assert [each.transit.id for each in latest_transits(conn, 10, [GATE.id])] == [THEIRS.id]


def consumer(database: Database, tmp_path: Path, clock: ManualClock, *records: object) -> Consumer:
    settings = Settings()
    match = only_watched(matching_entries, clock, settings.zone)
    centre = Centre(database=database, images=ImageStore(tmp_path), match=match, hits_only=frozenset({GATE.id}))
    return Consumer(source=ListSource(list(records)), centre=centre, settings=IngestSettings(), clock=clock)  # type: ignore[arg-type]


def ingest(database: Database, tmp_path: Path, clock: ManualClock, *records: object) -> None:
    working = consumer(database, tmp_path, clock, *records)
    while working.step(threading.Event()):
        pass


def passing(number: int, gate: str, plate: str) -> object:
    transit = make_transit(number, captured_at=START + timedelta(seconds=number), gate_id=gate, plate=plate)
    return transit_message(transit, number)


def test_a_list_is_compared_with_what_passes_where_somebody_may_see_both(
    shared: Database, ingest_database: Database, tmp_path: Path, clock: ManualClock
) -> None:
    with shared.transaction() as conn:
        conn.execute("DELETE FROM alarms")
    ingest(ingest_database, tmp_path, clock, passing(11, "gate-1", THEIR_PLATE), passing(12, GATE.id, THEIR_PLATE))
    with shared.transaction() as conn:
        assert [sighting.gate_id for sighting in list_sightings(conn)] == [GATE.id], "Empoli's list at Empoli's gate"
        agree(conn, TODAY, Action.ALARMS, gates={"gate-1"})
    ingest(ingest_database, tmp_path, clock, passing(13, "gate-1", THEIR_PLATE))
    with shared.transaction() as conn:
        assert {sighting.gate_id for sighting in list_sightings(conn)} == {GATE.id, "gate-1"}


def test_a_list_that_is_not_compared_keeps_no_transit_at_a_gate_of_hits_only(
    shared: Database, ingest_database: Database, tmp_path: Path, clock: ManualClock
) -> None:
    with shared.transaction() as conn:
        stop_receiving(conn, "stolen")
        add_entry(conn, "stolen", NewEntry(plate="ZZ999ZZ", reason="r"))
    ingest(ingest_database, tmp_path, clock, passing(21, GATE.id, "ZZ999ZZ"))
    with shared.transaction() as conn:
        assert search_transits(conn, TransitQuery(pattern="ZZ999ZZ")) == [], "the manager's list at Empoli's gate"


def test_a_new_entry_is_looked_for_in_the_past_of_gates_where_somebody_may_see_both(
    shared: Database, ingest_database: Database, clock: ManualClock
) -> None:
    with shared.transaction() as conn:
        conn.execute("DELETE FROM alarms")
        past = [
            make_transit(n, captured_at=START - timedelta(minutes=n), gate_id=gate, plate="RT111RT")
            for n, gate in ((31, "gate-1"), (32, GATE.id))
        ]
        insert_transits(conn, past, START - timedelta(minutes=30))
        add_entry(conn, LIST.id, NewEntry(plate="RT111RT", reason="r"))
    RetroMatch(database=ingest_database, settings=Settings(), clock=clock).catch_up(threading.Event())
    with shared.transaction() as conn:
        assert [sighting.gate_id for sighting in list_sightings(conn) if sighting.plate == "RT111RT"] == [GATE.id]


def test_ends_are_told_once_thirty_days_before_and_when_they_come(
    shared: Database, ingest_database: Database, clock: ManualClock
) -> None:
    with shared.transaction() as conn:
        made = agree(conn, TODAY, Action.SEARCH, gates={"gate-1"}, days=31)

    def told() -> list[tuple[str, str]]:
        note_ends(ingest_database, Settings(), clock)
        with shared.transaction() as conn:
            events = [row.event for row in reversed(list_audit(conn)) if row.event.detail.get("agreement") == made.id]
        ends = [event for event in events if event.action is not AuditAction.AGREEMENT_MADE]
        return [(str(event.action), event.detail.get("organisation", MANAGER)) for event in ends]

    assert told() == []
    clock.advance(timedelta(days=1).total_seconds())
    warned = [("agreement-ending", MANAGER), ("agreement-ending", "empoli")]
    assert told() == told() == warned
    clock.advance(timedelta(days=31).total_seconds())
    assert told() == told() == [*warned, ("agreement-ended", MANAGER), ("agreement-ended", "empoli")]
    with shared.transaction() as conn:
        [agreement] = list_agreements(conn)
        assert agreement.state_on(TODAY + timedelta(days=32)) is AgreementState.OVER


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"days": -1}, "its last day .* lies before its first"),
        ({"grantee": MANAGER}, "manager opens things to itself"),
        ({"gates": set()}, "neither a gate nor a list"),
        ({"gates": {GATE.id}}, "gate tosco is not of manager"),
        ({"watchlists": {LIST.id}}, "list empoli-lista is not of manager"),
        ({"grantee": "empolli"}, "no organisation has the id 'empolli'.*empoli"),
    ],
)
def test_an_agreement_that_makes_no_sense_is_refused(
    shared: Database, changes: dict[str, object], message: str
) -> None:
    wanted = {"gates": {"gate-1"}, **changes}
    with shared.transaction() as conn, pytest.raises(InputError, match=message):
        agree(conn, TODAY, Action.SEARCH, **wanted)  # type: ignore[arg-type]


def test_handling_without_seeing_and_pictures_of_nothing_are_refused(shared: Database) -> None:
    for actions, message in (((Action.HANDLE,), "must see them"), ((Action.PICTURES,), "with alarms or in a search")):
        with shared.transaction() as conn, pytest.raises(InputError, match=message):
            agree(conn, TODAY, *actions, gates={"gate-1"})


def test_a_row_of_the_audit_is_of_the_organisation_for_which_it_was_done(console: Database, shared: Database) -> None:
    with of(console, "empoli").transaction() as conn:
        append(conn, AuditEvent(actor="operator@empoli", action=AuditAction.SEARCH, at=START, detail={"pattern": "X"}))
    with of(console, ITSELF.organisation_id).transaction() as conn:
        append(conn, AuditEvent(actor="operator@empoli", action=AuditAction.LOGIN, at=START))
        append(conn, AuditEvent(actor="unknown", action=AuditAction.LOGIN_REFUSED, at=START))
    seen = {}
    for organisation in ("empoli", MANAGER):
        with of(console, organisation).transaction() as conn:
            seen[organisation] = [str(row.event.action) for row in list_audit(conn)]
    assert seen["empoli"] == ["login", "search"]
    assert seen[MANAGER][0] == "login-refused"
    assert "login" not in seen[MANAGER]
    with shared.transaction() as conn:
        assert verify(conn).broken_at is None, "one chain for all"


def test_a_hold_is_of_the_organisation_that_made_it(console: Database, shared: Database) -> None:
    hold = Hold(
        case_reference="1/2026", reason="r", author="x", made_at=START, since=START, until=START + timedelta(days=1),
        ends_on=TODAY + timedelta(days=9), gate_id=GATE.id,
    )  # fmt: skip
    with shared.transaction() as conn:
        number = add_hold(conn, hold)
        conn.execute("UPDATE holds SET organisation_id = 'empoli' WHERE id = %s", (number,))
    with of(console, "empoli").transaction() as conn:
        assert [row["id"] for row in rows_of(conn, "holds")] == [number]
        assert {row["transit_id"] for row in rows_of(conn, "held_transits")} == {THEIRS.id}
    with of(console, MANAGER).transaction() as conn:
        assert number not in {row["id"] for row in rows_of(conn, "holds")}


def test_a_hold_keeps_nothing_of_anothers_gates(shared: Database) -> None:
    hold = Hold(
        case_reference="2/2026", reason="r", author="x", made_at=START, since=START, until=START + timedelta(days=1),
        ends_on=TODAY + timedelta(days=9), plate=THEIR_PLATE,
    )  # fmt: skip
    with shared.transaction() as conn:
        number = add_hold(conn, hold)
        assert count_held(conn, number) == 0, "the manager's hold of a plate that passed Empoli's gate"
        conn.execute("UPDATE holds SET organisation_id = 'empoli' WHERE id = %s", (number,))
        assert count_held(conn, number) == 1


@pytest.mark.parametrize("look_alike", [False, True])
def test_a_plan_that_a_connection_keeps_shows_nobody_what_another_may_see(
    shared: Database, database_url: str, look_alike: bool
) -> None:
    assert shared is not None
    query = TransitQuery(pattern=THEIR_PLATE, look_alike=look_alike)
    with Database(role_url(database_url, CentreRole.CONSOLE), pool_size=1) as console:
        for _ in range(7):
            for organisation, count in ((EMPOLI.id, 1), (MANAGER, 0)):
                acting = console.limited_to(Scope(organisation_id=organisation, day=TODAY))
                with acting.transaction() as conn:
                    assert len(search_transits(conn, query)) == count
            with console.transaction() as conn:
                assert search_transits(conn, query) == []


def test_what_is_about_to_end_is_counted_for_alerts(
    shared: Database, ingest_database: Database, clock: ManualClock
) -> None:
    with shared.transaction() as conn:
        agree(conn, TODAY, Action.SEARCH, gates={"gate-1"}, days=31)
        save_gates(conn, [replace(GATE, legal_basis_until=TODAY + timedelta(days=30))])
    counts = []
    for _ in range(2):
        note_ends(ingest_database, Settings(), clock)
        counts.append(
            [REGISTRY.get_sample_value("anpr_ends_pressing", {"kind": kind}) for kind in ("gate", "agreement")]
        )
        clock.advance(timedelta(days=1).total_seconds())
    assert counts == [[1, 0], [1, 1]]
