# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr key new`: makes the private key of this machine's reader."""

from pathlib import Path

import click

from anpr.cli.common.public_key import tell_public
from anpr.cli.main import loaded_settings
from anpr.edge.signing_key import make_key


@click.command(name="new")
@click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path),
    help="Another file than that of the settings, to take over later.",
)
@click.pass_context
def command(ctx: click.Context, path: Path | None) -> None:
    """Make this reader's private key, and print the public half, which the centre enrols.

    The file is for this user only, and is never overwritten. The reader signs with it when it is started again.
    """
    settings = loaded_settings(ctx).settings
    path = path or settings.signing_key_path
    key = make_key(path)
    click.echo(f"made {path}; at the centre: anpr key enrol {settings.reader.id} {key.public.text}", err=True)
    tell_public(key.public)
