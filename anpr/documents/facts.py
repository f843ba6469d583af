# SPDX-License-Identifier: AGPL-3.0-or-later
"""Facts of a site that documents tell, as frozen values. No plate, camera address, password or hash can be in them."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from anpr.domain.access import Role
from anpr.domain.gate import Gate
from anpr.domain.organisation import Agreement, Organisation
from anpr.domain.watchlist import Watchlist
from anpr.store.retention_report import GateRetention


@dataclass(frozen=True, kw_only=True, slots=True)
class ListFacts:
    """A watchlist with how many entries it has, and whose it is."""

    watchlist: Watchlist
    entries: int
    owner_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """A user, as far as documents tell of them."""

    name: str
    role: Role
    organisation_id: str
    ends_on: date | None
    disabled: bool
    has_second_factor: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipient:
    """Another centre that receives transits, and the protocol that allows it up to `until`."""

    id: str
    profile: str
    transport: str
    protocol: str
    until: date
    organisation_id: str
    """For whom it is forwarded."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """A TLS certificate of this machine: the key of its setting, and its last day (UTC)."""

    setting: str
    until: date


@dataclass(frozen=True, kw_only=True, slots=True)
class Purpose:
    """A purpose that gates may name, whether only hits are kept for it, and how long."""

    id: str
    name: str
    hits_only: bool
    days: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Days:
    """Days that each kind of data is kept."""

    transits: int
    """Of gates without a purpose."""
    alarms: int
    open_alarm_grace: int
    ledger: int
    forward_runs: int
    audit: int | None
    """Days of the audit's rows; None: they are never deleted."""
    topic_hours: int | None
    """Hours of the broker's topics; None: no broker."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Measures:
    """Security measures as they are set."""

    second_factor: frozenset[Role]
    console_tls: bool
    console_proxy: bool
    console_on_network: bool
    broker_security: str | None
    """`kafka.security_protocol`; None: no broker."""
    refuses_unsigned: bool
    enrolled_keys: int | None
    """None: the process that made the document may not read them."""
    head_every_s: float
    heads_found: bool
    """Whether the file of the audit's heads is on this machine."""
    heads_mailed: int
    """Addresses outside to which the audit's head is mailed."""
    heads_mailed_every_h: float
    tables_to_protect: int
    unprotected: tuple[str, ...]
    """Tables without row-level security."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldUntil:
    """A hold, as far as documents tell of it: neither what it keeps nor for which case."""

    number: int
    ends_on: date
    organisation_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ListUntil:
    """A watchlist with an end: the last local day on which it is compared."""

    id: str
    name: str
    until: date
    organisation_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class EntriesUntil:
    """Entries of a watchlist that end soon: how many, and the first of their last local days."""

    name: str
    number: int
    first: date
    organisation_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class EndFacts:
    """All that has a last day, of one moment."""

    zone: ZoneInfo
    made_at: datetime
    names: dict[str, str]
    """Of all organisations by id, whichever are told of."""
    gates: tuple[Gate, ...]
    configured: frozenset[str]
    """Gates in this machine's settings; empty where it has none."""
    agreements: tuple[Agreement, ...]
    people: tuple[Person, ...]
    recipients: tuple[Recipient, ...]
    certificates: tuple[Certificate, ...]
    holds: tuple[HeldUntil, ...]
    lists: tuple[ListUntil, ...]
    entries: tuple[EntriesUntil, ...] = ()

    @property
    def today(self) -> date:
        """The local day on which they were collected."""
        return self.made_at.astimezone(self.zone).date()

    def is_retired(self, gate: Gate) -> bool:
        """Whether this machine's settings name gates, and this one not: only its old transits are left."""
        return bool(self.configured) and gate.id not in self.configured


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteFacts(EndFacts):
    """All that the documents tell, of one moment."""

    municipality: str
    version: str
    settings_digest: str
    """SHA-256 of the settings, their secrets masked."""
    organisations: tuple[Organisation, ...]
    watchlists: tuple[ListFacts, ...]
    purposes: tuple[Purpose, ...]
    kept: tuple[GateRetention, ...] | None
    """None: not counted by the process that made the document."""
    days: Days
    measures: Measures
    by_console: bool
    """Whether the console collected them: it knows its own settings, not those of the other processes, and of lists and
    transits what its visitor's organisation may see."""
    lists_unseen: frozenset[str]
    """Organisations whose lists the process may not read."""

    def days_of(self, gate: Gate) -> int:
        """Days that transits of this gate are kept."""
        found = (each.days for each in self.purposes if each.id == gate.retention_purpose)
        return next(found, self.days.transits)
