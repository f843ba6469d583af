"""`anpr ingest`: the centre's writer."""

import json
import signal
import threading
from dataclasses import asdict
from types import FrameType

import click

from anpr.cli.database import open_database
from anpr.cli.duration import DURATION
from anpr.cli.main import loaded_settings
from anpr.clock import SystemClock
from anpr.ingest.away import watched_readers
from anpr.ingest.run import run_ingest
from anpr.store.images import ImageStore
from anpr.store.upkeep import kept_up


@click.command(name="ingest")
@click.option("--for", "seconds", type=DURATION, help="End by itself after this long (60s, 5m, 1h).")
@click.option("--json", "as_json", is_flag=True, help="The last line of standard output is one JSON object.")
@click.pass_context
def command(ctx: click.Context, seconds: float | None, as_json: bool) -> None:
    """Store transits, match watchlists, raise alarms, until SIGINT or SIGTERM.

    Reads the broker that kafka.bootstrap names, or, without one, the outbox of the reader on this machine.
    """
    settings = loaded_settings(ctx).settings
    clock, stop = SystemClock(), _stop_on_signals()
    began = clock.monotonic()
    images = ImageStore(settings.images_dir)
    with (
        open_database(settings, "anpr ingest") as database,
        kept_up(database, images, settings.retention, clock),
        watched_readers(database, clock),
    ):
        summary = run_ingest(settings, database, clock, stop, seconds)
    values = asdict(summary) | {"seconds": round(clock.monotonic() - began, 1)}
    click.echo("  ".join(f"{name} {value}" for name, value in values.items()), err=True)
    if as_json:
        click.echo(json.dumps(values))


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGINT, ask)
    signal.signal(signal.SIGTERM, ask)
    return stop
