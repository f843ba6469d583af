# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings of the centre: database, broker, ingest, console, retention."""

import re
from datetime import time, timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from anpr.domain.access import Role
from anpr.domain.errors import SettingsError
from anpr.domain.gate import Keep
from anpr.settings.address import check_address
from anpr.settings.base import Identifier, NetworkText, Section, ServerName, TimeOfDay, is_loopback
from anpr.settings.mail_address import MailAddress
from anpr.settings.map import MapSettings
from anpr.settings.oidc import OidcSettings

_KEYWORDS = re.compile(r"^\s*([a-z_]+\s*=|$)")
"""The other form that PostgreSQL's client library reads: host=… dbname=…"""

_NAMES_NEEDED = "console.oidc needs console.names: the provider is told by which of them to lead people back"

_SERVER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[\w.-]+)(:[0-9]{1,5})?")
"""HOST:PORT of a broker."""


class DatabaseSettings(Section):
    """PostgreSQL. Without a URL the embedded one in data_dir is used."""

    url: SecretStr | None = None
    """postgresql://user:password@host:port/name; from DATABASE_URL or a file, not from a repository."""
    pool_size: Annotated[int, Field(ge=1, le=100)] = 8
    """Connections of one process."""

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: SecretStr | None) -> SecretStr | None:
        text = url.get_secret_value() if url else ""
        if "://" in text or not _KEYWORDS.match(text):
            check_address(text, ("postgresql", "postgres"), host_needed=False)
        return url


class KafkaSettings(Section):
    """The broker between edge and centre. Without `bootstrap` the direct form is used: one machine, no broker."""

    bootstrap: str | None = None
    """host:port,host:port; from KAFKA_BOOTSTRAP."""
    group: str = "anpr-ingest"
    """Consumer group of the centre; those of images and health reports have -images and -health at the end."""
    topic_prefix: Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]{0,100}$")] = ""
    """Put before each topic's name, so that several centres can share a broker: prato. makes prato.anpr.transits."""
    partitions: Annotated[int, Field(ge=1, le=1000)] = 12
    """Of topics that are made here: how many ingest processes can share the work."""
    replication: Annotated[int, Field(ge=1, le=9)] = 1
    """Of topics that are made here: on how many brokers each record lies. 3 where there are three brokers."""
    retention_hours: Annotated[int, Field(ge=1)] = 168
    """Of topics that are made here. Plates of people: no longer than the transits themselves are kept."""
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """SSL encrypts; SASL asks for a login. Outside one machine or a closed network: SASL_SSL."""
    ca_file: str | None = None
    """PEM certificates that the broker's must be signed by; none means those of the system."""
    certificate_file: str | None = None
    """PEM certificate we show to a broker that asks for one."""
    key_file: str | None = None
    """PEM key of that certificate."""
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    """How the login is proved; PLAIN shows the password to the broker, the others do not."""
    username: str | None = None
    """For SASL."""
    password: SecretStr | None = None
    """For SASL; from the environment, not from a repository."""

    @field_validator("bootstrap")
    @classmethod
    def _are_servers(cls, value: str | None) -> str | None:
        for server in value.split(",") if value else ():
            if not _SERVER.fullmatch(server.strip()):
                raise ValueError("expected HOST:PORT, or several parted by commas; a login has keys of its own")
        return value

    @model_validator(mode="after")
    def _sasl_needs_a_login(self) -> "KafkaSettings":
        if self.security_protocol.startswith("SASL") and not (self.username and self.password):
            raise ValueError(f"{self.security_protocol} needs a username and a password")
        if self.key_file and not self.certificate_file:
            raise ValueError("key_file needs a certificate_file")
        return self


