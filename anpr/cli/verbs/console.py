# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr console`: the operations room's web pages."""

import click

from anpr.cli.common.database import open_database
from anpr.cli.main import loaded_settings
from anpr.console.app import create_app
from anpr.console.server import check_certificate, listen, serve
from anpr.runtime.clock import SystemClock
from anpr.runtime.probes import Readiness, probes
from anpr.store.embedded.roles import CentreRole
from anpr.store.images.files import open_shelf
from anpr.store.images.image_store import ImageStore


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
        app = create_app(settings, database, ImageStore(open_shelf(settings)), SystemClock())
        readiness.add("database", database.ping)
        readiness.add("live alarms", lambda: None if app.state.console.live.is_up else "not connected")
        readiness.started()
        serve(app, listening, settings.console, on_start=lambda address: click.echo(f"console: {address}"))
