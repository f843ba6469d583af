# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr hold`: keep transits with their images past their day for a case. Every step is in the audit."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import click

from anpr.cli.common.counted import counted
from anpr.cli.common.database import open_database, operating_system_user
from anpr.cli.main import loaded_settings
from anpr.domain.case_reference import check_case
from anpr.domain.errors import InputError
from anpr.domain.hold import Hold, check_end, check_range
from anpr.domain.local_time import read_day, read_time
from anpr.domain.organisation import MANAGER
from anpr.domain.plate import PlateError, normalise
from anpr.domain.search_reason import check_reason
from anpr.runtime.clock import SystemClock
from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.database.partitions import NO_PURPOSE, list_parts
from anpr.store.gates import check_gates, owner_of_gate, retention_purposes
from anpr.store.holds import add_hold, change_end, count_held, count_held_by_each, end_hold, list_holds
from anpr.store.transits.discarded import not_kept
from anpr.store.transits.rows import get_transit

_NUMBER = click.argument("number", type=click.IntRange(1, 2**63 - 1))
_REASON = click.option("--reason", default="", help="Required, and recorded.")
_ENDS_ON = click.option(
    "--ends-on", "last", metavar="DAY", required=True, help="The last day (UTC) on which it is kept."
)


@click.group(name="hold")
def command() -> None:
    """Keep transits with their images past their day, for a case.

    \b
    anpr hold make --case 12/2026 --reason "…" --plate AB123CD
                   --since 2026-11-21 --until 2026-11-22 --ends-on 2027-05-31
    anpr hold make --case 12/2026 --reason "…" --transit ID --ends-on 2027-05-31
    """


@command.command()
@click.option("--case", "case_reference", required=True, help="Number of the proceeding.")
@_REASON
@click.option("--plate", help="Of this plate; with --gate, at that gate only.")
@click.option("--gate", "gate_id", metavar="ID", help="At this gate.")
@click.option("--transit", "transit_id", type=click.UUID, help="This transit alone.")
@click.option("--since", default="", metavar="TIME", help="Captured at or after; local time.")
@click.option("--until", default="", metavar="TIME", help="Captured before; a day alone is included.")
@_ENDS_ON
@click.pass_context
def make(ctx: click.Context, /, case_reference: str, reason: str, last: str, **options: Any) -> None:
    """Keep what passed, or will pass, in a range of time."""
    case_reference, reason = check_case(case_reference), check_reason(reason)
    now, zone = SystemClock().now(), loaded_settings(ctx).settings.zone
    ends_on = _last_day(last, now)
    since = read_time("--since", options["since"], zone)
    until = read_time("--until", options["until"], zone, is_end=True)
    with _edit(ctx) as (conn, user):
        named, start, end = _what(conn, options["plate"], options["gate_id"], options["transit_id"], since, until)
        hold = Hold(
            case_reference=case_reference, reason=reason, author=user, made_at=now,
            since=start, until=end, ends_on=ends_on, **named,
        )  # fmt: skip
        number = add_hold(conn, hold)
        held, gone = count_held(conn, number), _gone(conn, start.date(), named.get("gate_id"))
        incomplete = not_kept(conn, start, end, [named["gate_id"]] if named.get("gate_id") else [])
    click.echo(f"hold {number}: {counted(held, 'transit')} kept, up to and including {ends_on:%Y-%m-%d} (UTC)")
    for line in gone:
        click.echo(line, err=True)
    for gate in () if options["transit_id"] else incomplete:
        click.echo(f"keeps hits only: gate {gate.gate_id}: without a hit nothing is stored there, nor held", err=True)


def _gone(conn: Connection, start: date, gate_id: str | None) -> list[str]:
    """What a hold from this day on cannot bring back: of any gate, or of gates whose purpose keeps fewer days."""
    oldest: dict[str, date] = {}
    for part in list_parts(conn, "transits"):  # oldest first
        oldest.setdefault(part.purpose, part.day)
    first = min(oldest.values(), default=start)
    lines = [f"of what passed before {first.isoformat()} nothing is stored any more"] if start < first else []
    purposes = retention_purposes(conn)
    mine = {purposes.get(gate_id, NO_PURPOSE)} if gate_id else set(purposes.values())
    return lines + [
        f"of what passed before {oldest[purpose].isoformat()} at gates of purpose {purpose} nothing is stored"
        for purpose in sorted(mine & set(oldest))
        if purpose and start < oldest[purpose] and oldest[purpose] > first
    ]