class IngestSettings(Section):
    """How records become rows."""

    batch_size: Annotated[int, Field(ge=1, le=10_000)] = 4_000
    """Records stored in one transaction at most; of images, 500 at most."""
    batch_wait_s: Annotated[float, Field(gt=0, le=60)] = 0.2
    """How long a batch waits to fill."""
    park_after: Annotated[int, Field(ge=1)] = 100
    """A reader of which more messages than this are refused within an hour is parked: the status page shows it in red,
    and an alert tells of it. What it sends in order is stored as before."""
    dead_letters_per_reader: Annotated[int, Field(ge=0, le=1_000_000)] = 1_000
    """Refused messages of one reader that are kept in a day, for somebody to look at; what is beyond is counted. All
    readers together may use ten times as much."""
    dead_letter_mb_per_reader: Annotated[int, Field(ge=0, le=100_000)] = 10
    """Megabytes of the same."""
    retro_per_entry: Annotated[int, Field(ge=1, le=1000)] = 5
    """Sightings at most for the past of one new entry: its newest passages, which are one alarm."""
    retro_per_change: Annotated[int, Field(ge=0, le=10_000)] = 200
    """Sightings at most for the past of all entries that one import brings; the rest is counted (anpr watchlist
    retro)."""
    unsigned: Literal["allow", "refuse"] = "allow"
    """Of messages over the broker without a signature. allow: stored and shown as unsigned; those in the name of a
    reader with an enrolled key are refused in any case. refuse: all are; for when every reader has its key."""
    clock_tolerance_s: Annotated[float, Field(gt=0, le=3600)] = 5.0
    """A reader whose clock is off by more at three heartbeats in a row has the wrong time; judged with Kafka only."""


class AlarmSettings(Section):
    """What belongs to one alarm: a vehicle that lists of one organisation name, while somebody has to do with it."""

    join_after_close_minutes: Annotated[int, Field(ge=0, le=1440)] = 10
    """So long after an alarm was closed as stopped, false read or out of date, further passages for the same entry join
    it without a new alarm. 0: each raises one. After any other outcome each raises one."""
    false_read_least: Annotated[int, Field(ge=1, le=100_000)] = 20
    """A list or camera of which too many alarms are false reads is warned of only when people closed at least so many
    of its alarms, in 30 days."""
    false_read_above: Annotated[float, Field(gt=0, lt=1)] = 0.3
    """Too many is a share above this, 0 to 1, of which 95 % certainty is asked: the lower bound of its Wilson interval
    counts."""

    @property
    def join_after_close(self) -> timedelta:
        """The same as a span of time."""
        return timedelta(minutes=self.join_after_close_minutes)


class ImageSettings(Section):
    """Where the centre keeps the images of transits. S3 keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in
    the environment, from credentials_file, or from the machine's role; they are no settings."""

    url: Annotated[str, Field(min_length=1)] | None = None
    """A folder, or s3://bucket/prefix, which needs the extra s3. When empty, the folder images in data_dir."""
    endpoint: str | None = None
    """https://host:port of an S3-compatible server; when empty, Amazon's in `region`."""
    region: str = "eu-south-1"
    """For S3."""
    credentials_file: str | None = None
    """File with aws_access_key_id and aws_secret_access_key in section [default]."""
    ca_file: str | None = None
    """PEM certificates that the server's may be signed by, besides those of the system."""
    conditional: bool = True
    """The server knows If-None-Match: of two writers at once the first one's stays. Off for one that refuses it."""

    @field_validator("endpoint")
    @classmethod
    def _is_a_server(cls, value: str | None) -> str | None:
        if value is not None:
            parts = check_address(value, ("http", "https"))
            if "@" in parts.netloc or parts.path or parts.query or parts.fragment:
                raise ValueError("expected https://HOST:PORT; keys belong into the environment or credentials_file")
        return value

    @field_validator("url")
    @classmethod
    def _known_kind(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "")
        if parts.scheme not in ("", "file", "s3"):
            raise ValueError("expected a folder or s3://bucket/prefix")
        if parts.scheme == "s3" and (not parts.netloc or "@" in parts.netloc or ":" in parts.netloc or parts.query):
            raise ValueError("expected s3://bucket/prefix; keys belong into the environment or credentials_file")
        return value


