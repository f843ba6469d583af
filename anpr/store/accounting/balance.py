# SPDX-License-Identifier: AGPL-3.0-or-later
"""Balance of a day for one organisation, read from counters, ledger, gaps and health; no transit is read for it but
those that are not yet in the ledger."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from anpr.domain.completeness import (
    LOST_AFTER,
    UNANSWERED_AFTER,
    BlindSpell,
    CameLine,
    DayBalance,
    DestinationLine,
    MissingSpan,
)
from anpr.domain.health import HealthInterval
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import count_of, one_row
from anpr.store.database.queries import load_queries
from anpr.store.forwarding.deliveries import NO_LONGER_THERE, DayScope, count_states, count_unanswered
from anpr.store.health.intervals import MIN_GAP, intervals_between

_SQL = load_queries("completeness")
MAX_SPANS = 500
"""Of missing numbers and of blind spells in one report."""


def day_balance(
    conn: Connection, organisation_id: str, window: DayScope, destinations: Mapping[str, bool], now: datetime
) -> DayBalance:
    """The balance of `window` (its destination is not looked at) in a transaction that is limited to the organisation.

    `destinations` are those that forward for it, and whether each answers. Raises StoreError.
    """
    values = {"since": window.since, "until": window.until, "organisation": organisation_id}
    came = [CameLine(**row) for row in conn.execute(_SQL["came"], values)]
    refused = [(row["reader_id"], row["reason"], row["number"]) for row in conn.execute(_SQL["refused"], values)]
    gates = sorted({line.gate_id for line in came if line.gate_id})
    return DayBalance(
        organisation_id=organisation_id,
        day=window.day,
        since=window.since,
        until=window.until,
        came=tuple(came),
        refused=tuple(refused),
        missing=tuple(_missing(conn, values, now)),
        destinations=tuple(
            _destination(conn, each, window, now, answers=answers) for each, answers in destinations.items()
        ),
        blind=tuple(_blind(conn, window, gates)) if gates else (),
    )


def _missing(conn: Connection, values: dict[str, object], now: datetime) -> Iterator[MissingSpan]:
    for row in conn.execute(_SQL["missing"], {**values, "limit": MAX_SPANS}):
        yield MissingSpan(
            reader_id=row["reader_id"],
            first=row["first_number"],
            last=row["last_number"],
            after_at=row["after_at"],
            before_at=row["before_at"],
            is_lost=now - row["found_at"] >= LOST_AFTER,
        )


def _destination(
    conn: Connection, destination: str, window: DayScope, now: datetime, *, answers: bool
) -> DestinationLine:
    scope = DayScope(destination=destination, day=window.day, since=window.since, until=window.until)
    values = scope.values()
    stored = count_of(conn, _SQL["open_to_destination"], values)
    states = {state.value: number for state, number in count_states(conn, scope).items()}
    withheld = {row["reason"]: row["number"] for row in conn.execute(_SQL["unqueued"], values)}
    reasons = [(row["state"], row["reason"], row["number"]) for row in conn.execute(_SQL["reasons"], values)]
    not_listed = count_of(conn, _SQL["not_listed"], values)
    # Of gates that an agreement no longer opens, the ledger holds more than is stored for the destination now.
    more = sum(states.values()) + sum(withheld.values()) + not_listed - stored
    closed = sum(number for _, reason, number in reasons if reason == NO_LONGER_THERE)
    return DestinationLine(
        destination=destination,
        stored=stored + min(max(more, 0), closed),
        states=states,
        withheld=withheld,
        not_listed=not_listed,
        reasons=tuple(reasons),
        unanswered=count_unanswered(conn, scope, now - UNANSWERED_AFTER) if answers else 0,
        has_run=now < window.until or bool(one_row(conn, _SQL["has_run"], values)["found"]),
    )


def _blind(conn: Connection, window: DayScope, gates: list[str]) -> Iterator[BlindSpell]:
    found = intervals_between(conn, window.since, window.until, gates, least=MIN_GAP, limit=MAX_SPANS)
    for each in sorted(found, key=_order):
        yield BlindSpell(
            kind=each.kind.value,
            subject=each.id,
            state=each.state,
            since=max(each.started_at, window.since),
            until=min(each.ended_at, window.until) if each.ended_at else None,
        )


def _order(interval: HealthInterval) -> tuple[datetime, str, str]:
    return interval.started_at, interval.kind.value, interval.id
