# SPDX-License-Identifier: AGPL-3.0-or-later
"""The whole configuration as one value."""

from collections import Counter
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from anpr.domain.gate import Gate, Keep
from anpr.domain.near_name import suggestion
from anpr.settings.base import TimeZoneName
from anpr.settings.centre import (
    AlarmSettings,
    AuditSettings,
    CompletenessSettings,
    ConsoleSettings,
    DatabaseSettings,
    ImageSettings,
    IngestSettings,
    KafkaSettings,
    RetentionSettings,
)
from anpr.settings.edge import GatePlanSettings, GateSettings, ReaderSettings
from anpr.settings.evidence import EvidenceSettings
from anpr.settings.forwarding import DestinationSettings
from anpr.settings.forwarding.alarm_destination import AlarmDestinationSettings
from anpr.settings.mail import MailSettings
from anpr.settings.notify import NotifySettings
from anpr.settings.patrol import PatrolSettings
from anpr.settings.watchlists import WatchlistSettings


class Settings(BaseSettings):
    """Everything a site can set. Environment: ANPR_ and the key, sections joined by two underscores."""

    model_config = SettingsConfigDict(
        env_prefix="ANPR_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        validate_default=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    municipality: str = "Comune di esempio"
    """Shown on every page and in reports."""
    time_zone: TimeZoneName = "Europe/Rome"
    """IANA name; for schedules, screens and files. Storage is always UTC."""
    data_dir: Path = Path("var")
    """Where this machine keeps its outbox, images and embedded database."""
    metrics_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """/metrics for Prometheus, /healthz and /readyz on this port of each process; none when empty. `anpr up` gives it
    to the reader, and the next ones to ingest, console, forward and notify."""
    metrics_host: str = "127.0.0.1"
    """Address that metrics_port is on; that of a network where only Prometheus is, or 0.0.0.0 in a container."""
    gates: tuple[GateSettings, ...] = ()
    gate_plan: GatePlanSettings = GatePlanSettings()
    reader: ReaderSettings = ReaderSettings()
    kafka: KafkaSettings = KafkaSettings()
    database: DatabaseSettings = DatabaseSettings()
    ingest: IngestSettings = IngestSettings()
    alarms: AlarmSettings = AlarmSettings()
    images: ImageSettings = ImageSettings()
    console: ConsoleSettings = ConsoleSettings()
    forwarding: tuple[DestinationSettings, ...] = ()
    alarm_forwarding: tuple[AlarmDestinationSettings, ...] = ()
    watchlists: WatchlistSettings = WatchlistSettings()
    retention: RetentionSettings = RetentionSettings()
    audit: AuditSettings = AuditSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    completeness: CompletenessSettings = CompletenessSettings()
    mail: MailSettings = MailSettings()
    notify: NotifySettings = NotifySettings()
    patrol: PatrolSettings = PatrolSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  the signature is pydantic's; load.py merges the sources
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)

    @model_validator(mode="after")
    def _names_are_unique(self) -> "Settings":
        cameras = [camera.id for gate in self.gates for camera in gate.cameras]
        for what, ids in (
            ("gates", [gate.id for gate in self.gates]),
            ("cameras", cameras),
            ("forwarding", [each.id for each in self.forwarding] + [each.id for each in self.alarm_forwarding]),
            ("retention.purposes", [purpose.id for purpose in self.retention.purposes]),
        ):
            twice = [name for name, times in Counter(ids).items() if times > 1]
            if twice:
                raise ValueError(f"{what}: id {twice[0]!r} is used twice")
        return self

    @model_validator(mode="after")
    def _gates_have_one_source(self) -> "Settings":
        if not self.gates_from_centre:
            return self
        if self.gates:
            raise ValueError(
                "gates: gate_plan.source is centre, so gates come from the centre; import these there with"
                " `anpr gate import FILE`, and leave them out here"
            )
        if self.reader.gates:
            raise ValueError(
                "reader.gates: gate_plan.source is centre, where each gate names its reader; leave it out here"
            )
        return self

    @model_validator(mode="after")
    def _reader_gates_exist(self) -> "Settings":
        known = {gate.id for gate in self.gates}
        for unknown in sorted(set(self.reader.gates) - known):
            raise ValueError(f"reader.gates: no gate has the id {unknown!r}{suggestion(unknown, known)}")
        return self

    @model_validator(mode="after")
    def _purposes_exist(self) -> "Settings":
        known = {purpose.id for purpose in self.retention.purposes}
        for number, gate in enumerate(self.gates):
            if gate.retention_purpose is not None and gate.retention_purpose not in known:
                near = suggestion(gate.retention_purpose, known)
                raise ValueError(
                    f"gates.{number}.retention_purpose: retention.purposes has no id {gate.retention_purpose!r}{near}"
                    f" (gate {gate.id})"
                )
        return self

    @model_validator(mode="after")
    def _heads_can_be_mailed(self) -> "Settings":
        if self.audit.mail_to and self.mail.host is None:
            raise ValueError("audit.mail_to: needs mail.host, the server that takes the mails")
        if self.completeness.mail_to and self.mail.host is None:
            raise ValueError("completeness.mail_to: needs mail.host, the server that takes the mails")
        return self

    @model_validator(mode="after")
    def _audit_outlives_purposes(self) -> "Settings":
        for number, purpose in enumerate(self.retention.purposes):
            if purpose.days is not None and purpose.days > self.retention.audit_days:
                raise ValueError(
                    f"retention.purposes.{number}.days: {purpose.days} is more than retention.audit_days,"
                    f" {self.retention.audit_days} (purpose {purpose.id})"
                )
        return self

    @model_validator(mode="after")
    def _topics_keep_no_longer(self) -> "Settings":
        if self.kafka.bootstrap and self.kafka.retention_hours > self.retention.shortest_days * 24:
            raise ValueError(
                f"kafka.retention_hours: {self.kafka.retention_hours} is longer than {self.retention.shortest_key},"
                f" {self.retention.shortest_days} days, lets plates be kept"
            )
        return self

    @model_validator(mode="after")
    def _outbox_keeps_no_longer(self) -> "Settings":
        for name in ("metadata_max_age_h", "images_max_age_h"):
            hours = getattr(self.reader.outbox, name)
            if hours is not None and hours > self.retention.shortest_days * 24:
                raise ValueError(
                    f"reader.outbox.{name}: {hours} is longer than {self.retention.shortest_key},"
                    f" {self.retention.shortest_days} days, lets plates be kept"
                )
        return self

    def domain_gates(self) -> list[Gate]:
        """The gates, each with what is kept of its transits."""
        keep = self.keep_by_purpose
        return [
            gate.to_domain(keep[gate.retention_purpose] if gate.retention_purpose else Keep.ALL) for gate in self.gates
        ]

    @property
    def gates_from_centre(self) -> bool:
        """Whether gates are those of the database, and not of this file."""
        return self.gate_plan.source == "centre"

    @property
    def keep_by_purpose(self) -> dict[str, Keep]:
        """What is kept under each of the purposes, by its id."""
        return {purpose.id: purpose.keep for purpose in self.retention.purposes}

    @property
    def gate_plans_dir(self) -> Path:
        """Where ingest leaves the plan of each reader, without a broker."""
        return self.data_dir / "gate-plans"

    @property
    def gate_plan_copy(self) -> Path:
        """The copy of its plan that this machine's reader goes on with."""
        return self.data_dir / "gate-plan"

    @property
    def secrets_dir(self) -> Path:
        """Where this machine's reader has logins of cameras, a file each."""
        return Path(self.reader.secrets_dir) if self.reader.secrets_dir else self.data_dir / "secrets"

    @property
    def zone(self) -> ZoneInfo:
        """For schedules and screens."""
        return ZoneInfo(self.time_zone)

    @property
    def outbox_path(self) -> Path:
        """Where the reader keeps what is not acknowledged yet."""
        return self.data_dir / "outbox.sqlite"

    @property
    def requests_dir(self) -> Path:
        """Where ingest leaves requests for the reader on this machine, without a broker."""
        return self.data_dir / "requests"

    @property
    def sight_dir(self) -> Path:
        """Where the reader keeps how sharp its cameras usually are."""
        return self.data_dir / "sight"

    @property
    def signing_key_path(self) -> Path:
        """The private key of this machine's reader."""
        return Path(self.reader.key_file) if self.reader.key_file else self.data_dir / "reader.key"

    @property
    def images_dir(self) -> Path:
        """Where the centre keeps images when images.url is empty."""
        return self.data_dir / "images"

    @property
    def audit_head_path(self) -> Path:
        """Where ingest keeps the audit's heads."""
        return Path(self.audit.head_file) if self.audit.head_file else self.data_dir / "audit-heads.jsonl"

    @property
    def audit_key_path(self) -> Path:
        """The key that signs them."""
        return Path(self.audit.key_file) if self.audit.key_file else self.data_dir / "audit-key"

    @property
    def evidence_dir(self) -> Path:
        """Packages of evidence that the console made."""
        return self.data_dir / "evidence"

    @property
    def audit_archive_dir(self) -> Path:
        """Where the exports of the audit's pruned rows are kept."""
        return Path(self.audit.archive_dir) if self.audit.archive_dir else self.data_dir / "audit-archive"

    @property
    def web_push_key_path(self) -> Path:
        """The notifier's key for push services."""
        return Path(self.notify.web_push.key_file) if self.notify.web_push.key_file else self.data_dir / "web-push-key"

    @property
    def embedded_database_dir(self) -> Path:
        """Where the embedded PostgreSQL lives when `database.url` is empty."""
        return self.data_dir / "postgres"