class ConsoleSettings(Section):
    """The web pages."""

    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 for all."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """0 takes a free one."""
    language: Literal["it", "en"] = "it"
    """Of the pages, until the user switches."""
    session_hours: Annotated[float, Field(gt=0, le=24)] = 8.0
    """A session ends after this, unless somebody uses the console or has the alarm board on screen."""
    session_max_hours: Annotated[float, Field(gt=0, le=72)] = 12.0
    """A session ends after this in any case, and the password is asked for again; never before session_hours. 12 is a
    shift and its overtime."""
    idle_minutes: Annotated[float, Field(ge=5, le=1440)] = 30.0
    """A session in which nobody did anything for so long ends. The alarm board on screen counts as use."""
    second_factor: tuple[Role, ...] = ()
    """Roles whose users must have a second factor: they are led to enrol one before they can open anything else. Others
    may have one."""
    oidc: OidcSettings | None = None
    """Login through an OpenID provider, beside local users. None: local users only."""
    secure_cookies: bool = False
    """Treat every request as HTTPS, where a proxy in front of the console does not say so. Not needed with
    certificate_file, nor behind one of trusted_proxies that sends X-Forwarded-Proto."""
    certificate_file: str | None = None
    """PEM certificate (and those between it and the authority); with it the console speaks HTTPS only."""
    key_file: str | None = None
    """PEM key of that certificate."""
    names: tuple[ServerName, ...] = ()
    """Names by which browsers reach the console, without a port: console.comune.example.it. A request for another name
    is refused. When empty and listening on loopback without a trusted proxy: localhost and the loopback addresses."""
    trusted_proxies: tuple[NetworkText, ...] = ()
    """Addresses or networks of proxies (10.0.0.5, fd00::/64) whose X-Forwarded-For and X-Forwarded-Proto are believed.
    When empty, nobody's."""
    insecure: bool = False
    """Serve other machines without HTTPS and without a trusted proxy: passwords and plates then cross the network in
    clear."""
    max_connections: Annotated[int, Field(ge=10, le=100_000)] = 1000
    """Open connections at once; more are closed at once and counted."""
    max_connections_per_address: Annotated[int, Field(ge=5, le=100_000)] = 200
    """The same of one address (of IPv6: of one /64 network). Trusted proxies are not limited."""
    search_timeout_s: Annotated[float, Field(gt=0, le=300)] = 10.0
    """A search that takes longer is broken off, and its user is told; of `anpr search` too."""
    search_reasons: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = (
        "Furto o rapina",
        "Altro reato contro il patrimonio",
        "Reato contro la persona",
        "Persona scomparsa",
        "Sinistro con fuga",
        "Polizia stradale",
        "Delega dell'autorità giudiziaria",
        "Altro",
    )
    """Kinds of reasons, one of which each search of the console names beside its text; shown as they are written here.
    Empty: no kind is asked for."""
    search_hours: Annotated[float, Field(gt=0, le=10_000)] = 168.0
    """A search without a plate looks at so many hours at most, all its windows together. 168 is a week; Tuesdays from
    two to four over a month are eight."""
    source_url: Annotated[str, Field(pattern=r"^https?://[^\s/]+\S*$")] | None = None
    """Where the source code of the running version can be had, for the link at the foot of every page (AGPL-3.0, § 13);
    `{version}` in it becomes the version. Without one the pages tell users to ask whoever runs the system."""
    accessibility_url: Annotated[str, Field(pattern=r"^https?://[^\s/]+\S*$")] | None = None
    """The published accessibility statement of the body that runs the console, for a link at the foot of every page."""
    evidence_days: Annotated[int, Field(ge=1, le=90)] = 7
    """A package of evidence that the console made is kept for so long, where images are; then it is made again."""
    evidence_max_mb: Annotated[int, Field(ge=10, le=1_000_000)] = 8000
    """All of them together, in MB; a new one is refused beyond."""
    map: MapSettings = MapSettings()

    @model_validator(mode="after")
    def _certificate_and_key(self) -> "ConsoleSettings":
        if (self.certificate_file is None) != (self.key_file is None):
            raise ValueError("certificate_file and key_file belong together")
        return self

    @model_validator(mode="after")
    def _provider_needs_names(self) -> "ConsoleSettings":
        if self.oidc and not self.names and (self.trusted_proxies or not is_loopback(self.host)):
            raise ValueError(_NAMES_NEEDED)
        return self

    def refuse_exposed(self, host: str) -> None:
        """Listening on `host` must not send passwords in clear over a network, and the address that a provider is told
        must be ours. Raises SettingsError."""
        if self.oidc and not self.names and not is_loopback(host):
            raise SettingsError(f"console.names: {_NAMES_NEEDED}")
        if self.certificate_file or self.trusted_proxies or self.insecure or is_loopback(host):
            return
        raise SettingsError(
            f"console.host: {host} is reached by other machines, and the console has no HTTPS: set"
            " console.certificate_file and console.key_file, or console.trusted_proxies for a proxy with HTTPS in front"
            " of it (docs/hardening.md); or console.insecure: true in a closed network"
        )


