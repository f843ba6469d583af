# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rows in every table of a database of any version, by SQL that suits it, and whether they are still as they were."""

import itertools
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from psycopg import sql
from psycopg.types.json import Json, Jsonb

from anpr.domain.plate import look_alike_key
from anpr.store.audit import GENESIS, AuditAction, AuditEvent, row_hash
from anpr.store.database.connection import Connection
from scripts.lab.transits import START, make_transit, plate_of

DAYS = (START.date() - timedelta(days=1), START.date())


def _columns(conn: Connection, table: str) -> list[str]:
    """Of this version; none when it has no such table."""
    found = conn.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s"
        " ORDER BY ordinal_position",
        [table],
    )
    return [row["column_name"] for row in found]


def _insert(conn: Connection, table: str, **values: Any) -> None:
    """A row with those of the values that this version has a column for; none when it has no such table."""
    names = [name for name in _columns(conn, table) if name in values]
    if names:
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join(sql.Placeholder() * len(names)),
        )
        conn.execute(statement, [values[name] for name in names])


def _days(conn: Connection) -> None:
    parents = conn.execute("SELECT relname FROM pg_class WHERE relkind = 'p' AND NOT relispartition").fetchall()
    for parent, day in itertools.product(parents, DAYS):
        conn.execute("SELECT ensure_partition(%s, %s)", [parent["relname"], day])


def fill(conn: Connection) -> None:
    """Something in every table, transits and what belongs to them in two days."""
    _days(conn)
    _insert(conn, "users", name="anna", role="operator", password_hash="x", disabled=True)
    if "key_hash" in _columns(conn, "sessions"):
        _insert(conn, "sessions", key_hash=bytes(32), user_name="anna", started_at=START, seen_at=START)
    _fill_patrols(conn)
    _insert(
        conn, "camera_views", camera_id="cam-1", gate_id="gate-1", reader_id="reader-1", at=START, received_at=START
    )
    if "asked_by" in _columns(conn, "view_requests"):
        _insert(conn, "view_requests", camera_id="cam-1", gate_id="gate-1", asked_at=START, asked_by="anna")
    _insert(conn, "second_factors", user_name="anna", sealed_secret=b"x", begun_at=START)
    _insert(conn, "recovery_codes", user_name="anna", code_digest=bytes(32))
    _insert(conn, "login_failures", kind="here", subject=bytes(32), failures=1, first_at=START, last_at=START)
    if "place" in _columns(conn, "login_places"):
        _insert(conn, "login_places", place=bytes(32), seen_at=START)
    _insert(conn, "used_logins", state_digest=bytes(32), used_at=START)
    _insert(conn, "reader_keys", fingerprint="0" * 32, reader_id="reader-1", public_key="ed25519:x", enrolled_at=START)
    _insert(
        conn,
        "gates",
        id="gate-1",
        name="Nord",
        purpose="p",
        legal_basis="l",
        cameras=Jsonb([{"id": "cam-1", "kind": "plate"}]),
    )
    _insert(conn, "dropped_images", day=DAYS[0], gate_id="gate-1")
    definition = {"id": "gate-1", "name": "Nord", "purpose": "p", "legal_basis": "l"}
    _insert(conn, "gate_versions", gate_id="gate-1", version=1, reader_id="reader-1", definition=Jsonb(definition),
            author="anna", made_at=START, reason="r")  # fmt: skip
    _insert(conn, "reader_plans", reader_id="reader-1", reported_at=START, origin="centre", number=1, made_at=START)
    _insert(conn, "discarded_counts", gate_id="gate-1", hour=START, number=3, last_at=START)
    for number, day in enumerate(DAYS):
        at = datetime.combine(day, time(12), UTC)
        _insert(conn, "discarded_transits", captured_at=at, transit_id=UUID(int=number + 1))
    kept = {"since": START - timedelta(days=1), "until": START, "plate": plate_of(0), "ends_on": START.date()}
    _insert(conn, "holds", case_reference="12/2026", reason="r", author="anna", made_at=START, **kept)
    if "is_listed" in _columns(conn, "holds"):
        _insert(conn, "hold_transits", hold_id=1, captured_at=START, transit_id=UUID(int=1))
    _insert(conn, "subject_requests", kind="access", plate=plate_of(0), reference="7/2026", received_on=START.date(),
            registered_by="dora", registered_at=START)  # fmt: skip
    _fill_lists(conn)
    for number in range(6):
        _fill_passage(conn, number)
    _fill_forwarding(conn)
    _fill_health(conn)
    _fill_notifications(conn)
    _fill_investigations(conn)
    for number in range(3):
        _append(conn, number)
    _insert(conn, "organisations", id="empoli", name="Empoli", kind="municipality")
    opened = {"gate_ids": ["gate-1"], "watchlist_ids": ["stolen"], "actions": ["alarms"]}
    days = {"starts_on": DAYS[0], "ends_on": DAYS[1], "made_at": START, "made_by": "anna"}
    _insert(conn, "agreements", grantor_id="manager", grantee_id="empoli", purpose="p", document="d", **opened, **days)


