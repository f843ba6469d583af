# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr config`: check and show the settings."""

import json
from collections.abc import Sized

import click
from pydantic import SecretStr

from anpr.cli.main import loaded_settings
from anpr.domain.errors import SettingsError
from anpr.settings import LoadedSettings, Section, missing_file


@click.group(name="config")
def command() -> None:
    """Check and show the settings."""


@command.command()
@click.pass_context
def check(ctx: click.Context) -> None:
    """Validate the settings; name each wrong key and exit with 1 when there is one.

    A camera that is read from a file of this machine must have it.
    """
    try:
        settings = loaded_settings(ctx).settings
    except SettingsError as exc:
        raise click.ClickException("\nError: ".join(exc.faults)) from exc
    cameras = [camera for gate in settings.gates for camera in gate.cameras]
    if missing := [fault for camera in cameras if (fault := missing_file(camera))]:
        raise click.ClickException("\nError: ".join(missing))
    click.echo(f"settings are valid: {_count(settings.gates, 'gate')}, {_count(cameras, 'camera')}")


def _count(things: Sized, name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


@command.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
@click.pass_context
def show(ctx: click.Context, as_json: bool) -> None:
    """Print the effective settings with the source of each; secrets are masked."""
    loaded = loaded_settings(ctx)
    rows = [(key, value, loaded.source_of(key)) for key, value in effective_values(loaded)]
    if as_json:
        click.echo(json.dumps({key: {"value": value, "source": source} for key, value, source in rows}, indent=2))
        return
    for key, value, source in rows:
        click.echo(f"{key} = {json.dumps(value, ensure_ascii=False)}  # {source}")


def effective_values(loaded: LoadedSettings) -> list[tuple[str, object]]:
    """Every leaf of the settings as (dotted key, JSON value); secrets as stars."""
    return [
        leaf for name in type(loaded.settings).model_fields for leaf in _flatten(name, getattr(loaded.settings, name))
    ]


def _flatten(key: str, value: object) -> list[tuple[str, object]]:
    if isinstance(value, Section):
        return [leaf for name in type(value).model_fields for leaf in _flatten(f"{key}.{name}", getattr(value, name))]
    if isinstance(value, tuple) and value and isinstance(value[0], Section):
        return [leaf for i, item in enumerate(value) for leaf in _flatten(f"{key}.{i}", item)]
    if isinstance(value, SecretStr):
        return [(key, "********")]
    if isinstance(value, tuple):
        return [(key, list(value))]
    return [(key, value if isinstance(value, bool | int | float | type(None)) else str(value))]