class UnusualSettings(Section):
    """Hints at unusual use of searches, which the audit's page shows to auditor and DPO. They are counted from the
    audit when somebody looks, and kept nowhere. Tell the people who search that this is done."""

    shown: bool = True
    """Off: the page has no hints."""
    days: Annotated[int, Field(ge=1, le=366)] = 30
    """Days that are looked at."""
    usual_days: Annotated[int, Field(ge=7, le=366)] = 90
    """Days before them that say what is usual for a person."""
    busy_least: Annotated[int, Field(ge=2, le=100000)] = 30
    """A day with fewer searches is never told as busy."""
    busy_factor: Annotated[float, Field(gt=1, le=1000)] = 3.0
    """So many times the person's usual day (the median) is told."""
    night_from_h: Annotated[int, Field(ge=0, le=23)] = 23
    """The local hour from which on it is night."""
    night_to_h: Annotated[int, Field(ge=0, le=23)] = 6
    """The hour at which the night is over."""
    night_least: Annotated[int, Field(ge=1, le=100000)] = 5
    """So many searches at night are told, of somebody who has hardly ever searched at night."""
    same_plate_days: Annotated[int, Field(ge=2, le=366)] = 5
    """One plate searched by one person on so many days without a case is told."""
    without_case_least: Annotated[int, Field(ge=2, le=100000)] = 20
    """So many searches without a case are told, of somebody who hardly ever gives one where the others mostly do."""


class AuditSettings(Section):
    """Where the audit's signed heads are kept outside the database, to find later what somebody changed in it."""

    head_file: Annotated[str, Field(min_length=1)] | None = None
    """File to which ingest adds the newest row's number and hash; best on another machine. From 4 MB on, of older
    days the last line stays alone. None: `audit-heads.jsonl` in data_dir."""
    key_file: Annotated[str, Field(min_length=1)] | None = None
    """File with the key that signs them, made when it is missing. None: `audit-key` in data_dir. Keep a copy."""
    head_every_s: Annotated[float, Field(ge=10, le=86400)] = 60.0
    """Seconds between two looks; a line is added only when rows came."""
    mail_to: tuple[MailAddress, ...] = ()
    """Addresses outside the system (DPO, auditor) to which ingest mails the newest row's number and hash, so that not
    even who owns this machine rewrites the past unseen. Needs the section mail."""
    mail_every_h: Annotated[float, Field(ge=1, le=744)] = 24.0
    """Hours between two mails."""
    unusual: UnusualSettings = UnusualSettings()
    prune_after_days: Annotated[int, Field(ge=183, le=36500)] | None = None
    """Rows of the audit that are older are exported, signed and deleted, by whole months; a signed row of the audit
    proves which. None: none is ever deleted, with the plates that people searched for. The controller decides it: 1825
    (five years) suits most; 183 days are the least (Garante, 27 November 2008). Rows of a running hold, its case and
    an open request stay, with all rows after them."""
    archive_dir: Annotated[str, Field(min_length=1)] | None = None
    """Folder of the exports of what was pruned, best on another machine; ingest writes it. None: `audit-archive` in
    data_dir."""


