# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr config`: check and show the settings."""

import json

import click
from pydantic import SecretStr

from anpr.cli.main import loaded_settings
from anpr.settings import LoadedSettings, Section


@click.group(name="config")
def command() -> None:
    """Check and show the settings."""


@command.command()
@click.pass_context
def check(ctx: click.Context) -> None:
    """Validate the settings; name the wrong key and exit with 1 when there is one."""
    settings = loaded_settings(ctx).settings
    cameras = sum(len(gate.cameras) for gate in settings.gates)
    click.echo(f"settings are valid: {len(settings.gates)} gates, {cameras} cameras")


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
