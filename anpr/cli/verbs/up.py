# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr up`: everything on this machine."""

import json
import threading
from dataclasses import asdict

import click

from anpr.cli.common.duration import DURATION
from anpr.cli.common.stopping import stop_on_signals
from anpr.cli.main import loaded_settings
from anpr.runtime.clock import SystemClock
from anpr.up.demo import Demo, demo_deployment
from anpr.up.deployment import Deployment, Echo, Summary
from anpr.up.run import run_up


@click.command(name="up")
@click.option("--for", "seconds", type=DURATION, help="End by itself after this long (60s, 5m, 1h).")
@click.option("--demo", type=click.Choice([str(each) for each in Demo]), default=str(Demo.TOWN), show_default=True,
              help="Which demo, without a settings file; `province` has several organisations.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="The last line of standard output is one JSON object.")
@click.pass_context
def command(ctx: click.Context, seconds: float | None, demo: str, as_json: bool) -> None:
    """Run everything on this machine: database, reader, ingest, console, forwarding.

    Without a settings file it is a demo: two drawn streets with real RTSP streams, in var/demo.
    With one (--config or ANPR_CONFIG) it runs that site's cameras.
    """
    clock, stop = SystemClock(), stop_on_signals()
    loaded = loaded_settings(ctx)
    if loaded.path is None:
        with demo_deployment(clock, _unless_stopped(stop), Demo(demo)) as deployment:
            summary = run_up(deployment, seconds=seconds, clock=clock, stop=stop, echo=_echo)
    else:
        deployment = Deployment(settings=loaded.settings, settings_file=loaded.path)
        summary = run_up(deployment, seconds=seconds, clock=clock, stop=stop, echo=_echo)
    _report(summary, as_json)


def _unless_stopped(stop: threading.Event) -> Echo:
    """Drawing the demo takes its time; Ctrl-C ends it at the next line it has to say."""

    def echo(line: str) -> None:
        if stop.is_set():
            raise click.Abort
        _echo(line)

    return echo


def _echo(line: str) -> None:
    click.echo(line, err=True)


def _report(summary: Summary, as_json: bool) -> None:
    values = asdict(summary)
    _echo("  ".join(f"{name} {value}" for name, value in values.items()))
    if as_json:
        click.echo(json.dumps(values))
