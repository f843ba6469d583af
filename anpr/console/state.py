"""What every page needs, wired once by the app."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from anpr.console.auth.login_throttle import Throttle
from anpr.console.auth.sessions import Sessions
from anpr.console.auth.view_audit import Consultations
from anpr.console.live_alarms import LiveAlarms
from anpr.console.rendering.templating import Pages
from anpr.console.rendering.thumbnails import Thumbnails
from anpr.runtime.clock import Clock
from anpr.settings import Settings
from anpr.store.alarms.views import StoredAlarms
from anpr.store.database.connection import Database
from anpr.store.images.image_store import ImageStore


@dataclass(frozen=True, kw_only=True, slots=True)
class Console:
    """The parts of one console process."""

    settings: Settings
    database: Database
    images: ImageStore
    clock: Clock
    sessions: Sessions
    throttle: Throttle
    alarms: StoredAlarms
    pages: Pages
    live: LiveAlarms
    consultations: Consultations
    thumbnails: Thumbnails


def console_of(request: Request) -> Console:
    """The console that serves this request."""
    console: Console = request.app.state.console
    return console


ConsoleDep = Annotated[Console, Depends(console_of)]
