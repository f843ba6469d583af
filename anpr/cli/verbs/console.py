# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr console`: the operations room's web pages."""

import click

from anpr.cli.common.database import open_database
from anpr.cli.common.settings_note import note_settings_of
from anpr.cli.main import loaded_settings
from anpr.console.app import create_app
from anpr.console.server import check_certificate, listen, serve
from anpr.domain.errors import SettingsError
from anpr.runtime.clock import SystemClock
from anpr.runtime.probes import Readiness, probes
from anpr.store.database.connection import Database
from anpr.store.database.scope import ITSELF
from anpr.store.embedded.roles import CentreRole
from anpr.store.images.files import open_shelf
from anpr.store.images.image_store import ImageStore
from anpr.store.organisations.protection import unprotected_tables
from anpr.store.organisations.rights import is_shared


@click.command(name="console")
@click.option("--host", help="Address to listen on, instead of console.host.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port, instead of console.port; 0 takes a free one.")
@click.pass_context
def command(ctx: click.Context, host: str | None, port: int | None) -> None:
    """Serve the operations room's web pages until SIGINT or SIGTERM."""
    settings = loaded_settings(ctx).settings
    wanted_host, wanted_port = host or settings.console.host, settings.console.port if port is None else port
    settings.console.refuse_exposed(wanted_host)
    check_certificate(settings.console)
    settings = settings.model_copy(update={"console": settings.console.model_copy(update={"host": wanted_host})})
    readiness = Readiness(starting="the database is not open yet")
    with (
        probes(settings.metrics_port, readiness, settings.metrics_host),
        listen(wanted_host, wanted_port, settings.console) as listening,
        open_database(settings, "anpr console", CentreRole.CONSOLE) as database,
    ):
        _refuse_unprotected(database)
        note_settings_of(settings, database.limited_to(ITSELF), "console", SystemClock())
        app = create_app(settings, database, ImageStore(open_shelf(settings)), SystemClock())
        readiness.add("database", database.ping)
        readiness.add("live alarms", lambda: None if app.state.console.live.is_up else "not connected")
        readiness.started()
        serve(app, listening, settings.console, on_start=lambda address: click.echo(f"console: {address}"))


def _refuse_unprotected(database: Database) -> None:
    """Between organisations the database decides what is seen, and a role that owns the tables sees everything."""
    with database.limited_to(ITSELF).transaction() as conn:
        unprotected = unprotected_tables(conn) if is_shared(conn) else []
    if unprotected:
        raise SettingsError(
            f"database.url: its role sees {unprotected[0]} of every organisation; connect as one that is in"
            " anpr_console (config/postgres/roles.sql, run again after each migration)"
        )
