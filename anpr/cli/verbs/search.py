# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr search`: finds where a plate passed. Asks for a reason, and records who asked before it answers."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click

from anpr.cli.common.counted import counted
from anpr.cli.common.database import open_database, operating_system_user
from anpr.cli.main import loaded_settings
from anpr.contract.transit import encode_transit
from anpr.domain.case_reference import check_case
from anpr.domain.errors import QueryTooLongError
from anpr.domain.health import HealthInterval
from anpr.domain.local_time import read_time
from anpr.runtime.clock import SystemClock
from anpr.settings import Settings
from anpr.store.database.connection import Database
from anpr.store.database.time_limit import time_limit
from anpr.store.embedded.configured import demo_hint
from anpr.store.gates import check_gates
from anpr.store.health.intervals import MIN_GAP, intervals_between
from anpr.store.transits.audited_search import audited_search
from anpr.store.transits.discarded import NotKept, not_kept
from anpr.store.transits.rows import StoredTransit, TransitQuery

_GAPS = 30
"""Lines at most, the newest."""


@click.command(name="search")
@click.argument("plate")
@click.option("--reason", default="", help="Why you search; required, and recorded.")
@click.option("--case", "case_reference", help="The case it belongs to; recorded.")
@click.option("--since", default="", metavar="TIME", help="Captured at or after; local time, e.g. 2026-11-21T08:30.")
@click.option("--until", default="", metavar="TIME", help="Captured before; a day alone is included: 2026-11-21.")
@click.option("--gate", "gates", multiple=True, help="Only this gate; may be repeated.")
@click.option("--look-alike", is_flag=True, help="Also plates that look like it (O/0, I/1, B/8 …).")
@click.option("--limit", type=int, default=200, show_default=True, help="At most so many, newest first.")
@click.option("--format", "form", type=click.Choice(["table", "jsonl"]), default="table", show_default=True)
@click.pass_context
def command(
    ctx: click.Context, /, plate: str, reason: str, case_reference: str | None, form: str, **options: Any
) -> None:
    """Search transits of PLATE: exact, or with * (any characters) and ? (one).

    It takes console.search_timeout_s at most. Ctrl-C ends it, also in the database.
    """
    loaded = loaded_settings(ctx)
    settings = loaded.settings
    query = _query(plate, settings.zone, options)
    case_reference = None if case_reference is None else check_case(case_reference)
    with open_database(settings, "anpr search") as database:
        with database.transaction() as conn:
            check_gates(conn, query.gate_ids)
        with _told_what_to_do():
            limit_s = settings.console.search_timeout_s
            actor = operating_system_user()
            found = audited_search(database, query, actor, reason, case_reference, SystemClock(), limit_s)
            gaps = _gaps(database, query, settings)
            kept_nothing_of = _not_kept(database, query, settings)
    for line in _as_jsonl(found, settings.zone) if form == "jsonl" else _as_table(found, settings.zone):
        click.echo(line)
    full = f" (the newest {query.limit}; there may be more)" if len(found) == query.limit else ""
    click.echo(f"{counted(len(found), 'transit')}{full}", err=True)
    if not found and settings.database.url is None:
        click.echo(f"asked was the embedded database in {settings.embedded_database_dir}", err=True)
        if loaded.path is None and (hint := demo_hint(settings)):
            click.echo(hint, err=True)
    for one in kept_nothing_of:
        click.echo(_not_kept_line(one), err=True)
    for gap in gaps:
        click.echo(_gap_line(gap, settings.zone), err=True)


@contextmanager
def _told_what_to_do() -> Iterator[None]:
    try:
        yield
    except QueryTooLongError as exc:
        raise QueryTooLongError(f"{exc} (console.search_timeout_s): narrow it by --since, --until or --gate") from exc


def _gaps(database: Database, query: TransitQuery, settings: Settings) -> list[HealthInterval]:
    """When cameras and readers asked about did not look: what the search could not see."""
    since = _since(query, settings)
    with database.transaction() as conn, time_limit(conn, settings.console.search_timeout_s):
        return intervals_between(conn, since, query.until, query.gate_ids, least=MIN_GAP, limit=_GAPS)


def _not_kept(database: Database, query: TransitQuery, settings: Settings) -> list[NotKept]:
    """Gates asked about that did not keep every transit: there nothing found does not mean that nobody passed."""
    with database.transaction() as conn:
        return not_kept(conn, _since(query, settings), query.until, query.gate_ids)


def _not_kept_line(one: NotKept) -> str:
    what = f"{counted(one.number, 'transit')} without a hit in the hours searched"
    return f"keeps hits only: gate {one.gate_id}: {what}; a vehicle that is not found there may have passed"


def _since(query: TransitQuery, settings: Settings) -> datetime:
    oldest = SystemClock().now() - timedelta(days=settings.retention.longest_days)
    return max(query.since or oldest, oldest)


def _gap_line(gap: HealthInterval, zone: ZoneInfo) -> str:
    starts = gap.started_at.astimezone(zone).isoformat(" ", "seconds")
    ends = gap.ended_at.astimezone(zone).isoformat(" ", "seconds") if gap.ended_at else "now"
    gates = f" ({', '.join(gap.gate_ids)})" if gap.gate_ids else ""
    return f"not looking: {gap.kind} {gap.id}{gates}: {gap.state} from {starts} to {ends}"


def _query(plate: str, zone: ZoneInfo, options: Mapping[str, Any]) -> TransitQuery:
    return TransitQuery(
        pattern=plate,
        since=read_time("--since", options["since"], zone),
        until=read_time("--until", options["until"], zone, is_end=True),
        gate_ids=options["gates"],
        look_alike=options["look_alike"],
        limit=options["limit"],
    )


def _as_table(found: Iterable[StoredTransit], zone: ZoneInfo) -> Iterable[str]:
    yield f"{'captured':<26}{'plate':<13}{'conf.':<7}{'gate':<20}{'camera':<20}transit"
    for stored in found:
        t = stored.transit
        captured = t.captured_at.astimezone(zone).isoformat(" ", "seconds")
        yield f"{captured:<26}{t.plate:<13}{t.confidence:<7.3f}{t.gate_id:<20}{t.camera_id:<20}{t.id}"


def _as_jsonl(found: Iterable[StoredTransit], zone: ZoneInfo) -> Iterable[str]:
    """The transit as in the message contract, its times in the site's zone, when it was received and how it came."""
    for stored in found:
        fields = json.loads(encode_transit(stored.transit))
        times = {
            name: _local(getattr(stored.transit, name), zone) for name in ("captured_at", "first_seen", "last_seen")
        }
        came = {"received_at": _local(stored.received_at, zone), "signature": stored.signature}
        yield json.dumps({**fields, **times, **came}, ensure_ascii=False)


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat()
