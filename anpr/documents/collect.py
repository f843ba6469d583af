# SPDX-License-Identifier: AGPL-3.0-or-later
"""Collector of the facts: one transaction of the store, the settings, and the certificates on this machine."""

import hashlib
from collections.abc import Iterator
from datetime import datetime

import anpr
from anpr.documents.facts import (
    Certificate,
    Days,
    ListFacts,
    Measures,
    Person,
    Purpose,
    Recipient,
    SiteFacts,
)
from anpr.domain.gate import Keep
from anpr.domain.organisation import MANAGER
from anpr.runtime.certificate import last_day
from anpr.settings import Settings
from anpr.settings.base import is_loopback
from anpr.store.database.connection import Connection
from anpr.store.gates import list_gates
from anpr.store.organisations.agreements import list_agreements
from anpr.store.organisations.protection import PROTECTED, tables_without_rules
from anpr.store.organisations.registry import get_organisation, list_organisations, organisation_names, owned_by
from anpr.store.reader_keys import list_keys
from anpr.store.retention_report import retention_report
from anpr.store.users.accounts import list_users
from anpr.store.watchlists.lists import list_watchlists


def collect(conn: Connection, settings: Settings, now: datetime, organisation_id: str | None = None) -> SiteFacts:
    """The facts of the whole site, or of one organisation. Call it first in a transaction: it reads one moment of all.

    Raises InputError when there is no such organisation, SettingsError for a certificate, StoreError.
    """
    kept = retention_report(conn).gates
    asked = get_organisation(conn, organisation_id) if organisation_id is not None else None
    of = {asked.id} if asked else {each.id for each in list_organisations(conn)}
    gates = tuple(gate for gate in list_gates(conn) if gate.organisation in of)
    return SiteFacts(
        municipality=settings.municipality,
        zone=settings.zone,
        made_at=now,
        version=anpr.__version__,
        settings_digest=hashlib.sha256(settings.model_dump_json().encode()).hexdigest(),
        organisations=(asked,) if asked else tuple(list_organisations(conn)),
        names=organisation_names(conn),
        gates=gates,
        configured=frozenset(gate.id for gate in settings.gates),
        watchlists=tuple(_watchlists(conn, of)),
        agreements=tuple(each for each in list_agreements(conn) if {each.grantor_id, each.grantee_id} & of),
        people=tuple(_people(conn, of)),
        recipients=tuple(_recipients(settings, of)),
        certificates=tuple(_certificates(settings)),
        purposes=tuple(
            Purpose(id=each.id, name=each.name, hits_only=each.keep is Keep.HITS)
            for each in settings.retention.purposes
        ),
        kept=tuple(each for each in kept if asked is None or each.gate_id in {gate.id for gate in gates}),
        days=_days(settings),
        measures=_measures(conn, settings),
    )


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
    for each in (each for each in settings.forwarding if each.organisation in of):
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
        enrolled_keys=sum(key.revoked_at is None for key in list_keys(conn)),
        head_every_s=settings.audit.head_every_s,
        heads_found=settings.audit_head_path.is_file(),
        tables_to_protect=len(PROTECTED),
        unprotected=tuple(tables_without_rules(conn)),
    )
