# SPDX-License-Identifier: AGPL-3.0-or-later
"""Job: everything a run for one destination needs, checked before anything is sent."""

import threading
from dataclasses import dataclass
from datetime import date, timedelta

from anpr.domain.delivery import AgreementFault, agreement_fault
from anpr.domain.errors import ForwardError
from anpr.domain.gate import Gate
from anpr.domain.kept_from import KeptFrom
from anpr.domain.near_name import suggestion
from anpr.forward.profile.load import profile_of
from anpr.forward.profile.model import Profile
from anpr.forward.schedule import local_day
from anpr.runtime.clock import Clock
from anpr.settings import DestinationSettings, Settings
from anpr.store.database.connection import Database
from anpr.store.database.scope import Scope
from anpr.store.gates import list_gates
from anpr.store.images.image_store import ImageStore
from anpr.store.organisations.registry import organisation_names


@dataclass(frozen=True, kw_only=True)
class Centre:
    """What the jobs of all destinations share. `stop` ends a run after the batch under way."""

    settings: Settings
    database: Database
    images: ImageStore
    clock: Clock
    stop: threading.Event


@dataclass(frozen=True, kw_only=True, slots=True)
class Forced:
    """Why somebody has one run sent below stage `tested`, and who."""

    reason: str
    by: str


@dataclass(frozen=True, kw_only=True)
class Job:
    """One destination with its profile."""

    centre: Centre
    destination: DestinationSettings
    profile: Profile
    forced: Forced | None = None
    """Of a run by hand that is sent despite its profile's stage."""

    @property
    def id(self) -> str:
        """The destination's id."""
        return self.destination.id

    @property
    def clock(self) -> Clock:
        """The centre's clock."""
        return self.centre.clock

    @property
    def database(self) -> Database:
        """The database that holds transits and ledger, limited to what the destination's organisation may forward."""
        return self.centre.database.limited_to(Scope(organisation_id=self.destination.organisation, day=self.today))

    @property
    def today(self) -> date:
        """The site's calendar day."""
        return local_day(self.clock.now(), self.centre.settings.zone)

    @property
    def kept(self) -> KeptFrom:
        """What was captured before these moments is past retention, and never sent."""
        now, retention = self.clock.now(), self.centre.settings.retention
        purposes = {each: now - timedelta(days=days) for each, days in retention.days_by_purpose.items()}
        return KeptFrom(rest=now - timedelta(days=retention.transit_days), purposes=purposes)

    @property
    def profile_label(self) -> str:
        """The profile's name, revision and status, for reports."""
        return f"{self.profile.name} {self.profile.revision}, {self.profile.status}"

    def gates(self) -> dict[str, Gate]:
        """Gates by id: from the settings, and those missing there from the database. Raises StoreError."""
        with self.database.transaction() as conn:
            known = {gate.id: gate for gate in list_gates(conn)}
        return known | {gate.id: gate for gate in self.centre.settings.domain_gates()}


def prepare_job(centre: Centre, destination: DestinationSettings) -> Job:
    """The destination's job. Raises ForwardError (permanent) when its profile is wrong, or excludes its transport."""
    return Job(centre=centre, destination=destination, profile=profile_of(destination))


def check_protocol(job: Job) -> None:
    """Raises ForwardError (permanent) unless the agreement is recorded and holds today: sending without is unlawful.

    And for a destination of an organisation that is not there: nothing is anybody's to send. Raises StoreError.
    """
    where = f"forwarding.{job.id}"
    with job.database.transaction() as conn:
        known = organisation_names(conn)
    if job.destination.organisation not in known:
        hint = suggestion(job.destination.organisation, known)
        text = f"{where}.organisation: no organisation has the id {job.destination.organisation!r}{hint}"
        raise ForwardError(text, permanent=True)
    fault = agreement_fault(job.destination.protocol, job.destination.protocol_until, job.today)
    if fault is AgreementFault.MISSING:
        raise ForwardError(f"{where}.protocol: no agreement is recorded, so nothing is forwarded", permanent=True)
    if fault is AgreementFault.ENDED:
        ended = job.destination.protocol_until.isoformat()
        raise ForwardError(f"{where}.protocol_until: the agreement ended on {ended}: nothing is sent", permanent=True)
