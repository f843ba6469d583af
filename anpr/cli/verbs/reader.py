# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr reader`: the edge process."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import click

from anpr.cli.common.counted import counted
from anpr.cli.common.duration import DURATION
from anpr.cli.common.stopping import stop_on_signals
from anpr.cli.main import loaded_settings
from anpr.edge.gate_plans import GatePlans
from anpr.edge.plan_sources import plan_source
from anpr.edge.publishing import open_outbox, publishing
from anpr.edge.view_requests import ViewPost, view_requests
from anpr.reader.run import ReaderSummary, run_reader
from anpr.runtime.clock import Clock, SystemClock
from anpr.runtime.probes import Readiness, probes
from anpr.settings import Settings


@click.command(name="reader")
@click.option("--for", "seconds", type=DURATION, help="Stop by itself after this time (60s, 5m, 1h).")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object on standard output.")
@click.pass_context
def command(ctx: click.Context, seconds: float | None, as_json: bool) -> None:
    """Turn the cameras of this machine's gates into transits.

    Where gate_plan.source is centre, the gates are those of the centre's plan, or of its copy on this machine's disk
    while the centre is away. Transits wait in the outbox until the broker has them or, without a broker, until ingest
    on this machine does.
    Ends with Ctrl-C, after --for, or when every source was a file and all are read. Exits with 1 where no camera gave a
    single frame.
    """
    settings = loaded_settings(ctx).settings
    clock = SystemClock()
    stop, time_is_up = stop_on_signals(), threading.Event()
    readiness = Readiness(starting="the models are loading")
    if seconds is not None:
        _stop_after(seconds, stop, time_is_up, clock)
    began = clock.monotonic()
    with (
        probes(settings.metrics_port, readiness, settings.metrics_host),
        open_outbox(settings, clock) as outbox,
        publishing(settings, outbox, clock, stop),
        view_requests(settings, clock) as requests,
        _plans(settings, clock) as plans,
    ):
        post = ViewPost(requests=requests, sink=outbox)
        summary = run_reader(settings, outbox, clock, stop, readiness=readiness, post=post, plans=plans)
    _tell(summary, clock.monotonic() - began, as_json)
    was_told_to_stop = stop.is_set() and not time_is_up.is_set()
    if summary.frames == 0 and summary.cameras and not was_told_to_stop:
        raise click.ClickException(
            f"no frame could be read ({counted(summary.cameras, 'camera')}); the log above says why"
        )


@contextmanager
def _plans(settings: Settings, clock: Clock) -> Iterator[GatePlans | None]:
    """The plan where gates come from the centre."""
    if not settings.gates_from_centre:
        yield None
        return
    with plan_source(settings, clock) as source:
        yield GatePlans(settings, source, clock)


def _stop_after(seconds: float, stop: threading.Event, time_is_up: threading.Event, clock: Clock) -> None:
    def wait() -> None:
        if not clock.wait(stop, seconds):
            time_is_up.set()
        stop.set()

    threading.Thread(target=wait, name="stop-after", daemon=True).start()


def _tell(summary: ReaderSummary, seconds: float, as_json: bool) -> None:
    values = asdict(summary) | {"seconds": round(seconds, 1)}
    click.echo(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in values.items()), err=True)
    if as_json:
        click.echo(json.dumps(values))
