# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr key show`: the public half of the key that this machine's reader signs with."""

import click

from anpr.cli.common.public_key import tell_public
from anpr.cli.main import loaded_settings
from anpr.domain.errors import InputError
from anpr.edge.signing_key import key_of


@click.command(name="show")
@click.pass_context
def command(ctx: click.Context) -> None:
    """Print the public half of this reader's key, and its fingerprint."""
    settings = loaded_settings(ctx).settings
    key = key_of(settings)
    if key is None:
        raise InputError(f"{settings.signing_key_path}: there is no key; anpr key new makes it")
    tell_public(key.public)