def _fill_notifications(conn: Connection) -> None:
    said = {"changed_at": START, "changed_by": "anna"}
    _insert(conn, "notification_recipients", name="Sala", channel="email", address="sala@comune.example", **said)
    _insert(conn, "notification_rules", name="rubati", kinds=["stolen"], watchlists=[], priorities=[], gates=[],
            days=[1, 2], starts=time(8), ends=time(20), sound="normal", after_s=[0], **said)  # fmt: skip
    _insert(conn, "gate_areas", name="Centro", gates=["gate-1"], **said)
    _insert(conn, "notification_rule_recipients", rule_id=1, step=0, recipient_id=1)
    _insert(conn, "notifications", alarm_id=1, recipient_id=1, recipient_name="Sala", channel="email", rule_id=1,
            priority="high", queued_at=START, waits_since=START, next_attempt_at=START)  # fmt: skip
    if "proposal_id" in _columns(conn, "notifications"):
        _insert(conn, "notifications", proposal_id=1, recipient_id=1, recipient_name="Sala", channel="email",
                priority="low", queued_at=START, waits_since=START, next_attempt_at=START)  # fmt: skip
    _insert(conn, "notification_escalations", alarm_id=1, rule_id=1, step=1, organisation_id="manager",
            priority="high", due_at=START)  # fmt: skip
    _insert(conn, "notification_channels", channel="email", is_set_up=True, told_at=START)


def _fill_investigations(conn: Connection) -> None:
    one = {"investigation_id": 1}
    _insert(conn, "investigations", reference="12/2026", title="t", author="anna", opened_at=START)
    _insert(conn, "investigation_members", **one, user_name="anna", added_at=START, added_by="anna")
    _insert(conn, "investigation_marks", **one, transit_id=make_transit(0).id, captured_at=START, gate_id="gate-1",
            marked_at=START, marked_by="anna")  # fmt: skip
    _insert(conn, "investigation_notes", **one, at=START, author="anna", text="n")
    _insert(conn, "evidence_packages", **one, asked_at=START, asked_by="anna", reason="r", told_at=START, file_name="f")
    _insert(conn, "investigation_questions", **one, saved_at=START, author="anna", text="q", query=Jsonb({}))