class PurposeSettings(Section):
    """A purpose for which gates read plates, as far as keeping is concerned."""

    id: Identifier
    """Unique; gates name it in retention_purpose."""
    name: Annotated[str, Field(min_length=1)]
    """As pages and reports show it."""
    keep: Keep
    """all: every transit. hits: only transits that match an entry of a watchlist; the others are counted and never
    stored, and their images are dropped (Garante 752/2025, for gates that check insurance and inspection)."""
    days: Annotated[int, Field(ge=1, le=3650)] | None = None
    """Days that transits at its gates are kept, with their images. None: retention.transit_days. What was stored before
    its gate named this purpose keeps the days that it had."""


class CompletenessSettings(Section):
    """The report of each morning that accounts for every transit of the day before (docs/forwarding.md)."""

    at: TimeOfDay = time(6, 0)
    """When the forwarder makes it, in time_zone."""
    mail_to: tuple[MailAddress, ...] = ()
    """Addresses to which the verdict and the sums are mailed. Needs the section mail."""


class RetentionSettings(Section):
    """Days that data is kept. 7 is the law's limit for municipal urban security (D.L. 11/2009 art. 6(8))."""

    transit_days: Annotated[int, Field(ge=1, le=3650)] = 7
    """Transits and their images, unless their gate's purpose has days of its own. What mixes purposes (refused
    messages, outboxes, topics) follows the shortest of all these days."""
    alarm_days: Annotated[int, Field(ge=1, le=3650)] = 7
    """Closed alarms, counted from the transit's capture."""
    open_alarm_grace_days: Annotated[int, Field(ge=0, le=3650)] = 7
    """So many days longer, an alarm that nobody has closed is kept with its transit and images. Then retention closes
    it in its own name, with a row in the audit, and it goes."""
    alarm_count_days: Annotated[int, Field(ge=1, le=3650)] = 1826
    """How many alarms were erased, by day and by kind, gate, outcome or wait, each by itself: numbers without plates,
    for statistics that reach back further than alarms."""
    ledger_days: Annotated[int, Field(ge=1, le=3650)] = 90
    """What was forwarded when, and when cameras and readers were not looking: rows without plates."""
    audit_days: Annotated[int, Field(ge=30, le=36500)] = 1825
    """Days that the runs of forwarding are kept, as they explain rows of the audit. The audit itself goes by
    audit.prune_after_days."""
    purposes: tuple[PurposeSettings, ...] = ()
    """Purposes that gates may name."""

    @model_validator(mode="after")
    def _audit_outlives_data(self) -> "RetentionSettings":
        if self.audit_days < self.transit_days:
            raise ValueError("audit_days must not be less than transit_days")
        return self

    @property
    def days_by_purpose(self) -> dict[str, int]:
        """Days that transits are kept, by the purpose's id; of gates without a purpose they are transit_days."""
        return {purpose.id: purpose.days or self.transit_days for purpose in self.purposes}

    def days_of(self, purpose: str | None) -> int:
        """Days that transits are kept of gates with this purpose (None: with none); of one that is not known any more
        they are transit_days."""
        return self.days_by_purpose.get(purpose or "", self.transit_days)

    @property
    def shortest_days(self) -> int:
        """The fewest days that any transit is kept."""
        return min([self.transit_days, *self.days_by_purpose.values()])

    @property
    def longest_days(self) -> int:
        """The most days that any transit is kept."""
        return max([self.transit_days, *self.days_by_purpose.values()])

    @property
    def shortest_key(self) -> str:
        """The setting that says `shortest_days`, as it is written in messages."""
        for number, purpose in enumerate(self.purposes):
            if purpose.days is not None and purpose.days == self.shortest_days < self.transit_days:
                return f"retention.purposes.{number}.days (purpose {purpose.id})"
        return "retention.transit_days"
