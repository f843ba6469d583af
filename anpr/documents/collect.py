# SPDX-License-Identifier: AGPL-3.0-or-later
"""Collector of the facts: one transaction of the store, the settings, and the certificates on this machine."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import anpr
from anpr.documents.facts import (
    Certificate,
    Days,
    EndFacts,
    EntriesUntil,
    HeldUntil,
    ListFacts,
    ListUntil,
    Measures,
    Person,
    Purpose,
    Recipient,
    SiteFacts,
)
from anpr.domain.gate import Keep
from anpr.domain.local_time import last_local_day
from anpr.domain.organisation import MANAGER
from anpr.runtime.certificate import last_day
from anpr.settings import Settings
from anpr.settings.base import is_loopback
from anpr.store.database.connection import Connection
from anpr.store.gates import list_gates
from anpr.store.held import hold_ends
from anpr.store.organisations.agreements import list_agreements
from anpr.store.organisations.protection import PROTECTED, tables_without_rules
from anpr.store.organisations.registry import get_organisation, list_organisations, organisation_names, owned_by
from anpr.store.reader_keys import list_keys
from anpr.store.retention_report import retention_report
from anpr.store.users.accounts import list_users
from anpr.store.watchlists.entry_pages import ending_by_list
from anpr.store.watchlists.lists import list_ends, list_watchlists


def collect(conn: Connection, settings: Settings, now: datetime, organisation_id: str | None = None) -> SiteFacts:
    """The facts of the whole site, or of one organisation. Call it first in a transaction: it reads one moment of all.

    Raises InputError when there is no such organisation, SettingsError for a certificate, StoreError.
    """
    kept = retention_report(conn, now).gates
    facts = _collect(conn, settings, now, organisation_id)
    told = {gate.id for gate in facts.gates}
    kept = tuple(each for each in kept if organisation_id is None or each.gate_id in told)
    return replace(facts, kept=kept, measures=replace(facts.measures, enrolled_keys=_enrolled(conn)))


def collect_for(
    conn: Connection, settings: Settings, now: datetime, *, acting_id: str, organisation_id: str | None, holds: bool
) -> SiteFacts:
    """The same as the console may know it when it acts for `acting_id`: transits are not counted, readers' keys are not
    read, and the lists are those of that organisation alone. Raises as `collect` does."""
    facts = _collect(conn, settings, now, organisation_id, holds=holds)
    unseen = frozenset(each.id for each in facts.organisations if each.id != acting_id)
    lists = tuple(each for each in facts.watchlists if each.owner_id not in unseen)
    return replace(facts, by_console=True, lists_unseen=unseen, watchlists=lists)


def collect_ends(
    conn: Connection,
    settings: Settings,
    now: datetime,
    organisation_id: str | None = None,
    *,
    people: bool = True,
    holds: bool = True,
) -> EndFacts:
    """What has a last day, of the whole site or of one organisation; `people`: users too; `holds`: those that the role
    may read. Raises as `collect` does."""
    asked = get_organisation(conn, organisation_id) if organisation_id is not None else None
    of = {asked.id} if asked else {each.id for each in list_organisations(conn)}
    return EndFacts(
        zone=settings.zone,
        made_at=now,
        names=organisation_names(conn),
        gates=tuple(gate for gate in list_gates(conn) if gate.organisation in of),
        configured=frozenset(gate.id for gate in settings.gates),
        agreements=tuple(each for each in list_agreements(conn) if {each.grantor_id, each.grantee_id} & of),
        people=tuple(_people(conn, of)) if people else (),
        recipients=tuple(_recipients(settings, of)),
        certificates=tuple(_certificates(settings)) if MANAGER in of else (),
        holds=tuple(_holds(conn, of)) if holds else (),
        lists=tuple(_list_ends(conn, of, settings.zone)),
        entries=tuple(_entries_ending(conn, of, settings.zone, now)),
    )


def _collect(
    conn: Connection, settings: Settings, now: datetime, organisation_id: str | None, *, holds: bool = True
) -> SiteFacts:
    ends = collect_ends(conn, settings, now, organisation_id, holds=holds)
    told = [each for each in list_organisations(conn) if organisation_id in {None, each.id}]
    return SiteFacts(
        **{name: getattr(ends, name) for name in EndFacts.__dataclass_fields__},
        municipality=settings.municipality,
        version=anpr.__version__,
        settings_digest=hashlib.sha256(settings.model_dump_json().encode()).hexdigest(),
        organisations=tuple(told),
        watchlists=tuple(_watchlists(conn, {each.id for each in told})),
        purposes=tuple(
            Purpose(
                id=each.id, name=each.name, hits_only=each.keep is Keep.HITS, days=settings.retention.days_of(each.id)
            )
            for each in settings.retention.purposes
        ),
        kept=None,
        days=_days(settings),
        measures=_measures(conn, settings),
        by_console=False,
        lists_unseen=frozenset(),
    )


def _holds(conn: Connection, of: set[str]) -> Iterator[HeldUntil]:
    for hold in hold_ends(conn):
        if hold.organisation_id in of:
            yield HeldUntil(number=hold.number, ends_on=hold.ends_on, organisation_id=hold.organisation_id)


def _list_ends(conn: Connection, of: set[str], zone: ZoneInfo) -> Iterator[ListUntil]:
    for each in list_ends(conn):
        if each.organisation_id in of:
            until = last_local_day(each.valid_to, zone)
            yield ListUntil(id=each.id, name=each.name, until=until, organisation_id=each.organisation_id)


def _entries_ending(conn: Connection, of: set[str], zone: ZoneInfo, now: datetime) -> Iterator[EntriesUntil]:
    for each in ending_by_list(conn, now):
        if each.organisation_id in of:
            first = last_local_day(each.first_end, zone)
            yield EntriesUntil(name=f"{each.name} ({each.id})", number=each.number, first=first,
                               organisation_id=each.organisation_id)  # fmt: skip


def _enrolled(conn: Connection) -> int:
    return sum(key.revoked_at is None for key in list_keys(conn))


def _watchlists(conn: Connection, of: set[str]) -> Iterator[ListFacts]:
    owners = {watchlist: owner for owner, owned in owned_by(conn).items() for watchlist in owned.watchlist_ids}
    for watchlist, entries in list_watchlists(conn):
        owner = owners.get(watchlist.id, MANAGER)
        if owner in of:
            yield ListFacts(watchlist=watchlist, entries=entries, owner_id=owner)


def _people(conn: Connection, of: set[str]) -> Iterator[Person]:
    for user in list_users(conn):
        if user.organisation_id in of:
            yield Person(**{name: getattr(user, name) for name in Person.__dataclass_fields__})


def _recipients(settings: Settings, of: set[str]) -> Iterator[Recipient]:
    told = [each.destination for each in settings.alarm_forwarding]  # of alarms on its lists
    for each in (each for each in (*settings.forwarding, *told) if each.organisation in of):
        yield Recipient(
            id=each.id,
            profile=each.profile.rpartition("/")[2],
            transport=each.target.kind,
            protocol=each.protocol,
            until=each.protocol_until,
            organisation_id=each.organisation,
        )


def _certificates(settings: Settings) -> Iterator[Certificate]:
    for section in ("console", "kafka"):
        file = getattr(settings, section).certificate_file
        if file:
            yield Certificate(setting=f"{section}.certificate_file", until=last_day(file))


def _days(settings: Settings) -> Days:
    retention = settings.retention
    return Days(
        transits=retention.transit_days,
        alarms=retention.alarm_days,
        open_alarm_grace=retention.open_alarm_grace_days,
        ledger=retention.ledger_days,
        forward_runs=retention.audit_days,
        audit=settings.audit.prune_after_days,
        topic_hours=settings.kafka.retention_hours if settings.kafka.bootstrap else None,
    )


def _measures(conn: Connection, settings: Settings) -> Measures:
    console, kafka = settings.console, settings.kafka
    return Measures(
        second_factor=frozenset(console.second_factor),
        console_tls=console.certificate_file is not None,
        console_proxy=bool(console.trusted_proxies),
        console_on_network=not is_loopback(console.host),
        broker_security=kafka.security_protocol if kafka.bootstrap else None,
        refuses_unsigned=settings.ingest.unsigned == "refuse",
        enrolled_keys=None,
        head_every_s=settings.audit.head_every_s,
        heads_found=settings.audit_head_path.is_file(),
        heads_mailed=len(settings.audit.mail_to),
        heads_mailed_every_h=settings.audit.mail_every_h,
        tables_to_protect=len(PROTECTED),
        unprotected=tuple(tables_without_rules(conn)),
    )
