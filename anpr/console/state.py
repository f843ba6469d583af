# SPDX-License-Identifier: AGPL-3.0-or-later
"""Dependencies of every page, wired once by the application."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Request

from anpr.console.alarm_calls import AlarmCalls
from anpr.console.auth.login_throttle import LoginThrottle
from anpr.console.auth.password_checks import PasswordChecks
from anpr.console.auth.pending_login import PendingLogins
from anpr.console.auth.second_factor import SecondFactor
from anpr.console.auth.sessions import Sessions
from anpr.console.auth.shown_writer import ShownWriter
from anpr.console.auth.view_audit import ViewAudit
from anpr.console.ending_tally import EndingTally
from anpr.console.evidence_jobs import EvidenceJobs
from anpr.console.live_alarms import LiveAlarms
from anpr.console.oidc.pending import ProviderLogins
from anpr.console.oidc.provider import OpenIdProvider
from anpr.console.page import Page
from anpr.console.rendering.templates import Templates
from anpr.console.rendering.thumbnails import Thumbnails
from anpr.console.search_seats import SearchSeats
from anpr.paper.apart import PdfPress
from anpr.runtime.clock import Clock
from anpr.settings import Settings
from anpr.store.alarms.views import StoredAlarms
from anpr.store.database.connection import Database
from anpr.store.database.scope import Scope
from anpr.store.images.image_store import ImageStore
from anpr.store.users.accounts import User


@dataclass(frozen=True, kw_only=True, slots=True)
class Console:
    """The parts of one console process."""

    settings: Settings
    database: Database
    search_database: Database
    """The same database with connections of its own: searches wait for one another only."""
    search_seats: SearchSeats
    images: ImageStore
    clock: Clock
    scope: Scope
    """For which organisation it acts: that of the visitor whose request it answers."""
    sessions: Sessions
    password_checks: PasswordChecks
    pending_logins: PendingLogins
    second_factor: SecondFactor
    throttle: LoginThrottle
    provider: OpenIdProvider | None
    """None: local users only."""
    provider_logins: ProviderLogins
    alarms: StoredAlarms
    templates: Templates
    pages: Sequence[Page]
    """All pages, in the order of the menu."""
    live: LiveAlarms
    alarm_calls: AlarmCalls
    view_audit: ViewAudit
    shown_writer: ShownWriter
    thumbnails: Thumbnails
    ending_tally: EndingTally
    pdf_press: PdfPress
    evidence: EvidenceJobs

    def provider_name(self, issuer: str | None) -> str | None:
        """What people call the provider with this issuer; None for no provider."""
        oidc = self.settings.console.oidc
        return oidc.name if oidc and oidc.issuer == issuer else issuer

    def acting_for(self, user: User) -> "Console":
        """The same console, whose database shows what is open to the user's organisation today."""
        scope = replace(scope_of(user.organisation_id, self.clock, self.settings), user=user.name)
        database = self.database.limited_to(scope)
        return replace(
            self,
            scope=scope,
            database=database,
            search_database=self.search_database.limited_to(scope),
            alarms=StoredAlarms(database.transaction),
        )


def scope_of(organisation_id: str, clock: Clock, settings: Settings) -> Scope:
    """What is open to this organisation today."""
    return Scope(organisation_id=organisation_id, day=clock.now().astimezone(settings.zone).date())


def console_itself(request: Request) -> Console:
    """The console that serves this request, acting on nobody's behalf: it sees accounts, and no transits."""
    console: Console = request.app.state.console
    return console


def console_of(request: Request) -> Console:
    """The console, acting for the organisation of the visitor whom an earlier dependency let in (the page's)."""
    console = console_itself(request)
    visitor = getattr(request.state, "visitor", None)
    return console if visitor is None else console.acting_for(visitor.user)


ItselfDep = Annotated[Console, Depends(console_itself)]
ConsoleDep = Annotated[Console, Depends(console_of)]
