# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr topics`: makes and lists the broker's topics."""

import click

from anpr.cli.main import loaded_settings
from anpr.domain.errors import SettingsError
from anpr.settings import KafkaSettings
from anpr.transport.kafka import create_topics
from anpr.transport.kafka.existing import refuse_other_topics, topic_states


@click.group(name="topics")
def command() -> None:
    """Make and list the broker's topics."""


@command.command()
@click.pass_context
def create(ctx: click.Context) -> None:
    """Make the topics that are missing; safe to run again.

    Exit status 1 when one that is there has other partitions, copies or retention than the settings say; nothing that
    is there is changed.
    """
    settings = _kafka(ctx)
    for name in create_topics(settings):
        click.echo(f"created {name}")
    refuse_other_topics(settings)
    click.echo("all topics are as the settings say")


@command.command(name="list")
@click.pass_context
def list_command(ctx: click.Context) -> None:
    """List the topics as they are; exit status 1 when one is missing or otherwise than the settings say."""
    is_right = True
    for state in topic_states(_kafka(ctx)):
        if state.actual is None:
            click.echo(f"{state.name}  missing")
        else:
            click.echo("  ".join([state.name, *(f"{key}={state.actual.get(key)}" for key in state.wanted)]))
        for difference in state.differences:
            click.echo(f"  {difference}")
        is_right = is_right and state.actual is not None and not state.differences
    ctx.exit(0 if is_right else 1)


def _kafka(ctx: click.Context) -> KafkaSettings:
    settings = loaded_settings(ctx).settings.kafka
    if not settings.bootstrap:
        raise SettingsError("kafka.bootstrap is not set: without a broker there are no topics")
    return settings
