"""The console as one application: parts wired, routes and error pages added."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import Depends, FastAPI
from starlette.staticfiles import StaticFiles

from anpr.clock import Clock
from anpr.console import alarms, audit, health, latest, login, pictures, search, status, stream, transit, watchlists
from anpr.console.access import check_form
from anpr.console.alarm_views import StoredAlarms
from anpr.console.consultations import Consultations
from anpr.console.errors import add_error_pages
from anpr.console.feed import AlarmFeed
from anpr.console.footer import footer_of
from anpr.console.headers import Headers
from anpr.console.language import load_catalogues
from anpr.console.secret import load_secret
from anpr.console.sessions import Sessions
from anpr.console.state import Console
from anpr.console.templating import Pages
from anpr.console.throttle import Throttle
from anpr.console.thumbnails import Thumbnails
from anpr.settings import Settings
from anpr.store.database import Database
from anpr.store.images import ImageStore

_STATIC = Path(__file__).resolve().parent / "static"
_PARTS = (health, login, stream, alarms, latest, transit, pictures, search, watchlists, status, audit)


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
