# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr reader`: the edge process."""

import json
import threading
from dataclasses import asdict

import click

from anpr.cli.common.duration import DURATION
from anpr.cli.common.stopping import stop_on_signals
from anpr.cli.main import loaded_settings
from anpr.edge.publishing import open_outbox, publishing
from anpr.reader.run import ReaderSummary, run_reader
from anpr.runtime.clock import Clock, SystemClock
from anpr.runtime.probes import Readiness, probes


@click.command(name="reader")
@click.option("--for", "seconds", type=DURATION, help="Stop by itself after this time (60s, 5m, 1h).")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object on standard output.")
@click.pass_context
def command(ctx: click.Context, seconds: float | None, as_json: bool) -> None:
    """Turn the cameras of this machine's gates into transits.

    Transits wait in the outbox until the broker has them or, without a broker, until ingest on this machine does.
    Ends with Ctrl-C, after --for, or when every source was a file and all are read.
    """
    settings = loaded_settings(ctx).settings
    clock = SystemClock()
    stop = stop_on_signals()
    readiness = Readiness(starting="the models are loading")
    if seconds is not None:
        _stop_after(seconds, stop, clock)
    began = clock.monotonic()
    with (
        probes(settings.metrics_port, readiness),
        open_outbox(settings, clock) as outbox,
        publishing(settings, outbox, clock, stop),
    ):
        summary = run_reader(settings, outbox, clock, stop, readiness=readiness)
    _tell(summary, clock.monotonic() - began, as_json)


def _stop_after(seconds: float, stop: threading.Event, clock: Clock) -> None:
    def wait() -> None:
        clock.wait(stop, seconds)
        stop.set()

    threading.Thread(target=wait, name="stop-after", daemon=True).start()


def _tell(summary: ReaderSummary, seconds: float, as_json: bool) -> None:
    values = asdict(summary) | {"seconds": round(seconds, 1)}
    click.echo(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in values.items()), err=True)
    if as_json:
        click.echo(json.dumps(values))