@command.command(name="list")
@click.option("--all", "with_ended", is_flag=True, help="Also those that have ended.")
@click.pass_context
def list_command(ctx: click.Context, with_ended: bool) -> None:
    """List the holds: number, case, what, from, to, last day, transits kept."""
    settings = loaded_settings(ctx).settings
    with open_database(settings, "anpr hold") as database, database.transaction() as conn:
        found, held = list_holds(conn, ended=with_ended), count_held_by_each(conn)
    for hold in found:
        times = [moment.astimezone(settings.zone).isoformat(" ", "seconds") for moment in (hold.since, hold.until)]
        state = f"ended by {hold.ended_by}" if hold.ended_at else counted(held.get(hold.id, 0), "transit")
        click.echo("\t".join([str(hold.id), hold.case_reference, _of_whom(hold), *times, str(hold.ends_on), state]))


@command.command()
@_NUMBER
@_ENDS_ON
@_REASON
@click.pass_context
def extend(ctx: click.Context, number: int, last: str, reason: str) -> None:
    """Give the hold NUMBER another last day."""
    reason, now = check_reason(reason), SystemClock().now()
    ends_on = _last_day(last, now)
    with _edit(ctx) as (conn, user):
        change_end(conn, number, ends_on, Author(name=user, at=now), reason)
    click.echo(f"hold {number}: up to and including {ends_on:%Y-%m-%d} (UTC)")


@command.command()
@_NUMBER
@_REASON
@click.pass_context
def end(ctx: click.Context, number: int, reason: str) -> None:
    """End the hold NUMBER: what is past its day goes with the next run of retention."""
    reason = check_reason(reason)
    with _edit(ctx) as (conn, user):
        end_hold(conn, number, Author(name=user, at=SystemClock().now()), reason)
    click.echo(f"hold {number} ended; what is past its day goes within a day")


def _last_day(text: str, now: datetime) -> date:
    day = read_day("--ends-on", text)
    check_end(day, now.astimezone(UTC).date())
    return day


@contextmanager
def _edit(ctx: click.Context) -> Iterator[tuple[Connection, str]]:
    with open_database(loaded_settings(ctx).settings, "anpr hold") as database, database.transaction() as conn:
        yield conn, operating_system_user()


def _what(
    conn: Connection,
    plate: str | None,
    gate_id: str | None,
    transit_id: UUID | None,
    since: datetime | None,
    until: datetime | None,
) -> tuple[dict[str, Any], datetime, datetime]:
    """What the hold names, and its range. Raises InputError for what nobody knows or nothing can lie in."""
    if transit_id is not None:
        if plate or gate_id or since or until:
            raise InputError("--transit: it names one transit, without --plate, --gate, --since and --until")
        stored = get_transit(conn, transit_id)
        if stored is None:
            raise InputError(f"--transit: none with the id {transit_id} is stored")
        _demand_own(conn, stored.transit.gate_id)
        at = stored.transit.captured_at
        return {"transit_id": transit_id}, at, at + timedelta(microseconds=1)
    if not plate and not gate_id:
        raise InputError("expected --plate, --gate or --transit")
    if since is None or until is None:
        raise InputError("expected --since and --until")
    check_range(since, until)
    if gate_id:
        check_gates(conn, [gate_id])
        _demand_own(conn, gate_id)
    return {"plate": _plate(plate), "gate_id": gate_id}, since, until


def _demand_own(conn: Connection, gate_id: str) -> None:
    owner = owner_of_gate(conn, gate_id)
    if owner != MANAGER:
        raise InputError(f"gate {gate_id}: is of {owner}, whose investigators hold what passes there, in the console")


def _plate(text: str | None) -> str | None:
    try:
        return normalise(text) if text else None
    except PlateError as exc:
        raise InputError(f"--plate: {exc}") from exc


def _of_whom(hold: Hold) -> str:
    if hold.is_listed:
        return "the transits marked in an investigation"
    if hold.transit_id is not None:
        return f"transit {hold.transit_id}"
    return " at ".join(part for part in (hold.plate, hold.gate_id and f"gate {hold.gate_id}") if part)
