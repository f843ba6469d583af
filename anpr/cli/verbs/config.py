# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr config`: check and show the settings."""

import json
from collections.abc import Iterable, Iterator
from datetime import date

import click

from anpr.cli.common.counted import counted
from anpr.cli.common.start_faults import start_faults
from anpr.cli.main import loaded_settings
from anpr.domain.errors import ForwardError, SettingsError
from anpr.forward.profile.load import profile_of
from anpr.forward.stage import needs_override, stage_refusal
from anpr.runtime.clock import SystemClock
from anpr.settings import DestinationSettings, Settings, missing_file
from anpr.settings.effective import effective_values


@click.group(name="config")
def command() -> None:
    """Check and show the settings."""


@command.command()
@click.pass_context
def check(ctx: click.Context) -> None:
    """Validate the settings; name each wrong key and exit with 1 when there is one.

    What a start would refuse is told too, as far as this machine's files show it: certificates and keys, folders, an
    exposed console, an agreement that ended, a camera's file, a destination's profile. No service is asked.
    """
    try:
        settings = loaded_settings(ctx).settings
    except SettingsError as exc:
        raise click.ClickException("\nError: ".join(exc.faults)) from exc
    cameras = [camera for gate in settings.gates for camera in gate.cameras]
    faults = [fault for camera in cameras if (fault := missing_file(camera))]
    faults += _faults_of_profiles(_destinations(settings))
    for warning in _stage_warnings(settings):
        click.echo(f"Warning: {warning}", err=True)
    if faults := list(dict.fromkeys([*faults, *start_faults(settings, _today(settings))])):
        raise click.ClickException("\nError: ".join(faults))
    counts = f"{counted(len(settings.gates), 'gate')}, {counted(len(cameras), 'camera')}"
    if settings.gates_from_centre:
        counts = "gates from the centre"
    click.echo(f"settings are valid: {counts}, {counted(len(settings.forwarding), 'destination')}")


def _today(settings: Settings) -> date:
    return SystemClock().now().astimezone(settings.zone).date()


def _destinations(settings: Settings) -> list[DestinationSettings]:
    """Of transits, and of alarms."""
    return [*settings.forwarding, *(each.destination for each in settings.alarm_forwarding)]


def _faults_of_profiles(destinations: Iterable[DestinationSettings]) -> list[str]:
    faults = []
    for destination in destinations:
        try:
            profile_of(destination)
        except ForwardError as exc:
            faults.append(f"destination {destination.id}: {exc}")
    return faults


def _stage_warnings(settings: Settings) -> Iterator[str]:
    """Of destinations to which nothing is sent, or for a while only, as their office has not tested the profile."""
    for destination in _destinations(settings):
        try:
            profile = profile_of(destination)
        except ForwardError:
            continue  # told as a fault
        told = stage_refusal(destination, profile, _today(settings))
        if told is not None:
            yield told
        elif needs_override(destination, profile) and destination.despite_stage is not None:
            until = destination.despite_stage.until.isoformat()
            yield f"forwarding.{destination.id}: is sent despite stage {profile.status.stage} until {until}"


@command.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
@click.pass_context
def show(ctx: click.Context, as_json: bool) -> None:
    """Print the effective settings with the source of each; secrets are masked."""
    loaded = loaded_settings(ctx)
    rows = [(key, value, loaded.source_of(key)) for key, value in effective_values(loaded.settings)]
    if as_json:
        click.echo(json.dumps({key: {"value": value, "source": source} for key, value, source in rows}, indent=2))
        return
    for key, value, source in rows:
        click.echo(f"{key} = {json.dumps(value, ensure_ascii=False)}  # {source}")
