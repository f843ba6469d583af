# SPDX-License-Identifier: AGPL-3.0-or-later
"""ASGI application of the console: lists the pages, wires their dependencies, adds routes and error pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Depends, FastAPI
from starlette.routing import BaseRoute
from starlette.staticfiles import StaticFiles

from anpr.console import probes
from anpr.console.access import allowed, check_form
from anpr.console.alarm_calls import AlarmCalls
from anpr.console.auth.factor_key import open_second_factor
from anpr.console.auth.login_throttle import LoginThrottle
from anpr.console.auth.password_checks import PasswordChecks
from anpr.console.auth.pending_login import PendingLogins
from anpr.console.auth.secret_key import load_secret
from anpr.console.auth.sessions import Sessions
from anpr.console.auth.shown_writer import ShownWriter
from anpr.console.auth.view_audit import ViewAudit
from anpr.console.compression import Compression
from anpr.console.ending_tally import EndingTally
from anpr.console.error_pages import add_error_pages
from anpr.console.evidence_jobs import TIDY_EVERY_S, EvidenceJobs
from anpr.console.headers import Headers
from anpr.console.live_alarms import LiveAlarms
from anpr.console.network.names import OwnNames
from anpr.console.network.proxies import FromProxies, TrustedProxies
from anpr.console.oidc.pending import ProviderLogins
from anpr.console.oidc.provider import OpenIdProvider
from anpr.console.page import Page
from anpr.console.pages import (
    account,
    alarms,
    archive,
    audit,
    completeness,
    documents,
    evidence_link,
    forwarding,
    gate_map,
    gates,
    handover,
    holds,
    investigations,
    login,
    notifications,
    organisations,
    patrol,
    received,
    requests,
    search,
    statistics,
    status,
    transits,
    users,
    vehicle,
    watchlists,
)
from anpr.console.rendering.footer import footer_of
from anpr.console.rendering.map_background import background_of
from anpr.console.rendering.templates import Templates
from anpr.console.rendering.thumbnails import Thumbnails
from anpr.console.rendering.translations import load_catalogues
from anpr.console.search_seats import CONNECTIONS, SearchSeats
from anpr.console.state import Console, scope_of
from anpr.domain.notification import Rule
from anpr.paper.apart import PdfPress
from anpr.runtime.background import every
from anpr.runtime.clock import Clock
from anpr.settings import Settings
from anpr.settings.base import is_loopback
from anpr.store.alarms.views import StoredAlarms
from anpr.store.database.connection import Database
from anpr.store.database.scope import ITSELF
from anpr.store.images.image_store import ImageStore
from anpr.store.notifications.rules import list_rules
from anpr.store.transits.kept_plans import keep_plans
from anpr.store.users.second_factors import secrets_in_use

_STATIC = Path(__file__).resolve().parent / "static"
PAGES: tuple[Page, ...] = (
    login.PAGE,
    evidence_link.PAGE,
    alarms.PAGE,
    patrol.PAGE,
    archive.PAGE,
    handover.PAGE,
    transits.PAGE,
    search.PAGE,
    vehicle.PAGE,
    investigations.PAGE,
    watchlists.PAGE,
    received.PAGE,
    audit.PAGE,
    status.PAGE,
    forwarding.PAGE,
    completeness.PAGE,
    statistics.PAGE,
    gate_map.PAGE,
    gates.PAGE,
    holds.PAGE,
    requests.PAGE,
    documents.PAGE,
    users.PAGE,
    notifications.PAGE,
    organisations.PAGE,
    account.PAGE,
)
"""All pages, in the order of the menu; a login leads to the first one that the role may open."""


def create_app(settings: Settings, database: Database, images: ImageStore, clock: Clock) -> FastAPI:
    """The application; `database` is open. Live alarms start and stop with the server.

    Raises SettingsError when a key in data_dir cannot be read or made, or is lost, or a secret of console.oidc or the
    archive of console.map cannot be read, and StoreError.
    """
    console = build_console(settings, database, images, clock)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        console.search_database.open()
        console.live.start()
        tidy = every(TIDY_EVERY_S, lambda: console.evidence.tidy(console.database), "evidence tidy", clock)
        try:
            with tidy:
                yield
        finally:
            console.evidence.close()
            console.live.close()
            console.shown_writer.close()
            console.search_database.close()
            console.password_checks.close()

    app = FastAPI(
        title="anpr console",
        redirect_slashes=False,  # it would answer with an address built from the Host header
        openapi_url=None,  # neither a description nor its pages, which would load scripts from elsewhere
        lifespan=lifespan,
    )
    app.state.console = console
    app.add_middleware(Compression)
    app.add_middleware(Headers, image_origin=settings.console.map.tiles_origin)
    _guard(app, settings)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    app.router.routes.extend(_routes())
    add_error_pages(app)
    return app


@cache  # they know nothing of a site, and FastAPI works out what each needs when it is first asked for: half a second
def _routes() -> tuple[BaseRoute, ...]:
    """The probes and all pages. Every form is checked, every page wants its permissions."""
    pages = APIRouter(dependencies=[Depends(check_form)])
    pages.include_router(probes.router)
    for page in PAGES:
        wanted = [Depends(allowed(*page.permissions))] if page.permissions else []
        pages.include_router(page.router, dependencies=wanted)
    everything = APIRouter()
    everything.include_router(pages)
    return tuple(everything.routes)


def _guard(app: FastAPI, settings: Settings) -> None:
    """Who asks, and for which name, is settled before anything else looks at a request."""
    console = settings.console
    is_local = is_loopback(console.host) and not console.trusted_proxies
    app.add_middleware(OwnNames, names=console.names, any_name=not is_local)
    proxies = TrustedProxies(console.trusted_proxies)
    app.add_middleware(FromProxies, proxies=proxies, always_https=console.secure_cookies)


def build_console(settings: Settings, database: Database, images: ImageStore, clock: Clock) -> Console:
    """The parts, not started yet. Raises SettingsError and StoreError."""
    database = database.limited_to(ITSELF)
    stored = StoredAlarms(database.transaction)

    def shown_to(organisation_id: str) -> StoredAlarms:
        return StoredAlarms(database.limited_to(scope_of(organisation_id, clock, settings)).transaction)

    def rules_of(organisation_id: str) -> tuple[Rule, ...]:
        with database.limited_to(scope_of(organisation_id, clock, settings)).transaction() as conn:
            return tuple(each.rule for each in list_rules(conn, organisation_id))

    with database.transaction() as conn:
        in_use = secrets_in_use(conn)
    secret = load_secret(settings.data_dir)
    background = background_of(settings.console.map)
    views = ViewAudit(clock)
    return Console(
        settings=settings,
        scope=ITSELF,
        database=database,
        search_database=database.another_pool(CONNECTIONS, "search", keep_plans),
        search_seats=SearchSeats(),
        images=images,
        clock=clock,
        sessions=_sessions(settings, secret, clock),
        password_checks=PasswordChecks(),
        pending_logins=PendingLogins(secret, clock),
        second_factor=open_second_factor(settings.data_dir, f"anpr {settings.municipality}", in_use),
        throttle=LoginThrottle(database, secret, clock),
        provider=OpenIdProvider(settings.console.oidc, clock) if settings.console.oidc else None,
        provider_logins=ProviderLogins(secret, clock),
        pages=PAGES,
        templates=Templates(
            load_catalogues(), settings.zone, settings.municipality, footer_of(settings.console), background
        ),
        alarms=stored,
        live=LiveAlarms(database, stored, shown_to, clock),
        alarm_calls=AlarmCalls(rules_of, settings.zone, clock),
        view_audit=views,
        shown_writer=ShownWriter(database, views),
        thumbnails=Thumbnails(clock),
        ending_tally=EndingTally(settings, clock),
        pdf_press=PdfPress(),
        evidence=EvidenceJobs(settings, images, clock),
    )


def _sessions(settings: Settings, secret: str, clock: Clock) -> Sessions:
    console = settings.console
    return Sessions(secret, console.session_hours, console.session_max_hours, clock)
