"""The console as one application: parts wired, routes and error pages added."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import Depends, FastAPI
from starlette.staticfiles import StaticFiles

from anpr.console.access import check_form
from anpr.console.auth.login_throttle import Throttle
from anpr.console.auth.secret_key import load_secret
from anpr.console.auth.sessions import Sessions
from anpr.console.auth.view_audit import Consultations
from anpr.console.error_pages import add_error_pages
from anpr.console.headers import Headers
from anpr.console.live.alarm_views import StoredAlarms
from anpr.console.live.feed import AlarmFeed
from anpr.console.pages import (
    alarm_stream,
    alarms,
    audit,
    images,
    login,
    probes,
    recent_transits,
    search,
    status,
    transit,
    watchlists,
)
from anpr.console.rendering.footer import footer_of
from anpr.console.rendering.templating import Pages
from anpr.console.rendering.thumbnails import Thumbnails
from anpr.console.rendering.translations import load_catalogues
from anpr.console.state import Console
from anpr.runtime.clock import Clock
from anpr.settings import Settings
from anpr.store.database.connection import Database
from anpr.store.images.image_store import ImageStore

_STATIC = Path(__file__).resolve().parent / "static"
_PARTS = (probes, login, alarm_stream, alarms, recent_transits, transit, images, search, watchlists, status, audit)


def create_app(settings: Settings, database: Database, images: ImageStore, clock: Clock) -> FastAPI:
    """The application; `database` is open. Live alarms start and stop with the server.

    Raises SettingsError when the signing key in data_dir cannot be read or made.
    """
    console = build_console(settings, database, images, clock)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        console.feed.start()
        try:
            yield
        finally:
            console.feed.close()

    app = FastAPI(
        title="anpr console",
        openapi_url=None,  # neither a description nor its pages, which would load scripts from elsewhere
        lifespan=lifespan,
        dependencies=[Depends(check_form)],
    )
    app.state.console = console
    app.add_middleware(Headers)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    for part in _PARTS:
        app.include_router(part.router)
    add_error_pages(app)
    return app


def build_console(settings: Settings, database: Database, images: ImageStore, clock: Clock) -> Console:
    """The parts, not started yet."""
    stored = StoredAlarms(database.transaction)
    return Console(
        settings=settings,
        database=database,
        images=images,
        clock=clock,
        sessions=Sessions(load_secret(settings.data_dir), settings.console.session_hours, clock),
        throttle=Throttle(clock),
        pages=Pages(load_catalogues(), settings.zone, settings.municipality, footer_of(settings.console)),
        alarms=stored,
        feed=AlarmFeed(database, stored, clock),
        consultations=Consultations(clock),
        thumbnails=Thumbnails(clock),
    )
