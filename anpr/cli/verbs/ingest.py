# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr ingest`: the centre's writer."""

import gc
import json
from dataclasses import asdict

import click

from anpr.cli.common.database import open_database
from anpr.cli.common.duration import DURATION
from anpr.cli.common.settings_note import note_settings_of
from anpr.cli.common.stopping import stop_on_signals
from anpr.cli.main import loaded_settings
from anpr.ingest.run import run_ingest
from anpr.runtime.clock import SystemClock
from anpr.runtime.probes import Readiness, probes
from anpr.store.embedded.roles import CentreRole

_OBJECTS_A_LOOK = 50_000
"""New objects until Python looks for cycles. A batch makes tens of thousands that hold none and soon go by themselves;
looked through after every 700, as by default, they cost a quarter of the time that decoding takes."""


@click.command(name="ingest")
@click.option("--for", "seconds", type=DURATION, help="End by itself after this long (60s, 5m, 1h).")
@click.option("--json", "as_json", is_flag=True, help="The last line of standard output is one JSON object.")
@click.pass_context
def command(ctx: click.Context, seconds: float | None, as_json: bool) -> None:
    """Store transits, match watchlists, raise alarms, until SIGINT or SIGTERM.

    Reads the broker that kafka.bootstrap names, or, without one, the outbox of the reader on this machine.
    """
    settings = loaded_settings(ctx).settings
    gc.set_threshold(_OBJECTS_A_LOOK)
    clock, stop = SystemClock(), stop_on_signals()
    began = clock.monotonic()
    readiness = Readiness(starting="the database is not open yet")
    with (
        probes(settings.metrics_port, readiness, settings.metrics_host),
        open_database(settings, "anpr ingest", CentreRole.INGEST) as database,
    ):
        note_settings_of(settings, database, "ingest", clock)
        summary = run_ingest(settings, database, clock, stop, seconds, readiness)
    values = asdict(summary) | {"seconds": round(clock.monotonic() - began, 1)}
    click.echo("  ".join(f"{name} {value}" for name, value in values.items()), err=True)
    if as_json:
        click.echo(json.dumps(values))
