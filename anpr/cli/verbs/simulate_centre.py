# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr simulate-centre`: plays the office that receives what is forwarded, to try it before the office answers."""

import json
import threading
from dataclasses import asdict
from pathlib import Path

import click

from anpr.cli.common.duration import DURATION
from anpr.cli.common.stopping import stop_on_signals
from anpr.runtime.clock import SystemClock
from anpr.simulator.behaviour import Behaviour, read_behaviour
from anpr.simulator.centre import SimulatedCentre
from anpr.simulator.places import LOOPBACK, PORTS, PROTOCOLS
from anpr.simulator.run import CentreOptions, simulated_centre

_PORT = click.IntRange(0, 65535)


@click.command(name="simulate-centre")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), default=Path("var/simulator"),
              show_default=True, help="Keys, ready settings and what comes; made anew at each start.")  # fmt: skip
@click.option("--profile", help="Name or file of the profile by which files are read and answered [the simulator's].")
@click.option("--behaviour", "behaviour_file", type=click.Path(dir_okay=False, path_type=Path),
              help="How it answers, as YAML (docs/simulator.md) [accepts everything].")  # fmt: skip
@click.option("--only", multiple=True, type=click.Choice(PROTOCOLS), help="Serve this protocol; may be repeated [all].")
@click.option("--page-port", type=_PORT, default=PORTS["page"], show_default=True, help="0: any that is free.")
@click.option("--https-port", type=_PORT, default=PORTS["https"], show_default=True, help="HTTPS, SOAP and lists.")
@click.option("--sftp-port", type=_PORT, default=PORTS["sftp"], show_default=True)
@click.option("--ftps-port", type=_PORT, default=PORTS["ftps"], show_default=True)
@click.option("--mail-port", type=_PORT, default=PORTS["mail"], show_default=True)
@click.option("--listen", default=LOOPBACK, show_default=True, metavar="ADDRESS",
              help="Another address: whoever reaches this machine reaches the protocols (never the page). A key, "
                   "password or certificate of the folder is needed to send.")  # fmt: skip
@click.option("--for", "seconds", type=DURATION, help="End by itself after this long (60s, 5m, 1h).")
@click.option("--json", "as_json", is_flag=True, help="The last line of standard output is one JSON object: totals.")
def command(  # noqa: PLR0913, PLR0917  one parameter an option
    folder: Path, profile: str | None, behaviour_file: Path | None, only: tuple[str, ...], page_port: int,
    https_port: int, sftp_port: int, ftps_port: int, mail_port: int, listen: str, seconds: float | None, as_json: bool,
) -> None:  # fmt: skip
    """Play the office that receives what is forwarded, until SIGINT or SIGTERM.

    Real servers on this machine (SFTP, FTPS, HTTPS with certificates on both sides, SOAP, mail) take files, read
    them by the profile and answer as told. A page shows what came. Settings to paste are printed. No office receives
    anything.
    """
    clock, stop = SystemClock(), stop_on_signals()
    ports = {"page": page_port, "https": https_port, "sftp": sftp_port, "ftps": ftps_port, "mail": mail_port}
    options = CentreOptions(
        folder=folder, profile=profile, protocols=only or PROTOCOLS, host=listen, ports=ports,
        behaviour=read_behaviour(behaviour_file) if behaviour_file else Behaviour(),
    )  # fmt: skip
    with simulated_centre(options, clock) as centre:
        _tell(centre, listen)
        _wait(stop, seconds)
        totals = asdict(centre.office.journal.totals)
    if as_json:
        click.echo(json.dumps(totals))


def _wait(stop: threading.Event, seconds: float | None) -> None:
    stop.wait(seconds)


def _tell(centre: SimulatedCentre, listen: str) -> None:
    click.echo(centre.settings)
    say = [
        "SIMULATION: no office receives anything. Use invented plates only.",
        f"  page      {centre.page}",
        *(f"  {name:<9} {listen}:{port}" for name, port in centre.ports.items() if name != "page"),
        f"  folder    {centre.keys.folder.parent}  (settings.yaml, keys, what comes)",
        *(f"  {each}: not served, its package is missing: scripts/setup simulator" for each in centre.missing),
        "  Ctrl-C ends it; what came is deleted at the next start",
    ]
    for line in say:
        click.echo(line, err=True)