def _append(conn: Connection, number: int) -> None:
    """A row of the audit, as a process of that version wrote it."""
    event = AuditEvent(actor="anna", action=AuditAction.SEARCH, at=START, detail={"number": number})
    last = conn.execute("SELECT hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    previous = last["hash"] if last else GENESIS
    _insert(conn, "audit", seq=number + 1, at=START, actor="anna", action="search", detail=Json(event.detail),
            previous_hash=previous, hash=row_hash(number + 1, event, previous))  # fmt: skip


def _fill_lists(conn: Connection) -> None:
    values = {"priority": "high", "purpose": "p", "legal_basis": "l", "match": "look-alike", "min_probability": 0.1}
    _insert(conn, "watchlists", id="stolen", name="Rubati", **values)
    for number in (0, 50):
        plate = plate_of(number)
        _insert(conn, "entries", watchlist_id="stolen", plate=plate, look_alike=look_alike_key(plate), reason="r",
                valid_from=START - timedelta(days=9))  # fmt: skip
    counts = {"added": 1, "changed": 0, "unchanged": 0, "removed": 0, "rejected": 0}
    _insert(conn, "list_imports", watchlist_id="stolen", imported_at=START, imported_by="os:root", mode="add",
            file_name="f.csv", sha256="ab" * 32, format="csv", encoding="utf-8", source="", version_before=1,
            version_after=2, **counts)  # fmt: skip
    _insert(conn, "list_import_changes", import_id=1, kind="added", plate=plate_of(0), look_alike=plate_of(0),
            reason_after="r")  # fmt: skip
    _insert(conn, "list_uploads", watchlist_id="stolen", file_name="rubati.csv", content=b"x", mode="add", source="",
            uploaded_by="anna", uploaded_at=START)  # fmt: skip
    _insert(conn, "list_proposals", watchlist_id="stolen", kind="delete", reason="r", made_by="anna", made_at=START,
            expires_at=START + timedelta(days=7))  # fmt: skip
    place = {"watchlist_id": "stolen", "place": "sftp://anna@questura/in"}
    _insert(conn, "list_places", looked_at=START, **place)
    _insert(conn, "list_fetches", file_name="f.csv", size=1, written_at=1, fetched_at=START, seen_at=START, **place)
    _insert(conn, "received_lists", sender="Centro", place="sftp://anna@questura/in", watchlist_id="stolen", every_s=30,
            shrink_percent=20, growth_percent=100)  # fmt: skip
    _insert(conn, "list_deliveries", watchlist_id="stolen", arrived_at=START, file_name="f.csv", sha256="ab" * 32,
            kind="full", outcome="taken", by_whom="watchlist pickup", import_id=1)  # fmt: skip
    _insert(conn, "list_sources", watchlist_id="stolen", name="Questura", columns=Jsonb({}), sheet="", reason="r",
            changed_at=START)  # fmt: skip


def _fill_passage(conn: Connection, number: int) -> None:
    """The even ones passed a day before the others."""
    transit = make_transit(number)
    at = transit.captured_at - timedelta(days=1) if number % 2 == 0 else transit.captured_at
    plate, alike = transit.plate, look_alike_key(transit.plate)
    place = {"gate_id": "gate-1", "camera_id": "cam-1", "reader_id": "reader-1"}
    _insert(conn, "transits", captured_at=at, id=transit.id, received_at=START, first_seen=at, last_seen=at,
            plate=plate, look_alike=alike, raw=plate, confidence=0.9, candidates=Jsonb([[plate, 0.9]]), reads=3,
            box_x=1, box_y=2, box_w=3, box_h=4, country="I", direction="approaching", lane="1",
            images=Jsonb([]), **place)  # fmt: skip
    _insert(conn, "plates", plate=plate, look_alike=alike, last_day=at.date())
    _insert(conn, "reader_software", id=number, text=f"anpr/{number}", last_day=at.date())
    for role in ("plate", "context"):
        _insert(conn, "images", captured_at=at, transit_id=transit.id, role=role, sha256="ab" * 32, size=9, path="p/q",
                **place)  # fmt: skip
    sighted = {"transit_id": transit.id, "captured_at": at, "plate": plate, "entry_id": number + 1,
               "entry_plate": plate, "watchlist_id": "stolen", "reason": "r", "probability": 0.9}  # fmt: skip
    settled = {"raised_at": START, "priority": "high"}
    # Since version 43 an alarm has sightings; before, it was one.
    was_one = {} if _columns(conn, "sightings") else {**sighted, **place}
    _insert(conn, "alarms", state="closed", acknowledged_by="anna", acknowledged_at=START, closed_by="anna",
            closed_at=START, outcome="stopped", note="n", vehicle=plate, organisation_id="manager", kind="stolen",
            first_seen_at=at, last_seen_at=at, **settled, **was_one)  # fmt: skip
    _insert(conn, "sightings", alarm_id=number + 1, **settled, **sighted, **place)
    _insert(conn, "alarm_events", alarm_id=number + 1, at=START, author="anna", kind="noted", text="n")
    _insert(conn, "suppressions", vehicle=plate, since=START, until=START + timedelta(hours=1), author="anna",
            made_at=START, reason="r")  # fmt: skip
    _insert(
        conn, "alarm_counts", organisation_id="manager", day=START.date(), what="gate", item=f"gate-{number}", count=3
    )
    _insert(conn, "handovers", since=START - timedelta(hours=8), made_at=START, outgoing="anna", content=Jsonb({}),
            digest=bytes(32))  # fmt: skip
    _insert(conn, "refused_senders", sender=f"reader/{number}", since=START, refused=2, last_at=START,
            last_reason="not-json", day=START.date())  # fmt: skip
    _insert(conn, "dead_letters", received_at=at, topic="anpr.transits", partition=0, offset=number, reason="not-json",
            detail="broken", size=3, value=b"{{{")  # fmt: skip
    if "batch" in _columns(conn, "deliveries") and "day" in _columns(conn, "deliveries"):
        # Not before the forwarder came: its first migration makes the table anew, which nothing had written to.
        _insert(conn, "deliveries", destination="questura", captured_at=at, transit_id=transit.id, state="sent",
                day=at.date(), batch=1, queued_at=START, sent_at=START)  # fmt: skip


def _fill_forwarding(conn: Connection) -> None:
    _insert(conn, "forward_runs", destination="questura", day=DAYS[0], started_at=START, finished_at=START,
            counts=Jsonb({"sent": 3}), error="e")  # fmt: skip
    _insert(conn, "forward_batches", destination="questura", day=DAYS[0], number=1, file_name="f", created_at=START,
            attempts=1, sent_at=START)  # fmt: skip
    _insert(conn, "forward_requeues", destination="questura", day=DAYS[0], kind="k", reason="r", author="anna",
            at=START, number=1)  # fmt: skip
    _insert(conn, "forward_requeued", requeue_id=1, captured_at=START, transit_id=UUID(int=1), reason="r")
    hour = {"gate_id": "gate-1", "hour": START}
    _insert(conn, "transit_counts", **hour, reader_id="reader-1", stored=1, unnumbered=1)
    _insert(conn, "refused_counts", reader_id="reader-1", hour=START, reason="not-json", number=1)
    outbox = {"reader_id": "reader-1", "epoch": "0" * 32}
    _insert(conn, "reader_sequences", **outbox, first_number=1, last_number=3, heard_at=START)
    _insert(conn, "reader_gaps", **outbox, first_number=2, last_number=2, after_at=START, before_at=START,
            found_at=START)  # fmt: skip
    _insert(conn, "forward_destinations", id="questura", organisation_id="manager", told_at=START, stage="example",
            live_state="live", live_since=START, live_seen_at=START)  # fmt: skip
    _insert(conn, "alarm_messages", destination="titolare", alarm_id=1, message="raised", organisation_id="manager",
            sighting_id=1, queued_at=START, next_attempt_at=START)  # fmt: skip
    _insert(conn, "unqueued_counts", **hour, destination="questura", reason="dropped", number=2)
    _insert(conn, "completeness_reports", day=DAYS[0], revision=1, made_at=START, verdict="balanced",
            figures=Jsonb({}), html=b"h", pdf=b"p", csv=b"c", manifest=b"m", signature=b"s")  # fmt: skip


def _fill_health(conn: Connection) -> None:
    for kind in ("camera", "reader"):
        subject = {"kind": kind, "id": f"{kind}-1", "reader_id": "reader-1", "gate_ids": ["gate-1"]}
        _insert(conn, "health_subjects", reported_at=START, heard_at=START, **subject)
        _insert(
            conn, "health_intervals", started_at=START - timedelta(hours=2), ended_at=START, state="away", **subject
        )
        _insert(conn, "health_intervals", started_at=START, state="up", **subject)


def _fill_patrols(conn: Connection) -> None:
    _insert(conn, "push_devices", user_name="anna", name="n", endpoint="https://push.example.net/1",
            device_key=bytes(65), auth=bytes(16), site_key="k", session_hash=bytes(32), made_at=START)  # fmt: skip
    _insert(conn, "push_key", public_key="k", told_at=START)
    _insert(conn, "patrols", user_name="anna", gates=["gate-1"], shares=True, latitude=43.9, longitude=11.1,
            accuracy_m=9.0, located_at=START)  # fmt: skip
    _insert(conn, "patrol_answers", key=UUID(int=1), user_name="anna", alarm_id=1, action="note", made_at=START,
            received_at=START, result="done")  # fmt: skip


Content = dict[str, tuple[list[str], int, str]]


def content(conn: Connection, of: Content | None = None) -> Content:
    """By table: its columns (those it had in `of`), how many rows, and the MD5 of them all, sorted."""
    found: Content = {}
    for table in _tables(conn) if of is None else of:
        columns = _columns(conn, table) if of is None else of[table][0]
        row = sql.SQL("ROW({})::text").format(sql.SQL(", ").join(map(sql.Identifier, columns)))
        digest = sql.SQL("SELECT count(*) AS n, md5(string_agg({r}, '|' ORDER BY {r} COLLATE \"C\")) AS sum FROM {t}")
        summed = conn.execute(digest.format(r=row, t=sql.Identifier(table))).fetchone() or {}
        found[table] = (columns, summed["n"], summed["sum"])
    return found


def alarm_rows(conn: Connection, of: tuple[list[str], int, str]) -> tuple[list[str], int, str]:
    """What `content` told of alarms before version 43, from the alarms and sightings that they have become."""
    now = set(_columns(conn, "sightings"))
    sources = [sql.SQL("s" if name in now else "a") for name in of[0]]
    columns = [
        sql.SQL("{}.{}").format(source, sql.Identifier(name)) for source, name in zip(sources, of[0], strict=True)
    ]
    row = sql.SQL("ROW({})::text").format(sql.SQL(", ").join(columns))
    summed = conn.execute(
        sql.SQL(
            "SELECT count(*) AS n, md5(string_agg({r}, '|' ORDER BY {r} COLLATE \"C\")) AS sum"
            " FROM sightings s JOIN alarms a ON a.id = s.alarm_id"
        ).format(r=row)
    ).fetchone()
    assert summed is not None
    return of[0], summed["n"], summed["sum"]


def _tables(conn: Connection) -> list[str]:
    rows = conn.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        " AND relname <> 'schema_migrations' ORDER BY relname"
    )
    return [row["relname"] for row in rows]
